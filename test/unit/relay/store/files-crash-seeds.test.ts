import { describe, expect, it } from 'vitest';
import { crashRun } from '../../../model/crash-run.ts';

/** All 200 of them: `npm run bench -- crash` */
const seeds = Array.from({ length: 4 }, (_, i) => i + 1);

describe('FileStore on a disk that drops or cuts what was not synced', () => {
  it.each(seeds)('loses nothing and always opens, wherever run %i is crashed', async (seed) => {
    const { points, crashes, lost, unreadable } = await crashRun(seed, 12);
    expect(lost).toEqual([]);
    expect(unreadable).toEqual([]);
    expect(points).toBeGreaterThan(40);
    expect(crashes).toBe(5 * points);
  });
});
