/**
 * `npm run bench -- replay [frames] [seed]`: hostile frames on upgraded links of two of ours: played again, sent back,
 * reordered, left out, changed, cut, taken from another link (issue 6: 1 million, 0 accepted).
 */
import { replays } from '../model/replays.ts';
import { Seeded } from '../model/seeded.ts';

export async function run(args: readonly string[]): Promise<void> {
  const [frames = 1_000_000, seed = 1] = args.map(Number);
  const startedAt = performance.now();
  const { tried, accepted, ways, endings } = replays(frames, new Seeded(seed));
  for (const [way, count] of ways) console.log(`${way}: ${count}`);
  console.log('links ended by', Object.fromEntries(endings));
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
  console.log(`seed ${seed}: ${accepted} of ${tried} accepted (mark: 0), ${seconds} s`);
  if (accepted > 0) process.exitCode = 1;
}
