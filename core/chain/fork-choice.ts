/**
 * Which of several children the walk takes: rules 2 to 4 of spec/safety.md, Fork choice.
 *
 * Rule 1, support, needs the newest block of every eligible key and comes with it; without it the comparison of two
 * siblings never changes, so a loser stays one.
 */
import { compareBytes, utf8Bytes } from '../codec/bytes.ts';
import { sha256 } from '../crypto/hash.ts';
import { type Hash, holderOf, type PublicKey } from '../crypto/keys.ts';
import type { Block } from './block.ts';

/** The rank of an author who is not among its parent's `next_choices`. */
export const rankNotListed = 99;

/** What fixes a block's place among its siblings; made once for each block. */
export interface Standing {
  readonly rank: number;
  /** SHA-256("mcfc" · parent hash · author). */
  readonly lot: Hash;
  readonly hash: Hash;
}

/** @param parent undefined for a first block, whose author nobody named */
export function standingOf(block: Block, parent: Block | undefined): Standing {
  return {
    rank: parent === undefined ? rankNotListed : rankOf(block.author, parent.nextChoices),
    lot: sha256(lotTag, block.parent ?? new Uint8Array(0), block.author),
    hash: block.hash,
  };
}

/** The author's place in the parent's `next_choices`; both parities of one x are one holder. */
export function rankOf(author: PublicKey, nextChoices: readonly PublicKey[]): number {
  const holder = holderOf(author);
  const place = nextChoices.findIndex((choice) => holderOf(choice) === holder);
  return place < 0 || place > rankNotListed ? rankNotListed : place;
}

/** Negative when `a` is taken before `b`. Zero only for the same block. */
export function compareStandings(a: Standing, b: Standing): number {
  return a.rank - b.rank || compareBytes(a.lot, b.lot) || compareBytes(a.hash, b.hash);
}

const lotTag = utf8Bytes('mcfc');
