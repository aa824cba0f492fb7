/**
 * `npm run simulate -- --seeds 200 --from 1 --peers 30`: the simulator's great scenario for many seeds, one after the
 * other; prints what broke a rule, with the seed that shows it, and the sums. Exit code 1 when anything did.
 */
import { parseArgs } from 'node:util';
import { churn } from '../test/simulator/churn.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    from: { type: 'string', default: '1' },
    peers: { type: 'string', default: '30' },
  },
});
const [seeds, from, peers] = [values.seeds, values.from, values.peers].map(whole) as [number, number, number];

const mostShown = 20;
const failed: number[] = [];
const sums = { virtualMs: 0, blocks: 0, reverted: 0, actions: 0 };
const started = performance.now();
for (let seed = from; seed < from + seeds; seed++) {
  const before = performance.now();
  const result = churn(seed, peers);
  sums.virtualMs += result.virtualMs;
  sums.blocks += result.blocks;
  sums.reverted += result.reverted;
  sums.actions += result.actions;
  const took = ((performance.now() - before) / 1_000).toFixed(1);
  const said = `${result.blocks} blocks, ${result.reverted} reverted, ${result.virtualMs / 1_000} s virtual, ${took} s`;
  if (result.violations.length === 0) console.log(`seed ${seed}: ${said}`);
  else {
    failed.push(seed);
    console.log(`seed ${seed} FAILED: ${said}`);
    for (const violation of result.violations.slice(0, mostShown)) console.log(`  ${violation}`);
    if (result.violations.length > mostShown) console.log(`  and ${result.violations.length - mostShown} more`);
  }
}
const seconds = ((performance.now() - started) / 1_000).toFixed(0);
console.log(
  `\n${seeds} seeds of ${peers} peers in ${seconds} s: ${sums.blocks} blocks, ${sums.reverted} reverted, ` +
    `${Math.round(sums.virtualMs / 1_000)} s virtual, ${sums.actions} actions; ` +
    (failed.length === 0 ? 'nothing broke a rule' : `failed: ${failed.join(', ')}`),
);
if (failed.length > 0) process.exitCode = 1;

function whole(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`"${value}" is no number of seeds or peers`);
  return number;
}
