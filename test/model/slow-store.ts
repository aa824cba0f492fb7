/**
 * A store as one array, asked and changed at once: what the core's changes are held against.
 *
 * It refuses what no store can do (a gap, a cut above the end) by throwing, for the core must never ask for it.
 */
import { type Hash, type HashHex, hashHex, type ItemIdHex, itemIdHex } from '../../core/crypto/keys.ts';
import type { Loaded, Query } from '../../core/events.ts';
import {
  type Change,
  type Note,
  type Opened,
  type PendingItem,
  recentBlocks,
  type SideBlock,
  type SignedBlock,
  type StoredBlock,
} from '../../core/storage/store.ts';

export class SlowStore {
  blocks: StoredBlock[] = [];
  pending: PendingItem[] = [];
  signed: SignedBlock[] = [];
  /** In the order in which a store gives them. */
  side: SideBlock[] = [];
  notes: Note[] = [];

  get hashes(): HashHex[] {
    return this.blocks.map(({ hash }) => hashHex(hash));
  }

  get pendingIds(): ItemIdHex[] {
    return this.pending.map(({ id }) => itemIdHex(id));
  }

  apply({ signed, sideAdded, notes, cutTo, append, sideRemoved, pendingAdded, pendingRemoved }: Change): void {
    if (cutTo !== undefined && cutTo > this.blocks.length)
      throw new Error(`a cut to ${cutTo} of ${this.blocks.length}`);
    if (signed !== undefined) this.signed.push(signed);
    for (const block of sideAdded) this.side = [...this.sideWithout(block.hash), block];
    for (const note of notes) this.notes = [...this.notes.filter(({ name }) => name !== note.name), note];
    if (cutTo !== undefined) this.blocks = this.blocks.slice(0, cutTo);
    for (const block of append) {
      if (block.height !== this.blocks.length) throw new Error(`block ${block.height} after ${this.blocks.length}`);
      this.blocks.push(block);
    }
    for (const hash of sideRemoved) this.side = this.sideWithout(hash);
    this.side.sort((a, b) => a.height - b.height || (hashHex(a.hash) < hashHex(b.hash) ? -1 : 1));
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
      case 'blocks':
        return { kind: 'blocks', blocks: fitting(this.blocks, query) };
      case 'sideBlocks':
        return { kind: 'sideBlocks', blocks: fitting(this.side, query) };
      case 'sideBlock':
        return { kind: 'sideBlock', block: this.side.find(({ hash }) => hashHex(hash) === hashHex(query.hash)) };
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
      notes: this.notes,
    };
  }

  sideWithout(hash: Hash): SideBlock[] {
    return this.side.filter((block) => hashHex(block.hash) !== hashHex(hash));
  }
}

interface Window {
  readonly from: number;
  readonly count: number;
  readonly maxBytes: number;
}

function fitting<T extends { readonly bytes: Uint8Array }>(held: readonly T[], { from, count, maxBytes }: Window): T[] {
  const blocks: T[] = [];
  let bytes = 0;
  for (const block of held.slice(from, from + count)) {
    bytes += block.bytes.length;
    if (blocks.length > 0 && bytes > maxBytes) break;
    blocks.push(block);
  }
  return blocks;
}
