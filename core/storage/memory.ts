/**
 * A store that forgets when its page or process ends: for tabs whose IndexedDB is refused, for the simulator and tests.
 *
 * It keeps what it is handed and copies nothing: bytes given to a store are never changed by anybody.
 */

import type { Hash } from '../crypto/keys.ts';
import { type HashHex, hashHex, type ItemId, type ItemIdHex, itemIdHex } from '../crypto/keys.ts';
import { invariant, StoreError } from '../errors.ts';
import { type JournalEntry, keptEntries } from './journal.ts';
import { firstFitting, inSideOrder } from './side-order.ts';
import {
  type Change,
  type KeptBlock,
  type Note,
  type NoteName,
  type Opened,
  type PendingItem,
  recentBlocks,
  type SideBlock,
  type Store,
  type StoredBlock,
} from './store.ts';

export class MemoryStore implements Store {
  readonly kind = 'memory';
  readonly #contents: Contents;
  #closed = false;

  /** @param before one whose contents this goes on with, as another process would with a disk */
  constructor(before?: MemoryStore) {
    this.#contents = before === undefined ? new Contents() : before.#contents;
  }

  async open(): Promise<Opened> {
    return this.#contents.opened();
  }

  async change(change: Change): Promise<void> {
    this.#refuseClosed();
    this.#contents.apply(change);
  }

  async blocks(from: number, count: number, maxBytes: number): Promise<KeptBlock[]> {
    this.#refuseClosed();
    return this.#contents.blocks(from, count, maxBytes);
  }

  async heightOf(hash: Hash): Promise<number | undefined> {
    this.#refuseClosed();
    return this.#contents.heightOf(hash);
  }

  async containsItems(ids: readonly ItemId[]): Promise<boolean[]> {
    this.#refuseClosed();
    return ids.map((id) => this.#contents.containsItem(id));
  }

  async sideBlocks(from: number, count: number, maxBytes: number): Promise<SideBlock[]> {
    this.#refuseClosed();
    return this.#contents.sideBlocks(from, count, maxBytes);
  }

  async sideBlock(hash: Hash): Promise<SideBlock | undefined> {
    this.#refuseClosed();
    return this.#contents.sideBlock(hash);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #refuseClosed(): void {
    if (this.#closed) throw new StoreError('closed', 'the store is closed');
  }
}

class Contents {
  readonly #blocks: StoredBlock[] = [];
  readonly #heights = new Map<HashHex, number>();
  /** In how many blocks an item stands: a repeat may be cut while its first stays. */
  readonly #items = new Map<ItemIdHex, number>();
  readonly #pending = new Map<ItemIdHex, PendingItem>();
  readonly #side = new Map<HashHex, SideBlock>();
  readonly #notes = new Map<NoteName, Note>();
  #journal: JournalEntry[] = [];
  #lastSigned: Uint8Array | undefined;

  opened(): Opened {
    return {
      count: this.#blocks.length,
      root: this.#blocks[0]?.hash,
      recent: this.#blocks.slice(-recentBlocks).map(kept),
      pending: [...this.#pending.values()],
      journal: [...this.#journal],
      lastSigned: this.#lastSigned,
      notes: [...this.#notes.values()],
    };
  }

  apply({ signed, sideAdded, notes, cutTo, append, sideRemoved, pendingAdded, pendingRemoved }: Change): void {
    const base = cutTo ?? this.#blocks.length;
    invariant(base <= this.#blocks.length, 'a cut leaves no more blocks than there are');
    append.forEach(({ height }, i) => {
      invariant(height === base + i, 'appended blocks follow those that stay');
    });
    if (signed !== undefined) {
      this.#journal = keptEntries([...this.#journal, { parent: signed.parent, hash: signed.hash }]);
      this.#lastSigned = signed.bytes;
    }
    for (const block of sideAdded) this.#side.set(hashHex(block.hash), block);
    for (const note of notes) this.#notes.set(note.name, note);
    while (this.#blocks.length > base) this.#cut(this.#blocks.pop() as StoredBlock);
    for (const block of append) this.#append(block);
    for (const hash of sideRemoved) this.#side.delete(hashHex(hash));
    for (const item of pendingAdded) this.#pending.set(itemIdHex(item.id), item);
    for (const id of pendingRemoved) this.#pending.delete(itemIdHex(id));
  }

  blocks(from: number, count: number, maxBytes: number): KeptBlock[] {
    return firstFitting(this.#blocks, from, count, maxBytes).map(kept);
  }

  sideBlocks(from: number, count: number, maxBytes: number): SideBlock[] {
    return firstFitting(inSideOrder(this.#side.values()), from, count, maxBytes);
  }

  sideBlock(hash: Hash): SideBlock | undefined {
    return this.#side.get(hashHex(hash));
  }

  heightOf(hash: Hash): number | undefined {
    return this.#heights.get(hashHex(hash));
  }

  containsItem(id: ItemId): boolean {
    return this.#items.has(itemIdHex(id));
  }

  #append(block: StoredBlock): void {
    this.#blocks.push(block);
    this.#heights.set(hashHex(block.hash), block.height);
    for (const id of block.items) {
      const key = itemIdHex(id);
      this.#items.set(key, (this.#items.get(key) ?? 0) + 1);
    }
  }

  #cut(block: StoredBlock): void {
    this.#heights.delete(hashHex(block.hash));
    for (const id of block.items) {
      const key = itemIdHex(id);
      const blocksLeft = (this.#items.get(key) ?? 0) - 1;
      if (blocksLeft > 0) this.#items.set(key, blocksLeft);
      else this.#items.delete(key);
    }
  }
}

function kept({ bytes, unverified }: StoredBlock): KeptBlock {
  return { bytes, unverified };
}
