/**
 * Bodies of blocks: which of two of one hash is the better one, and how a store takes one (spec/safety.md, Blocks 2).
 */
import { compareBytes } from '../codec/bytes.ts';
import { sha256 } from '../crypto/hash.ts';
import type { ChainBlock } from '../events.ts';
import type { StoredBlock } from '../storage/store.ts';
import type { Candidate } from './tree.ts';

/** Of two bodies of one hash: the one with more verified items, else the smaller SHA-256. A whole one is the best. */
export function isBetterBody(a: Body, b: Body): boolean {
  if (!b.verified.includes(false)) return false;
  const more = verifiedItems(a) - verifiedItems(b);
  return more > 0 || (more === 0 && compareBytes(sha256(a.bytes), sha256(b.bytes)) < 0);
}

/** What a change of the main chain takes from the store and gives it. */
export interface Moved {
  readonly cutTo: number | undefined;
  readonly append: readonly StoredBlock[];
}

export const noMove: Moved = { cutTo: undefined, append: [] };

/** As the application is told of it. */
export function chainBlock({ height, block, ids, verified }: ChainBlock): ChainBlock {
  return { height, block, ids, verified };
}

/** A verified block as the store takes it. */
export function storedBlock({
  height,
  block,
  ids,
  bytes,
  verified,
}: Candidate & { readonly height: number }): StoredBlock {
  return { height, hash: block.hash, items: ids, bytes, unverified: unverifiedOf(verified) };
}

/** Places of the items whose author's signature did not hold. */
export function unverifiedOf(verified: readonly boolean[]): number[] {
  return verified.flatMap((holds, place) => (holds ? [] : [place]));
}

type Body = Pick<Candidate, 'bytes' | 'verified'>;

function verifiedItems({ verified }: Body): number {
  return verified.filter(Boolean).length;
}
