/**
 * The pending items as one list, searched from its beginning: the twin of core/chain/pool.ts without its limits.
 */

import type { PoolItem } from '../../core/chain/pool.ts';
import { type ItemIdHex, itemIdHex } from '../../core/crypto/keys.ts';

export class SlowPool {
  list: PoolItem[] = [];

  get ids(): ItemIdHex[] {
    return this.list.map(({ id }) => itemIdHex(id));
  }

  add(item: PoolItem): boolean {
    if (this.ids.includes(itemIdHex(item.id))) return false;
    this.list.push(item);
    return true;
  }

  remove(id: ItemIdHex): boolean {
    const place = this.ids.indexOf(id);
    if (place >= 0) this.list.splice(place, 1);
    return place >= 0;
  }

  /** @returns ids of those that came back */
  giveBack(items: readonly PoolItem[]): ItemIdHex[] {
    const held = this.ids;
    const back: PoolItem[] = [];
    for (const item of items) {
      const id = itemIdHex(item.id);
      if (!held.includes(id) && !back.some((other) => itemIdHex(other.id) === id)) back.push(item);
    }
    this.list = [...back, ...this.list];
    return back.map(({ id }) => itemIdHex(id));
  }
}
