/**
 * `npm run bench -- fuzz [blocks | frames | replay] [how many] [seed]`: spoilt and repeated input by the million (issue 6).
 *
 * Blocks: twenty classes of mutants × 10,000: none accepted, none relayed. Frames: ten million mutants, half of them in
 * each dialect: no crash, none accepted that is not canonical. Replay: a million frames that were sent before, of both
 * sides: none accepted. Exit code 1 when one was.
 */
import '../simulator/native-hex.ts';
import { fuzzFrames, replayFrames } from '../model/frame-fuzz.ts';
import { sendMutants } from '../simulator/mutants.ts';

const dialects = ['cbc', 'gcm-siv'] as const;
const parts = { blocks: 10_000, frames: 10_000_000, replay: 1_000_000 } as const;

export async function run([only, count, from = '1']: readonly string[]): Promise<void> {
  // Most mutants end in an error that nobody reads: its stack would take a third of the time.
  Error.stackTraceLimit = 0;
  for (const [part, usual] of Object.entries(parts)) {
    if (only !== undefined && only !== part) continue;
    const started = performance.now();
    const isGood = fuzz[part as keyof typeof parts](Number(count ?? usual), Number(from));
    console.log(`  ${((performance.now() - started) / 1_000).toFixed(0)} s, seed ${from}`);
    if (!isGood) process.exitCode = 1;
  }
}

const fuzz: Readonly<Record<keyof typeof parts, (count: number, seed: number) => boolean>> = {
  blocks(each, seed) {
    const results = sendMutants(seed, each);
    for (const { name, sent, accepted, relayed } of results) {
      console.log(`  ${name.padEnd(46)} ${sent} sent, ${accepted} accepted, ${relayed} relayed`);
    }
    const sum = (of: 'sent' | 'accepted' | 'relayed') => results.reduce((total, result) => total + result[of], 0);
    console.log(
      `blocks: ${results.length} classes, ${sum('sent')} mutants, ${sum('accepted')} accepted, ${sum('relayed')} relayed`,
    );
    return sum('accepted') + sum('relayed') === 0;
  },
  frames(count, seed) {
    return dialects.every((dialect) => {
      const { frames, accepted, crashes, notCanonical } = fuzzFrames(dialect, seed, count / 2);
      for (const crash of crashes.slice(0, 5)) console.log(`  ${crash}`);
      const found = `${crashes.length} crashes, ${notCanonical} accepted that are not canonical`;
      console.log(`frames in ${dialect}: ${frames} mutants, ${found} (${accepted} opened to whole messages)`);
      return crashes.length + notCanonical === 0;
    });
  },
  replay(count, seed) {
    return dialects.every((dialect) => {
      const { frames, accepted } = replayFrames(dialect, seed, count / 2);
      console.log(`replays and reflections in ${dialect}: ${frames} frames, ${accepted} accepted`);
      return accepted === 0;
    });
  },
};
