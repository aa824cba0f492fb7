/**
 * Ways to spoil bytes, for fuzzing: each takes well-formed bytes and a seed and gives others.
 */
import { concatBytes } from '../../core/codec/bytes.ts';
import type { Seeded } from './seeded.ts';

/** One bit, or up to eight of them. */
export function flippedBits(seeded: Seeded, bytes: Uint8Array): Uint8Array {
  const spoiled = bytes.slice();
  for (let flips = seeded.chance(0.7) ? 1 : seeded.between(2, 8); flips > 0 && spoiled.length > 0; flips--) {
    const index = seeded.below(spoiled.length);
    spoiled[index] = (spoiled[index] ?? 0) ^ (1 << seeded.below(8));
  }
  return spoiled;
}

/** The end is missing, or the beginning, or a piece of the middle. */
export function truncated(seeded: Seeded, bytes: Uint8Array): Uint8Array {
  const length = seeded.between(1, Math.max(1, bytes.length));
  const start = seeded.pick([0, bytes.length - length, seeded.below(bytes.length - length + 1)]);
  return concatBytes(bytes.subarray(0, start), bytes.subarray(start + length));
}

/** A piece of another value, or of this one, or random bytes, put in or laid over. */
export function spliced(seeded: Seeded, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  const source = seeded.pick([bytes, other, seeded.bytes(32)]);
  const from = seeded.below(source.length + 1);
  const piece = source.subarray(from, from + seeded.between(1, 48));
  const at = seeded.below(bytes.length + 1);
  const behind = seeded.chance(0.5) ? at : at + piece.length;
  return concatBytes(bytes.subarray(0, at), piece, bytes.subarray(behind));
}

/** Four bytes at this offset, or anywhere, announce another length. */
export function lengthEdited(
  seeded: Seeded,
  bytes: Uint8Array,
  offset = seeded.below(Math.max(1, bytes.length - 3)),
): Uint8Array {
  const spoiled = bytes.slice();
  if (spoiled.length < offset + 4) return spoiled;
  const view = new DataView(spoiled.buffer);
  const length = view.getUint32(offset, true);
  const extreme = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0, 64 * 1024 * 1024, 1024 * 1024 + 16];
  const near = [length + 1, length - 1, length + 16, length - 16, 2 * length, length ^ (1 << seeded.below(32))];
  view.setUint32(offset, seeded.pick(seeded.chance(0.3) ? extreme : near) >>> 0, true);
  return spoiled;
}

/** Any one of the ways above. */
export function spoilt(seeded: Seeded, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  const way = seeded.below(5);
  if (way === 0) return truncated(seeded, bytes);
  if (way === 1) return spliced(seeded, bytes, other);
  if (way === 2) return lengthEdited(seeded, bytes);
  return flippedBits(seeded, bytes);
}
