/**
 * What the great scenario (hostile.ts) itself must be: the same for one seed, and able to fail.
 */
import { describe, expect, it } from 'vitest';
import { kindNames } from './attackers/kinds.ts';
import { hostile } from './hostile.ts';

describe('the great scenario', () => {
  it('is the same run for the same seed, to the last action', () => {
    const plan = { seed: 3, peers: 12, kinds: kindNames };
    expect(hostile(plan)).toEqual(hostile(plan));
    expect(hostile({ ...plan, seed: 4 })).not.toEqual(hostile(plan));
  });

  it('has attackers, references, forks, blocks and final ones in it', () => {
    const results = Array.from({ length: 8 }, (_, seed) => hostile({ seed: seed + 1, peers: 12, kinds: kindNames }));
    expect(results.some(({ kinds }) => kinds.length > 0)).toBe(true);
    expect(results.some(({ references }) => references > 0)).toBe(true);
    expect(results.some(({ reverted }) => reverted > 0)).toBe(true);
    expect(results.every(({ blocks }) => blocks > 0)).toBe(true);
    expect(results.some(({ final }) => final > 1)).toBe(true);
  });
});
