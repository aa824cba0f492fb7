/**
 * How a network that changes all the time takes its blocks; the thousand peers of issue 6 are `npm run bench -- churn`.
 */
import { describe, expect, it } from 'vitest';
import { GreatChurn } from './great-churn.ts';

describe('peers that come and go for good', () => {
  it('have each block within 30 s', () => {
    const spreads = new GreatChurn({ seed: 1, peers: 12, forMs: 50_000, changed: 5 }).run();
    expect(spreads.length).toBeGreaterThan(1);
    expect(spreads.filter(({ tookMs }) => tookMs === undefined)).toEqual([]);
  });
});
