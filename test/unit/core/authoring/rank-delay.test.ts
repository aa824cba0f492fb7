import { describe, expect, it } from 'vitest';
import {
  firstRankDelayMs,
  leastRankDelayMs,
  measuredBlocks,
  mostRankDelayMs,
  RankDelay,
} from '../../../../core/authoring/rank-delay.ts';
import { Seeded } from '../../../model/seeded.ts';
import { slowRankDelay } from '../../../model/slow-rank-delay.ts';

const delayAfter = (...times: readonly number[]) => {
  const delay = new RankDelay();
  for (const time of times) delay.took(time);
  return delay.delayMs;
};
const many = (count: number, time: number) => Array<number>(count).fill(time);

describe('D', () => {
  it('is half a second before anything was measured', () => {
    expect(new RankDelay().delayMs).toBe(500);
  });

  it.each([
    ['one slow block', [1_700], 1_700],
    ['one quick block, which proves nothing', [20], firstRankDelayMs],
    ['eighteen quick blocks, with the half second that stands for the first', many(18, 20), firstRankDelayMs],
    ['nineteen', many(19, 20), leastRankDelayMs],
    ['one slow among twenty', [...many(19, 300), 3_000], 500],
    ['two slow among twenty', [...many(18, 300), 3_000, 2_000], 2_000],
    ['the fourth slowest of 64', [...many(60, 400), 700, 800, 900, 1_000], 700],
    ['the fifth slowest when there are only three', [...many(61, 400), 800, 900, 1_000], 400],
    ['no less than a quarter', many(64, 1), leastRankDelayMs],
    ['no more than four seconds', many(64, 60_000), mostRankDelayMs],
  ])('after %s', (_, times, expected) => {
    expect(delayAfter(...times)).toBe(expected);
  });

  it('forgets what is more than 64 own blocks ago', () => {
    expect(delayAfter(...many(64, 3_000), ...many(measuredBlocks - 4, 300))).toBe(3_000);
    expect(delayAfter(...many(64, 3_000), ...many(measuredBlocks - 3, 300))).toBe(300);
  });

  it('is what its slow twin says, whatever is measured', () => {
    const seeded = new Seeded(11);
    for (let round = 0; round < 50; round++) {
      const delay = new RankDelay();
      const times: number[] = [];
      const most = seeded.pick([400, 2_000, 9_000]);
      for (let block = 0; block < 150; block++) {
        const time = seeded.below(most);
        times.push(time);
        delay.took(time);
        expect(delay.delayMs).toBe(slowRankDelay(times));
      }
    }
  });
});
