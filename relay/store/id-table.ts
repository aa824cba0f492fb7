/**
 * Where 32-byte ids stand in a list that only grows and is cut at its end: hashes of blocks, ids of items.
 *
 * A million item ids in a Map of strings take 200 MB; here 32 bytes each and a table of places beside them. Open
 * addressing. A repeated id has one slot, for its first place is the last to be cut: a block of one item 600,000 times
 * costs no more than another. A cut leaves its slots: one that names a place past the end, or one that was written
 * anew, is told by comparing whole ids.
 */
import { randomInt } from 'node:crypto';
import { invariant } from '../../core/errors.ts';

const idBytes = 32;
/** A power of two, as all numbers of slots. */
const firstSlots = 1_024;

export class IdTable {
  #count = 0;
  #ids = new Uint8Array(firstSlots * idBytes);
  /** Place + 1; 0 is free. */
  #slots = new Uint32Array(firstSlots);
  #usedSlots = 0;
  /** Odd, and unknown to whoever chooses ids, so that nobody can make them meet in few slots. */
  readonly #multiplier = randomInt(2 ** 31) * 2 + 1;

  get count(): number {
    return this.#count;
  }

  push(id: Uint8Array): void {
    invariant(id.length === idBytes, 'ids have 32 bytes');
    if (this.#usedSlots >= this.#slots.length / 2) this.#renewSlots();
    const isRepeated = this.find(id) !== undefined;
    this.#append(id);
    if (!isRepeated) this.#fillSlot(this.#count - 1);
  }

  /** The first place of the id. */
  find(id: Uint8Array): number | undefined {
    if (id.length !== idBytes) return undefined;
    for (let slot = this.#firstSlot(id); ; slot = (slot + 1) % this.#slots.length) {
      const place = (this.#slots[slot] as number) - 1;
      if (place < 0) return undefined;
      if (place < this.#count && this.#isAt(place, id)) return place;
    }
  }

  /** A copy of the id at a place. */
  at(place: number): Uint8Array | undefined {
    return place >= 0 && place < this.#count ? this.#view(place).slice() : undefined;
  }

  cutTo(count: number): void {
    this.#count = Math.min(this.#count, count);
  }

  #append(id: Uint8Array): void {
    const end = this.#count * idBytes;
    if (end === this.#ids.length) {
      const grown = new Uint8Array(2 * this.#ids.length);
      grown.set(this.#ids);
      this.#ids = grown;
    }
    this.#ids.set(id, end);
    this.#count++;
  }

  /** With room for half as many ids again, and without the slots that cuts have left. */
  #renewSlots(): void {
    this.#slots = new Uint32Array(Math.max(firstSlots, 2 ** Math.ceil(Math.log2(3 * this.#count + 1))));
    this.#usedSlots = 0;
    for (let place = 0; place < this.#count; place++) {
      if (this.find(this.#view(place)) === undefined) this.#fillSlot(place);
    }
  }

  #fillSlot(place: number): void {
    let slot = this.#firstSlot(this.#view(place));
    while (this.#slots[slot] !== 0) slot = (slot + 1) % this.#slots.length;
    this.#slots[slot] = place + 1;
    this.#usedSlots++;
  }

  #firstSlot(id: Uint8Array): number {
    const [a = 0, b = 0, c = 0, d = 0] = id;
    const mixed = Math.imul((a << 24) | (b << 16) | (c << 8) | d, this.#multiplier) >>> 0;
    return Math.floor((mixed / 2 ** 32) * this.#slots.length);
  }

  #isAt(place: number, id: Uint8Array): boolean {
    const start = place * idBytes;
    for (let i = 0; i < idBytes; i++) if (this.#ids[start + i] !== id[i]) return false;
    return true;
  }

  #view(place: number): Uint8Array {
    return this.#ids.subarray(place * idBytes, (place + 1) * idBytes);
  }
}
