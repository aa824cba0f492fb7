/**
 * Fifty peers reach one tip (issue 3), and many smaller networks do, under delay, loss and churn.
 *
 * A failure names its seed; `npm run simulate -- --from <seed> --seeds 1 --peers <peers>` plays it again.
 */
import { describe, expect, it } from 'vitest';
import { churn } from './churn.ts';

const minute = 60_000;

describe('peers that come, go, crash and share', () => {
  it.each([1, 2])('fifty of them reach one tip with every item once (seed %i)', { timeout: 4 * minute }, (seed) => {
    const result = churn(seed, 50);
    expect(result.violations).toEqual([]);
    expect(result.isSettled).toBe(true);
    expect(result.blocks).toBeGreaterThan(1);
  });

  const seeds = Array.from({ length: 10 }, (_, place) => place + 1);
  it.each(seeds)('fifteen of them do (seed %i)', { timeout: minute }, (seed) => {
    const result = churn(seed, 15);
    expect(result.violations).toEqual([]);
    expect(result.isSettled).toBe(true);
    expect(result.blocks).toBeGreaterThan(1);
  });
});
