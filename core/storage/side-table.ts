/**
 * The blocks beside the main chain in the order in which a store gives them: by height, then by hash (store.ts).
 *
 * What stands here of a block, the block itself or where it lies, is the store's affair. Sorted again only when it is
 * read in order after it has changed, which is when a peer opens.
 */
import { compareBytes } from '../codec/bytes.ts';
import { type Hash, type HashHex, hashHex } from '../crypto/keys.ts';

interface Placed {
  readonly hash: Hash;
  readonly height: number;
}

export class SideTable<T extends Placed> {
  readonly #entries: Map<HashHex, T>;
  #ordered: readonly T[] | undefined;

  constructor(entries: Iterable<T> = []) {
    this.#entries = new Map([...entries].map((entry) => [hashHex(entry.hash), entry]));
  }

  /** In the place of one with the same hash. */
  set(entry: T): void {
    this.#entries.set(hashHex(entry.hash), entry);
    this.#ordered = undefined;
  }

  /** @returns what stood there */
  delete(hash: Hash): T | undefined {
    const entry = this.find(hash);
    if (this.#entries.delete(hashHex(hash))) this.#ordered = undefined;
    return entry;
  }

  find(hash: Hash): T | undefined {
    return this.#entries.get(hashHex(hash));
  }

  /** All of them, in order. */
  ordered(): readonly T[] {
    this.#ordered ??= [...this.#entries.values()].sort(inOrder);
    return this.#ordered;
  }
}

/** Of what stands from place `from` on: at most `count`, at most `maxBytes` of blocks, but one if there is one. */
export function firstFitting<T>(
  entries: readonly T[],
  bytesOf: (entry: T) => number,
  { from, count, maxBytes }: { readonly from: number; readonly count: number; readonly maxBytes: number },
): T[] {
  const fitting: T[] = [];
  let length = 0;
  for (const entry of entries.slice(from, from + count)) {
    length += bytesOf(entry);
    if (length > maxBytes && fitting.length > 0) break;
    fitting.push(entry);
  }
  return fitting;
}

function inOrder(a: Placed, b: Placed): number {
  return a.height - b.height || compareBytes(a.hash, b.hash);
}
