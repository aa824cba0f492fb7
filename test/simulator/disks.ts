/**
 * A disk for each simulated peer: what `store` and `load` ask for, and what a crash leaves of it.
 *
 * Changes are whole and in order. A durable one is kept for good once it was said to be stored; those after the last
 * durable one may be lost by a crash, the newest first (core/storage/store.ts: `durable`). Reads see every change.
 */
import { type HashHex, hashHex, type ItemId, type ItemIdHex, itemIdHex } from '../../core/crypto/keys.ts';
import { invariant } from '../../core/errors.ts';
import type { Loaded, Query } from '../../core/events.ts';
import { type JournalEntry, keptEntries } from '../../core/storage/journal.ts';
import { firstFitting, inSideOrder } from '../../core/storage/side-order.ts';
import {
  type Change,
  type KeptBlock,
  type Note,
  type NoteName,
  type Opened,
  type PendingItem,
  recentBlocks,
  type SideBlock,
  type StoredBlock,
} from '../../core/storage/store.ts';
import type { Seeded } from '../model/seeded.ts';

export class Disk {
  /** What a crash leaves at least. */
  #safe = new Contents();
  /** Changes since the last durable one, oldest first. */
  #tail: Change[] = [];
  #seen = new Contents();

  opened(): Opened {
    return this.#seen.opened();
  }

  write(change: Change): void {
    this.#seen.apply(change);
    this.#tail.push(change);
    if (!change.durable) return;
    for (const written of this.#tail) this.#safe.apply(written);
    this.#tail = [];
  }

  /** The power goes: a random number of the newest changes is lost. @returns how many */
  crash(seeded: Seeded): number {
    const kept = seeded.below(this.#tail.length + 1);
    const lost = this.#tail.length - kept;
    for (const change of this.#tail.slice(0, kept)) this.#safe.apply(change);
    this.#tail = [];
    this.#seen = this.#safe.copy();
    return lost;
  }

  read(query: Query): Loaded {
    switch (query.kind) {
      case 'blocks':
        return {
          kind: 'blocks',
          blocks: firstFitting(this.#seen.blocks, query.from, query.count, query.maxBytes).map(kept),
        };
      case 'heightOf':
        return { kind: 'heightOf', height: this.#seen.heights.get(hashHex(query.hash)) };
      case 'containsItems':
        return { kind: 'containsItems', contained: query.ids.map((id) => this.#seen.items.has(itemIdHex(id))) };
      case 'sideBlocks':
        return { kind: 'sideBlocks', blocks: this.#seen.sideBlocks(query.from, query.count, query.maxBytes) };
      case 'sideBlock':
        return { kind: 'sideBlock', block: this.#seen.side.get(hashHex(query.hash)) };
    }
  }

  holdsItem(id: ItemId): boolean {
    return this.#seen.items.has(itemIdHex(id));
  }

  get blocks(): readonly StoredBlock[] {
    return this.#seen.blocks;
  }
}

class Contents {
  readonly blocks: StoredBlock[] = [];
  readonly heights = new Map<HashHex, number>();
  /** In how many blocks an item stands. */
  readonly items = new Map<ItemIdHex, number>();
  readonly side = new Map<HashHex, SideBlock>();
  readonly #notes = new Map<NoteName, Note>();
  readonly #pending = new Map<ItemIdHex, PendingItem>();
  #journal: JournalEntry[] = [];
  #lastSigned: Uint8Array | undefined;

  opened(): Opened {
    return {
      count: this.blocks.length,
      root: this.blocks[0]?.hash,
      recent: this.blocks.slice(-recentBlocks).map(kept),
      pending: [...this.#pending.values()],
      journal: [...this.#journal],
      lastSigned: this.#lastSigned,
      notes: [...this.#notes.values()],
    };
  }

  apply({ signed, sideAdded, notes, cutTo, append, sideRemoved, pendingAdded, pendingRemoved }: Change): void {
    if (signed !== undefined) {
      this.#journal = keptEntries([...this.#journal, { parent: signed.parent, hash: signed.hash }]);
      this.#lastSigned = signed.bytes;
    }
    for (const block of sideAdded) this.side.set(hashHex(block.hash), block);
    for (const note of notes) this.#notes.set(note.name, note);
    invariant(cutTo === undefined || cutTo <= this.blocks.length, 'a cut leaves no more blocks than there are');
    while (cutTo !== undefined && this.blocks.length > cutTo) this.#count(this.blocks.pop() as StoredBlock, -1);
    for (const block of append) {
      invariant(block.height === this.blocks.length, 'appended blocks follow those that stay');
      this.blocks.push(block);
      this.#count(block, 1);
    }
    for (const hash of sideRemoved) this.side.delete(hashHex(hash));
    for (const item of pendingAdded) this.#pending.set(itemIdHex(item.id), item);
    for (const id of pendingRemoved) this.#pending.delete(itemIdHex(id));
  }

  sideBlocks(from: number, count: number, maxBytes: number): SideBlock[] {
    return firstFitting(inSideOrder(this.side.values()), from, count, maxBytes);
  }

  copy(): Contents {
    const copy = new Contents();
    for (const block of this.blocks) copy.blocks.push(block);
    for (const [hash, height] of this.heights) copy.heights.set(hash, height);
    for (const [id, count] of this.items) copy.items.set(id, count);
    for (const [id, item] of this.#pending) copy.#pending.set(id, item);
    for (const [hash, block] of this.side) copy.side.set(hash, block);
    for (const [name, note] of this.#notes) copy.#notes.set(name, note);
    copy.#journal = [...this.#journal];
    copy.#lastSigned = this.#lastSigned;
    return copy;
  }

  #count(block: StoredBlock, by: 1 | -1): void {
    if (by > 0) this.heights.set(hashHex(block.hash), block.height);
    else this.heights.delete(hashHex(block.hash));
    for (const id of block.items) {
      const key = itemIdHex(id);
      const count = (this.items.get(key) ?? 0) + by;
      if (count > 0) this.items.set(key, count);
      else this.items.delete(key);
    }
  }
}

function kept({ bytes, unverified }: StoredBlock): KeptBlock {
  return { bytes, unverified };
}
