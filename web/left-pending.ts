/**
 * Items that wait in slots nobody holds: their tabs were closed before anybody wrote them into a block.
 *
 * They are shared again by whoever opens next (design.md, Identity) and leave their slot only once they stand in a
 * block, so that nothing is lost if this tab ends first; an item is the same whoever passes it on, so nothing is doubled.
 */
import { type ItemIdHex, itemIdHex } from '../core/crypto/keys.ts';
import { StoreError } from '../core/errors.ts';
import { noChange, type PendingItem } from '../core/storage/store.ts';
import { ifFree } from './slot.ts';
import { IndexedDbStore, storeName } from './store/indexeddb.ts';
import type { FrameWriter } from './store/zstd.ts';

/** As many as one start takes over; the next start takes the rest. */
const mostItems = 256;
const mostBytes = 4 * 1024 * 1024;

interface Left {
  readonly slot: number;
  readonly item: PendingItem;
}

export class LeftPending {
  readonly #network: string;
  readonly #frames: FrameWriter;
  readonly #left = new Map<ItemIdHex, Left>();
  #bytes = 0;

  constructor(network: string, frames: FrameWriter) {
    this.#network = network;
    this.#frames = frames;
  }

  /** Looks into these slots, those that somebody holds left out. */
  async gather(slots: readonly number[], locks: LockManager): Promise<void> {
    await Promise.all(slots.map((slot) => ifFree(this.#network, slot, locks, () => this.#look(slot))));
  }

  get items(): readonly PendingItem[] {
    return [...this.#left.values()].map(({ item }) => item);
  }

  /** These stand in a block now. */
  async included(ids: Iterable<ItemIdHex>): Promise<void> {
    for (const id of ids) {
      const left = this.#left.get(id);
      if (left === undefined) continue;
      this.#left.delete(id);
      await this.#inSlot(left.slot, (store) => store.change({ ...noChange, pendingRemoved: [left.item.id] }));
    }
  }

  async #look(slot: number): Promise<void> {
    await this.#inSlot(slot, async (store) => {
      for (const item of await store.pending()) {
        if (this.#left.size >= mostItems || this.#bytes + item.bytes.length > mostBytes) return;
        this.#left.set(itemIdHex(item.id), { slot, item });
        this.#bytes += item.bytes.length;
      }
    });
  }

  async #inSlot(slot: number, use: (store: IndexedDbStore) => Promise<void>): Promise<void> {
    const store = new IndexedDbStore(storeName(this.#network, slot), this.#frames);
    try {
      await use(store);
    } catch (error) {
      // What cannot be read now may be read by the next tab.
      if (!(error instanceof StoreError)) throw error;
    } finally {
      await store.close();
    }
  }
}
