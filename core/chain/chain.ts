/**
 * The main chain as one peer holds it: tree and pool moved together, stored and delivered.
 *
 * Every step is one: the tree moves, the store is told in one change, items that a block took leave the pool, items
 * that a left branch alone held come back to it, and the application hears of it in order. Takes verified blocks only.
 */
import { hexToBytes } from '../codec/bytes.ts';
import type { Milliseconds } from '../config.ts';
import {
  type Hash,
  type HashHex,
  type Holder,
  hashFrom,
  hashHex,
  holderOf,
  type ItemId,
  type ItemIdHex,
  itemIdHex,
  type PublicKey,
} from '../crypto/keys.ts';
import type { Effects } from '../effects.ts';
import type { ChainBlock } from '../events.ts';
import type { Random } from '../random.ts';
import type { Recorder, Token } from '../storage/recorder.ts';
import type { StoredBlock } from '../storage/store.ts';
import { type Data, encodeData } from './data.ts';
import { Pool, type PoolItem } from './pool.ts';
import { RecentAuthors } from './recent-authors.ts';
import { type Added, type Candidate, Tree, type TreeBlock } from './tree.ts';

/** More than any change on its way to the store holds (recorder.ts: 4 MiB of blocks). */
const mostRecentItems = 65_536;

export interface ChainState {
  readonly count: number;
  readonly root: Hash | undefined;
  /** The newest blocks, oldest first. */
  readonly recent: readonly Candidate[];
}

export class Chain {
  readonly pool = new Pool();
  readonly authors = new RecentAuthors();
  readonly #effects: Effects;
  readonly #recorder: Recorder;
  readonly #random: Random;
  readonly #own: Holder;
  /** Items of the newest blocks, some of which the store may not have yet, with how often each stands there. */
  readonly #recentItems = new Map<ItemIdHex, number>();
  /** Whether those are the items of the whole chain, so that the store need not be asked. */
  #remembersAll: boolean;
  /** Blocks of our own that are not on the disk yet. */
  readonly #unstored = new Set<HashHex>();
  #tree: Tree;
  #root: HashHex | undefined;

  constructor(state: ChainState, own: PublicKey, random: Random, effects: Effects, recorder: Recorder) {
    this.#tree = new Tree(state.recent, state.count - state.recent.length);
    this.#root = state.root === undefined ? undefined : hashHex(state.root);
    this.#own = holderOf(own);
    this.#remembersAll = state.count === state.recent.length;
    for (const { ids } of state.recent) this.#remember(ids);
    this.authors.moved(
      0,
      state.recent.map(({ block }) => block.author),
    );
    this.#random = random;
    this.#effects = effects;
    this.#recorder = recorder;
  }

  get tree(): Tree {
    return this.#tree;
  }

  /** Number of blocks of the main chain. */
  get count(): number {
    const { tip } = this.#tree;
    return tip === undefined ? 0 : tip.height + 1;
  }

  /** Whether a block of our own is on its way to the disk. Until it is there, no further one is written. */
  get isSigning(): boolean {
    return this.#unstored.size > 0;
  }

  /**
   * The newest block that others may hear of: one of our own that a crash could make us forget is shown to nobody, for
   * we might sign its sibling then (spec/safety.md, Writing).
   */
  get shown(): TreeBlock | undefined {
    const { tip } = this.#tree;
    return tip !== undefined && this.#unstored.has(tip.id) ? this.#tree.mainAt(tip.height - 1) : tip;
  }

  get root(): HashHex | undefined {
    return this.#root;
  }

  /** The parent of one of the newest blocks. */
  parentOf(hash: Hash): Hash | undefined {
    return this.#tree.block(hashHex(hash))?.block.parent;
  }

  get rootHash(): Hash | undefined {
    return this.#root === undefined ? undefined : hashFrom(hexToBytes(this.#root));
  }

  /** The first block, when there is one that others may hear of. */
  get shownRoot(): Hash | undefined {
    return this.shown === undefined ? undefined : this.rootHash;
  }

  /** Whether one of the newest blocks holds the item; for older ones the store is asked. */
  heldRecently(id: ItemIdHex): boolean {
    return this.#recentItems.has(id);
  }

  /** Whether no block holds the item, as far as that is known here; if not, the store is asked. */
  surelyLacks(id: ItemIdHex): boolean {
    return this.#remembersAll && !this.#recentItems.has(id);
  }

  /** A verified block, its parent held or not. */
  add(candidate: Candidate, now: Milliseconds): Added {
    const added = this.#tree.add(candidate, now);
    if (added.kind === 'moved') {
      const { cutTo, append } = this.#moved(added.reverted, added.applied, now);
      this.#recorder.chainMoved(cutTo, append);
    }
    return added;
  }

