import { describe, expect, it } from 'vitest';
import { beaconsASecond, mostIntervalMs, Pace } from '../../../../core/network/pace.ts';
import { Seeded } from '../../../model/seeded.ts';

const start = 1_000_000;
const leastMs = 600;

/** So many keys with this interval are heard for a while, each at a place of its own in it. */
function listen(
  pace: Pace,
  keys: number,
  intervalMs: number,
  from: number,
  forMs: number,
  seeded = new Seeded(1),
): void {
  const arrivals: number[] = [];
  for (let key = 0; key < keys; key++) {
    for (let at = from + seeded.below(intervalMs); at < from + forMs; at += intervalMs) arrivals.push(at);
  }
  for (const at of arrivals.sort((a, b) => a - b)) {
    pace.heard(intervalMs, at);
    pace.intervalMs(keys, at);
  }
}

describe('the interval', () => {
  it('is guessed from who is known before anything was heard, within its bounds', () => {
    const pace = new Pace(leastMs, start);
    expect([3, 40, 4_096, 1_000_000].map((known) => pace.intervalMs(known, start))).toEqual([
      leastMs,
      4_000,
      409_600,
      mostIntervalMs,
    ]);
  });

  it('is at first the greatest that a neighbour tells of, and then what is heard', () => {
    const pace = new Pace(leastMs, start);
    for (const told of [60_000, 90_000, 1_000]) pace.told(told);
    expect(pace.intervalMs(40, start)).toBe(90_000);
    listen(pace, 300, 10_000, start, 90_000);
    pace.told(600_000);
    const interval = pace.intervalMs(40, start + 90_000);
    expect(interval).toBeGreaterThan(24_000);
    expect(interval).toBeLessThan(40_000);
  });

  it.each([
    [100, 10_000],
    [100, 3_000],
    [1_000, 100_000],
    [1_000, 20_000],
    [5_000, 600_000],
  ])('lets %i keys, each heard every %i ms, come to ten a second', (keys, intervalMs) => {
    const pace = new Pace(leastMs, start);
    listen(pace, keys, intervalMs, start, 60_000);
    const tenth = (1_000 * keys) / beaconsASecond;
    expect(pace.intervalMs(keys, start + 60_000)).toBeGreaterThan(0.5 * tenth);
    expect(pace.intervalMs(keys, start + 60_000)).toBeLessThan(1.7 * tenth);
  });

  it('of a newcomer comes to that of all others, however often it beaconed before', () => {
    const pace = new Pace(leastMs, start);
    expect(pace.intervalMs(3, start)).toBe(leastMs);
    listen(pace, 1_000, 100_000, start, 12_000);
    expect(pace.intervalMs(3, start + 12_000)).toBeGreaterThan(60_000);
  });

  it('leaves room for the candidates, who beacon all the time', () => {
    const alone = new Pace(leastMs, start);
    const besides = new Pace(leastMs, start);
    for (const pace of [alone, besides]) {
      for (let at = start; at < start + 10_000; at += 100) {
        pace.heard(50_000, at);
        if (pace === besides && at % 200 === 0) pace.heard(leastMs, at);
      }
    }
    // Five hundred keys: at ten a second, or at the five that candidates leave.
    const [slow, slower] = [alone, besides].map((pace) => pace.intervalMs(9, start + 10_000));
    expect(slow).toBeCloseTo(49_000, -4);
    expect(slower).toBeCloseTo(94_000, -4);
  });

  it('falls slowly when nothing is heard, for that may be our own silence', () => {
    const pace = new Pace(leastMs, start);
    listen(pace, 1_000, 100_000, start, 10_000);
    const before = pace.intervalMs(9, start + 10_000);
    expect(pace.intervalMs(9, start + 100_000)).toBeCloseTo(0.8 * before);
    for (let at = start + 100_000; at < start + 500_000; at += 1_000) pace.intervalMs(9, at);
    expect(pace.intervalMs(9, start + 500_000)).toBe(leastMs);
  });

  it('stays within its bounds whatever somebody states', () => {
    const pace = new Pace(leastMs, start);
    for (let at = start; at < start + 10_000; at += 10) pace.heard(4_000_000_000, at);
    expect(pace.intervalMs(9, start + 10_000)).toBe(mostIntervalMs);
  });
});
