/**
 * `npm run simulate -- --seeds 200 --from 1 --peers 30 --workers 2`: the simulator's great scenarios for many seeds;
 * prints what broke a rule, with the seed, the commit and the line that plays it again, and the sums. Exit code 1 when
 * anything did.
 *
 * `--scenario churn` is peers that come and go, `hostile` (the default) everything at once. With several workers, each
 * is a process of its own that plays every n-th seed. `--kinds 'sends garbage,shows its block late'` lets attackers of these
 * kinds alone take part (test/simulator/attackers/kinds.ts).
 */
import '../test/simulator/native-hex.ts';
import { execFileSync, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type KindName, kindNames } from '../test/simulator/attackers/kinds.ts';
import { churn } from '../test/simulator/churn.ts';
import { hostile } from '../test/simulator/hostile.ts';

interface Played {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly blocks: number;
  readonly reverted: number;
  readonly virtualMs: number;
  readonly actions: number;
  readonly tookMs: number;
  readonly besides: string;
}

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    from: { type: 'string', default: '1' },
    peers: { type: 'string', default: '30' },
    workers: { type: 'string', default: '1' },
    step: { type: 'string', default: '1' },
    scenario: { type: 'string', default: 'hostile' },
    kinds: { type: 'string', default: 'all' },
  },
});
const { scenario } = values;
if (scenario !== 'churn' && scenario !== 'hostile') throw new Error(`"${scenario}" is no scenario`);
const [seeds, from, peers] = [values.seeds, values.from, values.peers].map(whole) as [number, number, number];
const [workers, step] = [values.workers, values.step].map(whole) as [number, number];
const kinds = values.kinds === 'all' ? kindNames : values.kinds.split(',').map(kind);
const mostShown = 20;
const failed: number[] = [];
const sums = { played: 0, virtualMs: 0, blocks: 0, reverted: 0, actions: 0 };
const started = performance.now();

if (process.send !== undefined) for (let seed = from; seed < from + seeds; seed += step) process.send(play(seed));
else {
  if (workers === 1) for (let seed = from; seed < from + seeds; seed += step) tell(play(seed));
  else await Promise.all(Array.from({ length: workers }, (_, place) => worker(place)));
  tellSums();
}

function play(seed: number): Played {
  const before = performance.now();
  if (scenario === 'churn') return { seed, ...churn(seed, peers), tookMs: performance.now() - before, besides: '' };
  const result = hostile({ seed, peers, kinds });
  const besides = `one tip after ${result.oneTipMs / 1_000} s, settled after ${result.settledMs / 1_000} s, ${result.final} final; ${[...result.kinds, `${result.references} references`].join(', ')}`;
  return { seed, ...result, tookMs: performance.now() - before, besides };
}

/** Every `workers`-th seed from this one on, in a process of its own. */
function worker(place: number): Promise<void> {
  const args = ['--from', from + place, '--seeds', Math.max(1, seeds - place), '--step', workers, '--peers', peers];
  const given = [...args.map(String), '--scenario', scenario, '--kinds', values.kinds];
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), given);
    child.on('message', (played) => tell(played as Played));
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))));
  });
}

function tell({ seed, violations, blocks, reverted, virtualMs, actions, tookMs, besides }: Played): void {
  sums.played++;
  sums.virtualMs += virtualMs;
  sums.blocks += blocks;
  sums.reverted += reverted;
  sums.actions += actions;
  const took = (tookMs / 1_000).toFixed(1);
  const said = `${blocks} blocks, ${reverted} reverted, ${virtualMs / 1_000} s virtual, ${took} s; ${besides}`;
  if (violations.length === 0) {
    console.log(`seed ${seed}: ${said}`);
    return;
  }
  failed.push(seed);
  console.log(`seed ${seed} FAILED at ${commit()}: ${said}`);
  for (const violation of violations.slice(0, mostShown)) console.log(`  ${violation}`);
  if (violations.length > mostShown) console.log(`  and ${violations.length - mostShown} more`);
  const options = `--from ${seed} --seeds 1 --peers ${peers} --scenario ${scenario} --kinds '${values.kinds}'`;
  console.log(`  again: npm run simulate -- ${options}`);
}

function tellSums(): void {
  const seconds = ((performance.now() - started) / 1_000).toFixed(0);
  console.log(
    `\n${sums.played} seeds of ${peers} peers in ${seconds} s at ${commit()}: ${sums.blocks} blocks, ` +
      `${sums.reverted} reverted, ${Math.round(sums.virtualMs / 1_000)} s virtual, ${sums.actions} actions; ` +
      (failed.length === 0 ? 'nothing broke a rule' : `${failed.length} failed: ${failed.join(', ')}`),
  );
  if (failed.length > 0) process.exitCode = 1;
}

/** What was run: a seed replays only with the same sources. */
function commit(): string {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
    const changed = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : ' with changes';
    return `commit ${git('rev-parse', '--short=12', 'HEAD')}${changed}`;
  } catch {
    return 'an unknown commit';
  }
}

function whole(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new Error(`"${value}" is no number of seeds, peers or workers`);
  return number;
}

function kind(name: string): KindName {
  const found = kindNames.find((known) => known === name);
  if (found === undefined) throw new Error(`"${name}" is no kind of attacker`);
  return found;
}
