/**
 * Who has written the newest blocks of the main chain, for the rule that a majority of them must be there before a block
 * is forced (spec/safety.md, Writing, `forcedRestart`).
 *
 * Follows from the headers that the tree holds, whose 64 newest are read when a peer opens; decides nothing.
 */
import type { Holder, PublicKey } from '../crypto/keys.ts';
import type { TreeHeader } from './tree.ts';

/** Blocks whose authors are asked after. */
export const authorBlocks = 64;

/**
 * Each once, by whichever parity wrote last; the newest author first.
 * @param headers of the main chain, oldest first
 */
export function recentAuthors(headers: readonly Pick<TreeHeader, 'author' | 'holder'>[]): PublicKey[] {
  const newest = new Map<Holder, PublicKey>();
  for (const { author, holder } of headers.slice(-authorBlocks).reverse()) {
    if (!newest.has(holder)) newest.set(holder, author);
  }
  return [...newest.values()];
}
