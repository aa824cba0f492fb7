/**
 * What `share` returned for each item of ours, kept up to date until nobody can ask any more.
 *
 * A receipt promises what is so now (spec/safety.md, What a receipt may promise), and goes back when that is so no more:
 * a reorganisation makes it `pending` again and says which block gave way. Confirmations are counted as the walk counts
 * support where a sibling of the block would be weighed: by keys established before it, its own author left out, who has
 * spoken already. Acknowledgements and finality are told by whoever knows of them; without a committee nothing is final.
 */
import { type HashHex, type Holder, holderOfHex, type ItemIdHex } from './crypto/keys.ts';
import { PeerError } from './errors.ts';
import type { BlockView, Confirmations, Item, Place, Progress, Receipt, WaitingFor } from './face.ts';

/** Receipts of items that are included are still told of a reorganisation, but only the newest of them. */
const mostIncluded = 1_024;
/** Items that wait for a block, and are followed until then. */
const mostPending = 65_536;
/** Blocks on top after which no further one is counted. */
const mostDepth = 64;

interface Followed {
  readonly callbacks: Set<(progress: Progress) => void>;
  readonly included: Promise<Place>;
  progress: Progress;
  include(place: Place): void;
  fail(error: Error): void;
}

/** A block of the main chain in which items of ours stand. */
interface Stand {
  readonly place: Place;
  readonly items: Set<ItemIdHex>;
  /** Whose block on top counts. */
  readonly eligible: ReadonlySet<Holder>;
  /** Authors of the blocks on top, the lowest first. */
  readonly onTop: Holder[];
  acknowledged: { readonly by: number; readonly of: number } | undefined;
  isFinal: boolean;
}

export class Receipts {
  readonly #followed = new Map<ItemIdHex, Followed>();
  /** Oldest first. */
  readonly #pending = new Set<ItemIdHex>();
  /** Where items of ours stand, in the order in which they came there. */
  readonly #stands = new Map<HashHex, Stand>();
  readonly #standOf = new Map<ItemIdHex, Stand>();
  readonly #eligibleBefore: (height: number) => ReadonlySet<Holder>;
  readonly #crashed: (error: unknown) => void;
  #waitingFor: WaitingFor | undefined;

  /**
   * @param eligibleBefore keys established before the block of the main chain at this height
   * @param crashed where it goes what a listener throws: it must stop nothing but itself
   */
  constructor(eligibleBefore: (height: number) => ReadonlySet<Holder>, crashed: (error: unknown) => void) {
    this.#eligibleBefore = eligibleBefore;
    this.#crashed = crashed;
  }

  issue(item: Item): Receipt {
    const followed = this.#followed.get(item.id) ?? this.#follow(item.id);
    return {
      item,
      get progress() {
        return followed.progress;
      },
      included: followed.included,
      onProgress(callback) {
        followed.callbacks.add(callback);
        return () => followed.callbacks.delete(callback);
      },
    };
  }

