import { describe, expect, it } from 'vitest';
import { Quota } from '../../../relay/quota.ts';

describe('Quota', () => {
  const limits = { burst: 3, perSecond: 2 };

  it('gives a burst at once, then as many as time brings', () => {
    const quota = new Quota(limits, 0);
    expect([0, 0, 0, 0].map((now) => quota.take(now))).toEqual([true, true, true, false]);
    expect([499, 500, 501].map((now) => quota.take(now))).toEqual([false, true, false]);
    expect([1_000, 1_001].map((now) => quota.take(now))).toEqual([true, false]);
  });

  it('saves no more than a burst, however long the rest', () => {
    const quota = new Quota(limits, 0);
    expect([0, 1, 2, 3].map(() => quota.take(1_000_000))).toEqual([true, true, true, false]);
  });

  it('gives nothing for a clock that goes back', () => {
    const quota = new Quota(limits, 10_000);
    expect([10_000, 10_000, 5_000, 5_000].map((now) => quota.take(now))).toEqual([true, true, true, false]);
    expect(quota.take(5_500)).toBe(true);
  });
});
