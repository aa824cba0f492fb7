/**
 * The blocks beside the main chain in the order in which a store gives them: by height, then by hash (store.ts).
 *
 * What stands for a block, the block itself or where it lies, is the store's affair.
 */
import { compareBytes } from '../codec/bytes.ts';
import type { Hash } from '../crypto/keys.ts';

/** As it has to come; what is given is not changed. */
export function inSideOrder<T extends { readonly hash: Hash; readonly height: number }>(blocks: Iterable<T>): T[] {
  return [...blocks].sort((a, b) => a.height - b.height || compareBytes(a.hash, b.hash));
}

/** Of what stands from place `from` on: at most `count`, at most `maxBytes` of blocks, but one if there is one. */
export function firstFitting<T extends { readonly bytes: Uint8Array }>(
  blocks: readonly T[],
  from: number,
  count: number,
  maxBytes: number,
): T[] {
  const fitting: T[] = [];
  let length = 0;
  for (const block of blocks.slice(from, from + count)) {
    length += block.bytes.length;
    if (length > maxBytes && fitting.length > 0) break;
    fitting.push(block);
  }
  return fitting;
}
