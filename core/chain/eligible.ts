/**
 * Whose word counts at a block: keys established before what stands on it (spec/safety.md, Fork choice, rule 1).
 *
 * The first 3 of the block's `next_choices`, and the authors of it and of its 63 ancestors. Whoever writes later blocks
 * can invent keys without end, but none of these.
 */
import { type Holder, holderOf } from '../crypto/keys.ts';
import type { Block } from './block.ts';

/** A block and its ancestors that are looked at. */
export const eligibleBlocks = 64;
const eligibleChoices = 3;

/** @param blocks of one branch, oldest first, the last of which is the block in question */
export function eligibleKeys(blocks: readonly Pick<Block, 'author' | 'nextChoices'>[]): Set<Holder> {
  const newest = blocks.slice(-eligibleBlocks);
  const choices = newest.at(-1)?.nextChoices.slice(0, eligibleChoices) ?? [];
  return new Set([...choices, ...newest.map(({ author }) => author)].map(holderOf));
}
