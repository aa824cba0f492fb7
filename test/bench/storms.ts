/**
 * `npm run bench -- storms [runs] [from]`: networks of ours with models of the reference, up to a fifth of all, that are
 * poked and then left alone (issue 6).
 *
 * Storms: after a poke (KeepAlives with count 0 and floods of Announce and Leave by attackers who then go, a reference
 * that comes and goes) nothing may go round by itself. Dead candidates: the newest block names keys that never were; all
 * authors of the chain but one are gone for good: in both the next block comes within 30 s. Both eras: no split that
 * lasts. Exit code 1 when anything failed.
 */
import '../simulator/native-hex.ts';
import { mixed } from '../simulator/mixed.ts';
import { internet } from '../simulator/network.ts';
import { type Calm, deadCandidates, lonelyAuthor, storm } from '../simulator/storms.ts';

const most30s = 30_000;

export async function run(args: readonly string[]): Promise<void> {
  const [runs = 200, from = 1] = args.map(Number);
  const seeds = Array.from({ length: runs }, (_, place) => from + place);
  tellCalm(seeds.map(storm));
  tellSlowest('dead candidates', seeds.map(deadCandidates));
  tellSlowest('all authors gone but one', seeds.map(lonelyAuthor));
  const conditions = { ...internet, dialFailure: 0 };
  const split = seeds.filter((seed) => {
    const { isOne, violations } = mixed({ seed, eras: ['cbc', 'gcm-siv'], references: 2, thin: true, conditions });
    return !isOne || violations.length > 0;
  });
  console.log(`both eras: ${split.length} of ${runs} split for good${seedsOf(split)}`);
  if (split.length > 0) process.exitCode = 1;
}

function tellCalm(results: readonly Calm[]): void {
  const storms = results.filter(({ isCalm }) => !isCalm).map(({ seed }) => seed);
  console.log(`storms: ${storms.length} of ${results.length} went on by themselves${seedsOf(storms)}`);
  if (storms.length > 0) process.exitCode = 1;
}

function tellSlowest(what: string, tookMs: readonly number[]): void {
  const late = tookMs.filter((ms) => ms > most30s);
  const slowest = Math.max(...tookMs);
  console.log(
    `${what}: next block after at most ${slowest / 1_000} s; ${late.length} of ${tookMs.length} later than 30 s`,
  );
  if (late.length > 0) process.exitCode = 1;
}

function seedsOf(seeds: readonly number[]): string {
  return seeds.length === 0 ? '' : ` (seeds ${seeds.join(', ')})`;
}
