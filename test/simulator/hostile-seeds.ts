/**
 * The share of the 300 seeds of the great scenario (hostile.ts) that one test file plays: files run side by side.
 *
 * A failure names its seed; `npm run simulate -- --from <seed> --seeds 1 --peers 30` plays it again.
 */
import { describe, expect, it } from 'vitest';
import { kindNames } from './attackers/kinds.ts';
import { hostile } from './hostile.ts';

const peers = 30;
const seedsEach = 75;
const seedTimeoutMs = 120_000;

/** @param part from 0 on */
export function playSeeds(part: number): void {
  const seeds = Array.from({ length: seedsEach }, (_, place) => part * seedsEach + place + 1);
  describe('thirty peers on the internet, some of them hostile', () => {
    it.each(seeds)('are of one chain within 20 s after healing (seed %i)', { timeout: seedTimeoutMs }, (seed) => {
      const { violations, kinds } = hostile({ seed, peers, kinds: kindNames });
      expect({ violations, kinds }).toEqual({ violations: [], kinds });
    });
  });
}
