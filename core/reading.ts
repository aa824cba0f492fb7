/**
 * The blocks of the main chain as an application reads them: those delivered lately, and the store's below them.
 *
 * The newest are kept as they were delivered, for some may still be on their way to the store. Knows no peer: it is told
 * of blocks that come and go, and woken after every event. One of the core files that may await (design.md, Public face).
 */
import { keptCandidate } from './chain/tree.ts';
import type { HashHex } from './crypto/keys.ts';
import { PeerError } from './errors.ts';
import type { BlockView } from './face.ts';
import type { Store } from './storage/store.ts';
import { blockView } from './views.ts';

/** Read from the store at one time. */
const batchBlocks = 128;
const batchBytes = 4 * 1024 * 1024;
const recentViews = 1_024;

export class Reading {
  readonly #store: Pick<Store, 'blocks'>;
  readonly #count: () => number;
  /** By height; the newest `recentViews` that were applied since the start. */
  readonly #recent = new Map<number, BlockView>();
  /** Calls that wait for the main chain to move or for the end. */
  readonly #wakers = new Set<() => void>();
  /** Where each iterator over new blocks stands. */
  readonly #cursors = new Set<{ next: number }>();
  #isClosed = false;

  /** @param count of the blocks of the main chain now */
  constructor(store: Pick<Store, 'blocks'>, count: () => number) {
    this.#store = store;
    this.#count = count;
  }

  applied(view: BlockView): void {
    this.#recent.set(view.height, view);
    this.#recent.delete(view.height - recentViews);
  }

  /** The main chain left these blocks: whoever has had them is given what takes their place. */
  reverted(views: readonly BlockView[]): void {
    for (const { height } of views) {
      this.#recent.delete(height);
      for (const cursor of this.#cursors) cursor.next = Math.min(cursor.next, height);
    }
  }

  /** Something has happened. */
  wake(): void {
    const wakers = [...this.#wakers];
    this.#wakers.clear();
    for (const wake of wakers) wake();
  }

  close(): void {
    this.#isClosed = true;
    this.wake();
  }

  /** @returns whether the peer is still open then */
  async nextEvent(): Promise<boolean> {
    if (!this.#isClosed) await this.anyEvent();
    return !this.#isClosed;
  }

  /** Also while the peer closes. */
  anyEvent(): Promise<void> {
    return new Promise((resolve) => this.#wakers.add(resolve));
  }

  /** Of a block delivered lately. */
  recentHash(height: number): HashHex | undefined {
    return this.#recent.get(height)?.hash;
  }

  /** @throws PeerError `bad-range` */
  async *blocks({ from = 0, to = Number.POSITIVE_INFINITY }: Range = {}): AsyncGenerator<BlockView, void> {
    if (!Number.isSafeInteger(from) || from < 0 || to < from) throw new PeerError('bad-range', 'heights begin at 0');
    for (let next = from; next < to && next < this.#count(); ) {
      const batch = await this.#read(next, Math.min(batchBlocks, to - next));
      if (batch.length === 0 && !(await this.nextEvent())) return;
      for (const block of batch) {
        yield block;
        next++;
      }
    }
  }

  newBlocks(): AsyncGenerator<BlockView, void> {
    return this.#blocksFrom({ next: this.#count() });
  }

  async *#blocksFrom(cursor: { next: number }): AsyncGenerator<BlockView, void> {
    this.#cursors.add(cursor);
    try {
      while (!this.#isClosed) {
        const [block] = cursor.next < this.#count() ? await this.#read(cursor.next, 1) : [];
        if (block?.height === cursor.next) {
          cursor.next++;
          yield block;
        } else if (!(await this.nextEvent())) return;
      }
    } finally {
      this.#cursors.delete(cursor);
    }
  }

  /** From what was delivered lately or else from the store. None when neither has them yet. */
  async #read(from: number, count: number): Promise<BlockView[]> {
    const recent: BlockView[] = [];
    for (let height = from; recent.length < count; height++) {
      const view = this.#recent.get(height);
      if (view === undefined) break;
      recent.push(view);
    }
    if (recent.length > 0 || this.#isClosed) return recent;
    // Where the recent ones begin the store may still hold a branch that was left.
    const end = [...this.#recent.keys()].reduce((lowest, height) => Math.min(lowest, height), this.#count());
    if (end <= from) return [];
    const kept = await this.#store.blocks(from, Math.min(count, end - from), batchBytes);
    return kept.map((block, place) => blockView({ height: from + place, ...keptCandidate(block) }));
  }
}

interface Range {
  readonly from?: number;
  readonly to?: number;
}
