/**
 * Which items the newest blocks of the main chain hold, some of which the store may not have yet.
 *
 * For older ones the store is asked; while all blocks came by here it need not be.
 */
import { type ItemId, type ItemIdHex, itemIdHex } from '../crypto/keys.ts';

/** More than any change on its way to the store holds (recorder.ts: 4 MiB of blocks). */
const mostRecentItems = 65_536;

export class RecentItems {
  /** With how often each stands there. */
  readonly #times = new Map<ItemIdHex, number>();
  #isAll: boolean;

  /** @param isAll whether the blocks to come are all there are */
  constructor(isAll: boolean) {
    this.#isAll = isAll;
  }

  /** Whether these are the items of the whole chain. */
  get isAll(): boolean {
    return this.#isAll;
  }

  has(id: ItemIdHex): boolean {
    return this.#times.has(id);
  }

  add(ids: readonly ItemId[]): void {
    for (const id of ids) {
      const hex = itemIdHex(id);
      const times = this.#times.get(hex) ?? 0;
      this.#times.delete(hex);
      this.#times.set(hex, times + 1);
    }
    for (const oldest of this.#times.keys()) {
      if (this.#times.size <= mostRecentItems) break;
      this.#times.delete(oldest);
      this.#isAll = false;
    }
  }

  /** A repeated item stays on the chain when only one of its blocks is left. */
  remove(ids: readonly ItemId[]): void {
    for (const id of ids) {
      const hex = itemIdHex(id);
      const times = (this.#times.get(hex) ?? 0) - 1;
      if (times > 0) this.#times.set(hex, times);
      else this.#times.delete(hex);
    }
  }
}