  /** The newest blocks as they are found when the peer opens, oldest first: our own items in them are followed again. */
  found(blocks: readonly BlockView[], own: BlockView['author']): void {
    for (const { items } of blocks) {
      for (const { id, author, verified } of items) {
        if (verified && author === own && !this.#followed.has(id)) this.#follow(id);
      }
    }
    for (const block of blocks) this.applied(block);
  }

  progressOf(id: ItemIdHex): Progress | undefined {
    return this.#followed.get(id)?.progress;
  }

  applied(block: BlockView): void {
    // Whoever shared nothing need not look at what others did.
    if (this.#followed.size === 0) return;
    const author = holderOfHex(block.author);
    for (const stand of this.#stands.values()) {
      if (stand.onTop.length >= mostDepth) continue;
      stand.onTop.push(author);
      this.#tell(stand);
    }
    this.#include(block);
  }

  /** The main chain left these blocks, newest first. */
  reverted(blocks: readonly BlockView[]): void {
    const lowest = blocks.at(-1)?.height;
    if (lowest === undefined) return;
    for (const stand of [...this.#stands.values()].reverse()) {
      const depth = lowest - stand.place.height - 1;
      // A later block may have repeated an item: it goes, and the item stays where it first stood.
      if (depth < 0) this.#giveBack(stand);
      else if (depth < stand.onTop.length) {
        stand.onTop.length = depth;
        this.#tell(stand);
      }
    }
  }

  /** So many of a block's next candidates promise not to write on a sibling of it. A block that has left has none. */
  acknowledged(block: HashHex, by: number, of: number): void {
    const stand = this.#stands.get(block);
    if (stand === undefined) return;
    stand.acknowledged = by === 0 ? undefined : { by, of };
    this.#tell(stand);
  }

  /** A committee has settled the main chain up to this height. */
  settled(height: number): void {
    for (const stand of this.#stands.values()) {
      if (stand.place.height > height) continue;
      stand.isFinal = true;
      this.#tell(stand);
    }
  }

  /** What pending items wait for, told after every change; most changes change nothing here. */
  waiting(waitingFor: WaitingFor | undefined): void {
    if (waitingFor === this.#waitingFor) return;
    this.#waitingFor = waitingFor;
    for (const id of [...this.#pending]) {
      const followed = this.#followed.get(id);
      if (followed?.progress.level === 'pending') this.#move(followed, { ...followed.progress, waitingFor });
    }
  }

  close(): void {
    for (const { fail } of this.#followed.values()) fail(new PeerError('closed', 'the peer was closed'));
    this.#followed.clear();
    this.#pending.clear();
    this.#stands.clear();
    this.#standOf.clear();
  }

  #follow(id: ItemIdHex): Followed {
    let include: Followed['include'] = () => undefined;
    let fail: Followed['fail'] = () => undefined;
    const included = new Promise<Place>((resolve, reject) => {
      include = resolve;
      fail = reject;
    });
    // Who does not ask for it must not be told of an unhandled rejection when the peer closes.
    included.catch(() => undefined);
    const progress: Progress = { level: 'pending', waitingFor: this.#waitingFor, gaveWay: undefined };
    const followed: Followed = { callbacks: new Set(), included, progress, include, fail };
    this.#followed.set(id, followed);
    this.#pending.add(id);
    for (const oldest of this.#pending) {
      if (this.#pending.size <= mostPending) break;
      this.#pending.delete(oldest);
      this.#followed.get(oldest)?.fail(new PeerError('not-followed', `${mostPending} later items are pending too`));
      this.#followed.delete(oldest);
    }
    return followed;
  }

  #include(block: BlockView): void {
    const ids = block.items.map(({ id }) => id).filter((id) => this.#pending.has(id));
    if (ids.length === 0) return;
    const place: Place = { height: block.height, block: block.hash };
    const eligible = new Set(this.#eligibleBefore(block.height));
    eligible.delete(holderOfHex(block.author));
    const stand: Stand = { place, items: new Set(ids), eligible, onTop: [], acknowledged: undefined, isFinal: false };
    this.#stands.set(block.hash, stand);
    for (const id of stand.items) {
      this.#pending.delete(id);
      this.#standOf.set(id, stand);
      this.#followed.get(id)?.include(place);
    }
    this.#tell(stand);
    for (const [oldest, { items }] of this.#standOf) {
      if (this.#standOf.size <= mostIncluded) break;
      this.#leave(oldest, items);
      this.#followed.delete(oldest);
    }
  }

  #giveBack(stand: Stand): void {
    const { items, place } = stand;
    this.#stands.delete(place.block);
    for (const id of [...items]) {
      this.#leave(id, items);
      this.#pending.add(id);
      const followed = this.#followed.get(id);
      if (followed === undefined) continue;
      this.#move(followed, { level: 'pending', waitingFor: this.#waitingFor, gaveWay: place });
    }
  }

  #leave(id: ItemIdHex, items: Set<ItemIdHex>): void {
    const stand = this.#standOf.get(id);
    this.#standOf.delete(id);
    items.delete(id);
    if (stand !== undefined && items.size === 0) this.#stands.delete(stand.place.block);
  }

  /** All receipts of a block hear where they are, if that is elsewhere than before. */
  #tell(stand: Stand): void {
    const progress = progressIn(stand);
    for (const id of [...stand.items]) {
      const followed = this.#followed.get(id);
      if (followed !== undefined && !isSame(followed.progress, progress)) this.#move(followed, progress);
    }
  }

  #move(followed: Followed, progress: Progress): void {
    followed.progress = progress;
    for (const callback of [...followed.callbacks]) {
      try {
        callback(progress);
      } catch (error) {
        this.#crashed(error);
      }
    }
  }
}

function progressIn({ place, eligible, onTop, acknowledged, isFinal }: Stand): Progress {
  if (isFinal) return { level: 'final', ...place };
  const authors = new Set(onTop.filter((author) => eligible.has(author))).size;
  const confirmations: Confirmations = { depth: onTop.length, authors };
  if (acknowledged !== undefined) return { level: 'acknowledged', ...place, ...confirmations, ...acknowledged };
  if (authors > 0) return { level: 'confirmed', ...place, ...confirmations };
  return { level: 'included', ...place };
}

/** Of two in one block. */
function isSame(a: Progress, b: Progress): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
