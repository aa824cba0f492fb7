/**
 * Honest peers among attackers of one kind: they go on writing, come to one chain, pass on nothing wrong, keep their
 * bounds.
 */
import { describe, expect, it } from 'vitest';
import { kindNames } from './attackers/kinds.ts';
import { siege } from './siege.ts';

const crowds = [
  [1, 1],
  [2, 1],
  [3, 3],
] as const;

describe.each(kindNames)('beside one that %s', (kind) => {
  it.each(crowds)('six honest peers write on, agree and keep their bounds (seed %i, attackers: %i)', (seed, count) => {
    const { violations, tookMs } = siege({ seed, kind, attackers: count });
    expect(violations).toEqual([]);
    expect(tookMs).toHaveLength(10);
  });
});
