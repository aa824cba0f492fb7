/**
 * A store as one array, asked and changed at once: what the core's changes are held against.
 *
 * It refuses what no store can do (a gap, a cut above the end) by throwing, for the core must never ask for it.
 */
import { type HashHex, hashHex, type ItemIdHex, itemIdHex } from '../../core/crypto/keys.ts';
import type { Loaded, Query } from '../../core/events.ts';
import {
  type Change,
  type Opened,
  type PendingItem,
  recentBlocks,
  type SignedBlock,
  type StoredBlock,
} from '../../core/storage/store.ts';

export class SlowStore {
  blocks: StoredBlock[] = [];
  pending: PendingItem[] = [];
  signed: SignedBlock[] = [];

  get hashes(): HashHex[] {
    return this.blocks.map(({ hash }) => hashHex(hash));
  }

  get pendingIds(): ItemIdHex[] {
    return this.pending.map(({ id }) => itemIdHex(id));
  }

  apply({ signed, cutTo, append, pendingAdded, pendingRemoved }: Change): void {
    if (cutTo !== undefined && cutTo > this.blocks.length)
      throw new Error(`a cut to ${cutTo} of ${this.blocks.length}`);
    if (signed !== undefined) this.signed.push(signed);
    if (cutTo !== undefined) this.blocks = this.blocks.slice(0, cutTo);
    for (const block of append) {
      if (block.height !== this.blocks.length) throw new Error(`block ${block.height} after ${this.blocks.length}`);
      this.blocks.push(block);
    }
    for (const item of pendingAdded) {
      const place = this.pendingIds.indexOf(itemIdHex(item.id));
      if (place < 0) this.pending.push(item);
      else this.pending[place] = item;
    }
    const removed = pendingRemoved.map(itemIdHex);
    this.pending = this.pending.filter(({ id }) => !removed.includes(itemIdHex(id)));
  }

  answer(query: Query): Loaded {
    switch (query.kind) {
      case 'blocks': {
        const blocks: StoredBlock[] = [];
        let bytes = 0;
        for (const block of this.blocks.slice(query.from, query.from + query.count)) {
          bytes += block.bytes.length;
          if (blocks.length > 0 && bytes > query.maxBytes) break;
          blocks.push(block);
        }
        return { kind: 'blocks', blocks };
      }
      case 'heightOf': {
        const height = this.hashes.indexOf(hashHex(query.hash));
        return { kind: 'heightOf', height: height < 0 ? undefined : height };
      }
      case 'containsItems': {
        const held = new Set(this.blocks.flatMap(({ items }) => items.map(itemIdHex)));
        return { kind: 'containsItems', contained: query.ids.map((id) => held.has(itemIdHex(id))) };
      }
    }
  }

  opened(): Opened {
    return {
      count: this.blocks.length,
      root: this.blocks[0]?.hash,
      recent: this.blocks.slice(-recentBlocks),
      pending: this.pending,
      journal: this.signed.map(({ parent, hash }) => ({ parent, hash })),
      lastSigned: this.signed.at(-1)?.bytes,
    };
  }
}
