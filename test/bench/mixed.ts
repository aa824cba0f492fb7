/**
 * `npm run bench -- mixed [seeds] [from]`: two of our peers, and a thin one, beside models of the reference in the
 * simulator (issue 4: two of each era, 200 runs: one tip, nothing lost, no split). Exit code 1 when one is split.
 */
import type { SecondDialect } from '../model/second-decoder.ts';
import { mixed } from '../simulator/mixed.ts';
import { internet, loopback } from '../simulator/network.ts';

const crowds: readonly { readonly eras: readonly SecondDialect[]; readonly references: number }[] = [
  { eras: ['cbc', 'gcm-siv'], references: 2 },
  { eras: ['cbc'], references: 1 },
  { eras: ['cbc'], references: 3 },
  { eras: ['gcm-siv'], references: 1 },
  { eras: ['gcm-siv'], references: 3 },
];
const places = [
  ['one host', loopback],
  // A reference does not dial again when its first dial fails: then ours would not be in one network.
  ['the internet', { ...internet, dialFailure: 0 }],
] as const;

export async function run(args: readonly string[]): Promise<void> {
  const [seeds = 200, from = 1] = args.map(Number);
  for (const [where, conditions] of places) {
    for (const { eras, references } of crowds) {
      let one = 0;
      for (let seed = from; seed < from + seeds; seed++) {
        const { isOne, violations, split, apart } = mixed({ seed, eras, references, thin: true, conditions });
        if (isOne && violations.length === 0) one++;
        else console.log(`  seed ${seed}: ${[...violations, split ?? '', ...apart].filter(Boolean).join('; ')}`);
      }
      console.log(`${where}, ${references} of ${eras.join(' and of ')}: ${one} of ${seeds} are one chain`);
      if (one < seeds) process.exitCode = 1;
    }
  }
}
