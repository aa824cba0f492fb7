import { describe, expect, it } from 'vitest';
import { Allowance } from '../../../../core/network/allowance.ts';
import { Seeded } from '../../../model/seeded.ts';

const takes = (allowance: Allowance, times: number, now: number, ahead = 0) =>
  Array.from({ length: times }, () => allowance.take(now, ahead)).filter(Boolean).length;

describe('an allowance', () => {
  it('gives so many at once, then as time passes, and saves up no more than at once', () => {
    const allowance = new Allowance(10, 4);
    expect(takes(allowance, 9, 1_000)).toBe(4);
    expect(takes(allowance, 9, 1_099)).toBe(0);
    expect(takes(allowance, 9, 1_100)).toBe(1);
    expect(takes(allowance, 9, 1_350)).toBe(2);
    expect(takes(allowance, 9, 60_000)).toBe(4);
  });

  it('gives some of what is yet to come to who may take ahead, and nobody else anything until that has come', () => {
    const allowance = new Allowance(10, 4);
    expect(takes(allowance, 9, 1_000)).toBe(4);
    expect(takes(allowance, 9, 1_000, 3)).toBe(3);
    expect(takes(allowance, 9, 1_300)).toBe(0);
    expect(takes(allowance, 9, 1_400)).toBe(1);
  });

  it('gives nothing for a clock that goes back, and goes on from there', () => {
    const allowance = new Allowance(10, 1);
    expect(takes(allowance, 2, 50_000)).toBe(1);
    expect(takes(allowance, 2, 1_000)).toBe(0);
    expect(takes(allowance, 2, 1_100)).toBe(1);
  });

  it('never gives more than its rate and what it has at once, in any time', () => {
    const seeded = new Seeded(5);
    const allowance = new Allowance(20, 8);
    const given: number[] = [];
    for (let now = 0; now < 60_000; now += seeded.below(40)) if (allowance.take(now)) given.push(now);
    for (const [place, from] of given.entries()) {
      for (const seconds of [0.5, 1, 5]) {
        const within = given.slice(place).filter((at) => at < from + 1_000 * seconds).length;
        expect(within).toBeLessThanOrEqual(20 * seconds + 8);
      }
    }
    expect(given.length).toBeGreaterThan(1_000);
  });
});