  /** A block we signed on the tip. @param token called when it is on the disk, if it stood on the main chain till then */
  addSigned(candidate: Candidate, now: Milliseconds, token: Token): void {
    const { parent, hash } = candidate.block;
    const added = this.#tree.add(candidate, now);
    const moved =
      added.kind === 'moved' ? this.#moved(added.reverted, added.applied, now) : { cutTo: undefined, append: [] };
    const id = hashHex(hash);
    this.#unstored.add(id);
    this.#recorder.signed({ parent, hash, bytes: candidate.bytes }, moved.cutTo, moved.append, () => {
      this.#unstored.delete(id);
      token();
    });
  }

  /**
   * Another root's chain takes the place of this one (spec/safety.md, Roots).
   * @param left the blocks of the chain that is left, oldest first, for what they hold
   */
  replace(blocks: readonly Candidate[], left: readonly ChainBlock[], now: Milliseconds): void {
    const tree = new Tree([], 0);
    for (const block of blocks) tree.add(block, now);
    const applied: TreeBlock[] = [];
    let height = 0;
    for (const block of blocks) {
      const held = tree.block(hashHex(block.block.hash));
      applied.push(held ?? { ...block, id: hashHex(block.block.hash), height, standing: noStanding, arrivedAt: now });
      height++;
    }
    this.#tree = tree;
    const { append } = this.#moved([...left].reverse(), applied, now);
    this.#recorder.chainMoved(0, append);
  }

  /** An item of our own, new. */
  share(item: PoolItem): void {
    if (!this.pool.add(item)) return;
    this.#recorder.pendingAdded({ id: item.id, bytes: encodeData(item.data) });
    this.#deliverPending(item);
  }

  /** An item of another, verified and not on the chain. @returns whether it is new here */
  accept(item: PoolItem): boolean {
    if (!this.pool.add(item)) return false;
    this.#deliverPending(item);
    return true;
  }

  /** An item that turned out to stand on the chain already. */
  dropPending(id: ItemIdHex): void {
    const item = this.pool.remove(id);
    if (item === undefined) return;
    if (item.mine) this.#recorder.pendingRemoved(item.id);
    this.#effects.put({ kind: 'deliver', delivery: { kind: 'pendingRemoved', id: item.id } });
  }

  #moved(reverted: readonly ChainBlock[], applied: readonly TreeBlock[], now: Milliseconds) {
    for (const block of reverted) this.#unremember(block.ids);
    for (const block of applied) this.#remember(block.ids);
    this.authors.moved(
      reverted.length,
      applied.map(({ block }) => block.author),
    );
    if (reverted.length > 0) {
      this.#effects.put({ kind: 'deliver', delivery: { kind: 'reverted', blocks: reverted.map(chainBlock) } });
      this.#giveBack(reverted, now);
    }
    for (const block of applied) {
      if (block.height === 0) this.#root = block.id;
      for (const id of block.ids) this.dropPending(itemIdHex(id));
      this.#effects.put({ kind: 'deliver', delivery: { kind: 'applied', block: chainBlock(block) } });
    }
    this.#effects.put({ kind: 'deliver', delivery: { kind: 'changed' } });
    const cutTo = reverted.length > 0 ? reverted.at(-1)?.height : undefined;
    return { cutTo, append: applied.map(storedBlock) };
  }

  /** What the left branch alone held, in its old order. Unverified items were nobody's word and stay away. */
  #giveBack(reverted: readonly ChainBlock[], now: Milliseconds): void {
    const lacking: PoolItem[] = [];
    for (const block of [...reverted].reverse()) {
      block.block.data.forEach((data: Data, place: number) => {
        const id = block.ids[place];
        if (id === undefined || block.verified[place] !== true || this.heldRecently(itemIdHex(id))) return;
        lacking.push({ id, data, mine: holderOf(data.author) === this.#own, arrivedAt: now });
      });
    }
    for (const item of this.pool.giveBack(lacking, now, this.#random)) {
      if (item.mine) this.#recorder.pendingAdded({ id: item.id, bytes: encodeData(item.data) });
      this.#deliverPending(item);
    }
  }

  #remember(ids: readonly ItemId[]): void {
    for (const id of ids) {
      const hex = itemIdHex(id);
      const times = this.#recentItems.get(hex) ?? 0;
      this.#recentItems.delete(hex);
      this.#recentItems.set(hex, times + 1);
    }
    for (const oldest of this.#recentItems.keys()) {
      if (this.#recentItems.size <= mostRecentItems) break;
      this.#recentItems.delete(oldest);
      this.#remembersAll = false;
    }
  }

  /** A repeated item stays on the chain when only one of its blocks is left. */
  #unremember(ids: readonly ItemId[]): void {
    for (const id of ids) {
      const hex = itemIdHex(id);
      const times = (this.#recentItems.get(hex) ?? 0) - 1;
      if (times > 0) this.#recentItems.set(hex, times);
      else this.#recentItems.delete(hex);
    }
  }

  #deliverPending({ id, data }: PoolItem): void {
    this.#effects.put({ kind: 'deliver', delivery: { kind: 'pendingAdded', item: { id, data } } });
  }
}

function chainBlock({ height, block, ids, verified }: ChainBlock): ChainBlock {
  return { height, block, ids, verified };
}

/** A verified block as the store takes it. */
export function storedBlock({
  height,
  block,
  ids,
  bytes,
  verified,
}: Candidate & { readonly height: number }): StoredBlock {
  const unverified: number[] = [];
  verified.forEach((holds, place) => {
    if (!holds) unverified.push(place);
  });
  return { height, hash: block.hash, items: ids, bytes, unverified };
}

/** Of a block that has already left the tree, whose standing nobody asks for any more. */
const noStanding = { rank: 0, lot: new Uint8Array(32) as Hash, hash: new Uint8Array(32) as Hash };
