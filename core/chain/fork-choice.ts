/**
 * Which of several children the walk takes: the rules of spec/safety.md, Fork choice.
 *
 * Rule 1, support, is counted in support.ts and passed in here. Rules 2 to 4 follow from the block and its parent alone,
 * so that they are the same for everybody for ever.
 */
import { compareBytes, utf8Bytes } from '../codec/bytes.ts';
import { sha256 } from '../crypto/hash.ts';
import { type Hash, type Holder, holderOf, type PublicKey } from '../crypto/keys.ts';

/** The rank of an author who is not among its parent's `next_choices`. */
export const rankNotListed = 99;
/** So many of a fork's `next_choices` count there (rule 1). */
export const eligibleChoices = 3;
/** The fork and its ancestors whose authors count there (rule 1: "of it and of its 63 ancestors"). */
export const eligibleAncestors = 64;
/** As deep as the main chain moves without an operator (spec/safety.md, Fork choice). */
export const deepestFork = 4_096;

/** What fixes a block's place among its siblings; made once for each block that has some. */
export interface Standing {
  readonly rank: number;
  /** SHA-256("mcfc" · parent hash · author). */
  readonly lot: Hash;
  readonly hash: Hash;
}

/** What a block's place follows from. */
interface Signed {
  readonly author: PublicKey;
  readonly hash: Hash;
  readonly parent: Hash | undefined;
}

/** @param nextChoices of the parent; undefined for a first block, whose author nobody named */
export function standingOf({ author, hash, parent }: Signed, nextChoices: readonly PublicKey[] | undefined): Standing {
  return {
    rank: nextChoices === undefined ? rankNotListed : rankOf(author, nextChoices),
    lot: sha256(lotTag, parent ?? new Uint8Array(0), author),
    hash,
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

/** Keys established before the fork. @param authors of the fork and of its 63 ancestors, in any order */
export function eligibleHolders(nextChoices: readonly PublicKey[], authors: Iterable<Holder>): Set<Holder> {
  const eligible = new Set(authors);
  for (const choice of nextChoices.slice(0, eligibleChoices)) eligible.add(holderOf(choice));
  return eligible;
}

const lotTag = utf8Bytes('mcfc');
