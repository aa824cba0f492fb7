/**
 * `npm run bench -- churn [peers] [minutes] [seed]`: 1,000 simulated peers of which 30 % change in 10 minutes; after each
 * block 99.9 % of those that are there must have it within 30 s (issue 6). Exit code 1 when it is fewer.
 */
import '../simulator/native-hex.ts';
import { GreatChurn } from '../simulator/great-churn.ts';

export async function run(args: readonly string[]): Promise<void> {
  const [peers = 1_000, minutes = 10, seed = 1] = args.map(Number);
  const startedAt = performance.now();
  const churn = new GreatChurn({ seed, peers, forMs: minutes * 60_000, changed: 0.3 });
  const spreads = churn.run((passed) => {
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
    console.log(`  minute ${passed}: ${churn.simulator.running.length} peers, ${seconds} s`);
  });
  const late = spreads.filter(({ tookMs }) => tookMs === undefined);
  for (const { height, part } of late) console.log(`  block ${height}: only ${(100 * part).toFixed(2)} % after 30 s`);
  const took = spreads.flatMap(({ tookMs }) => tookMs ?? []).sort((a, b) => a - b);
  const [median, slowest] = [took[Math.floor(took.length / 2)] ?? 0, took.at(-1) ?? 0];
  console.log(
    `${peers} peers, seed ${seed}: ${spreads.length} blocks, ${late.length} not with 99.9 % of them within 30 s; ` +
      `${median / 1_000} s in the median, ${slowest / 1_000} s at most`,
  );
  if (late.length > 0 || spreads.length === 0) process.exitCode = 1;
}
