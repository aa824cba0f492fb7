/**
 * Verified items that wait for a block, keyed by SHA-256(author · data · sign) (spec/safety.md, Blocks 6).
 *
 * An item leaves only for a block that contains exactly it. Items of a branch that was left come back in their old
 * order, before those that came later, and are shared again: our own at once, others' after 2–8 s if no block has
 * taken them by then (spec/safety.md, Fork choice).
 */
import type { Milliseconds } from '../config.ts';
import { type ItemId, type ItemIdHex, itemIdHex } from '../crypto/keys.ts';
import { type Random, randomBelow } from '../random.ts';
import { acceptedBlockBytes, writtenBlockBytes } from './block.ts';
import { type Data, encodedDataBytes } from './data.ts';

export interface PoolItem {
  readonly id: ItemId;
  readonly data: Data;
  readonly mine: boolean;
  readonly arrivedAt: Milliseconds;
}

/** Items of others held at most. The reference was given 50,000 at once (its own figures); one block takes 4,000. */
const mostItems = 100_000;
const mostBytes = 64 * 1024 * 1024;
/** What a block holds besides its items: parent, hash, three candidates, author, signature, counts; rounded up. */
const blockFrameBytes = 512;
const shareAgainMs = { least: 2_000, most: 8_000 };

export class Pool {
  #items = new Map<ItemIdHex, PoolItem>();
  #bytes = 0;
  readonly #shareAgain = new Map<ItemIdHex, Milliseconds>();

  get size(): number {
    return this.#items.size;
  }

  /** Since when something waits; undefined when nothing does. */
  get pendingSince(): Milliseconds | undefined {
    return this.#items.values().next().value?.arrivedAt;
  }

  get deadline(): Milliseconds | undefined {
    let earliest: Milliseconds | undefined;
    for (const at of this.#shareAgain.values()) if (earliest === undefined || at < earliest) earliest = at;
    return earliest;
  }

  has(id: ItemIdHex): boolean {
    return this.#items.has(id);
  }

  item(id: ItemIdHex): PoolItem | undefined {
    return this.#items.get(id);
  }

  items(): IterableIterator<PoolItem> {
    return this.#items.values();
  }

  /** False when it is held already, or when the pool is full and the item is another's. */
  add(item: PoolItem): boolean {
    const key = itemIdHex(item.id);
    if (this.#items.has(key) || !this.#hasRoom(item)) return false;
    this.#items.set(key, item);
    this.#bytes += encodedDataBytes(item.data);
    return true;
  }

  remove(id: ItemIdHex): PoolItem | undefined {
    const item = this.#items.get(id);
    if (item === undefined) return undefined;
    this.#items.delete(id);
    this.#shareAgain.delete(id);
    this.#bytes -= encodedDataBytes(item.data);
    return item;
  }

  /** Items of a left branch, in their old order, go in front. Those taken are returned. */
  giveBack(items: readonly PoolItem[], now: Milliseconds, random: Random): PoolItem[] {
    const later = this.#items;
    // Who stands in front has waited at least as long as those behind.
    const arrivedAt = Math.min(now, this.pendingSince ?? now);
    const returned = items.filter((item) => this.add({ ...item, arrivedAt }));
    this.#items = new Map();
    for (const item of returned) this.#items.set(itemIdHex(item.id), { ...item, arrivedAt });
    for (const [id, item] of later) if (!this.#items.has(id)) this.#items.set(id, item);
    for (const item of returned) {
      const span = shareAgainMs.most - shareAgainMs.least;
      const wait = item.mine ? 0 : shareAgainMs.least + randomBelow(random, span);
      this.#shareAgain.set(itemIdHex(item.id), now + wait);
    }
    return returned;
  }

  /** Items that were given back and that no block has taken since; each is named once. */
  dueToShareAgain(now: Milliseconds): PoolItem[] {
    const due: PoolItem[] = [];
    for (const [id, at] of this.#shareAgain) {
      if (at > now) continue;
      this.#shareAgain.delete(id);
      const item = this.#items.get(id);
      if (item !== undefined) due.push(item);
    }
    return due;
  }

  /** The oldest items that fit into a block we write; one that is too large for that gets a block of its own. */
  forBlock(): PoolItem[] {
    const chosen: PoolItem[] = [];
    let bytes = blockFrameBytes;
    for (const item of this.#items.values()) {
      const size = encodedDataBytes(item.data);
      if (bytes + size > writtenBlockBytes) {
        if (chosen.length === 0) return [item];
        break;
      }
      chosen.push(item);
      bytes += size;
    }
    return chosen;
  }

  /** An item that fits into no block would be chosen for the next one for ever. */
  #hasRoom({ mine, data }: PoolItem): boolean {
    const bytes = encodedDataBytes(data);
    if (bytes + blockFrameBytes > acceptedBlockBytes) return false;
    return mine || (this.#items.size < mostItems && this.#bytes + bytes <= mostBytes);
  }
}
