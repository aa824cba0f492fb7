/**
 * 20,000 hostile frames on upgraded links (test/model/replays.ts): none is let through. `npm run bench -- replay` tries a
 * million.
 *
 * `REPLAY_SEED` and `REPLAY_FRAMES` choose another run.
 */
import { expect, it } from 'vitest';
import { replays } from '../../../model/replays.ts';
import { Seeded } from '../../../model/seeded.ts';

const seed = Number(process.env['REPLAY_SEED'] ?? 20_261_124);
const frames = Number(process.env['REPLAY_FRAMES'] ?? 20_000);

it(`a frame that is not the next one is never let through: ${frames} tried, seed ${seed}`, { timeout: 300_000 }, () => {
  const { tried, accepted, ways, endings } = replays(frames, new Seeded(seed));
  console.log(`seed ${seed}: ${accepted} of ${tried} accepted, endings`, Object.fromEntries(endings));
  expect([tried, accepted]).toEqual([frames, 0]);
  // It is worth nothing if one way is hardly ever tried.
  expect(ways.size).toBe(10);
  for (const [way, count] of ways) expect(count, way).toBeGreaterThan(frames / 20);
  // Few wait for a frame that they were told is longer than what came.
  expect(endings.get('bad-frame')).toBeGreaterThan(0.8 * frames);
});
