/**
 * `npm run bench -- relay [sockets] [slow] [seconds] [seed]`: many idle tabs at one relay, and then slow clients beside
 * honest ones; 0 leaves one of them out (issue 5: 10,000 sockets in 150 MB above the start and p99 of a signal's round trip 20 ms; an honest
 * peer's p99 under 200 ms beside 2,000 slow sockets).
 *
 * The relay is the built program; whoever visits it lives in other processes. Its memory is what the system counts, at
 * its least within some seconds of rest (support/process-memory.ts), its garbage included: nothing makes it collect. The
 * start is after a warm-up, when its code has been compiled. A round trip is a signal of 500 bytes from one tab to another
 * and its answer, between seeded pairs of all of them; the same through a bare server, measured in between, shows what
 * the machine does to both.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openNodePeer } from '../../relay/open.ts';
import { type RelayProcess, startRelay } from '../browser/network/relay-process.ts';
import { Crowd, SlowOnes, startBare } from './support/crowd.ts';
import { percentile, printTimes } from './support/figures.ts';
import { joinRoom, linkArchive, linked, loadPage, repeated, shareToBlock } from './support/honest.ts';
import { processorSeconds, residentBytes, settledBytes } from './support/process-memory.ts';

const signalsPerSecond = 100;
/** Tabs on their way at a time. */
const joiningAtOnce = 200;
const marks = { aboveStartBytes: 150e6, signalMs: 20, besideSlowMs: 200 };

export async function run(args: readonly string[]): Promise<void> {
  const [sockets = 10_000, slow = 2_000, seconds = 60, seed = 1] = args.map(Number);
  const bare = await startBare();
  try {
    if (sockets > 0) await idle(sockets, bare.url, seconds, seed);
    if (slow > 0) await besideSlow(slow, bare.url, seconds, seed);
  } finally {
    await bare.end();
  }
}

async function idle(sockets: number, bare: string, seconds: number, seed: number): Promise<void> {
  const relay = await startRelay();
  const crowd = new Crowd();
  try {
    await crowd.join(relay.url, 200, 50);
    await crowd.measure(bare, 500, signalsPerSecond, seed);
    await crowd.leave();
    const start = await settledBytes(relay.pid);
    const processor = await processorSeconds(relay.pid);
    const ms = await crowd.join(relay.url, sockets, joiningAtOnce);
    const joining = (await processorSeconds(relay.pid)) - processor;
    const idleBytes = await settledBytes(relay.pid);
    const { timesMs, bareMs } = await crowd.measure(bare, seconds * signalsPerSecond, signalsPerSecond, seed);
    const afterSignals = await residentBytes(relay.pid);
    await crowd.leave();
    const left = await settledBytes(relay.pid);

    const above = Math.max(idleBytes, afterSignals) - start;
    console.log(`${sockets} idle tabs, seed ${seed}, load of the machine ${loadavg()[0]?.toFixed(1)}`);
    const each = `${(above / sockets / 1024).toFixed(1)} KiB each`;
    console.log(
      `memory: ${megabytes(above)} above the start, ${each} (mark: ${megabytes(marks.aboveStartBytes)}, ` +
        `${isMet(above <= marks.aboveStartBytes)}); at the start ${megabytes(start)}, idle ${megabytes(idleBytes)}, ` +
        `after the signals ${megabytes(afterSignals)}, when all have left ${megabytes(left)}`,
    );
    const perJoin = `${((joining / sockets) * 1_000).toFixed(2)} ms of the relay’s processor for each`;
    console.log(`all joined after ${(ms / 1_000).toFixed(1)} s, ${joiningAtOnce} at a time; ${perJoin}`);
    const p99 = percentile(timesMs, 0.99);
    printTimes('a signal there and back', timesMs, `mark: p99 ${marks.signalMs} ms, ${isMet(p99 <= marks.signalMs)}`);
    printTimes('the same through a bare server', bareMs, 'the machine');
  } finally {
    await crowd.end();
    await relay.dispose();
  }
}

async function besideSlow(slow: number, bare: string, seconds: number, seed: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'mccloud-honest-'));
  const relay = await startRelay();
  const [crowd, slowOnes] = [new Crowd(), new SlowOnes()];
  try {
    await crowd.join(relay.url, 200, 50);
    console.log(`\nhonest clients alone, load of the machine ${loadavg()[0]?.toFixed(1)}`);
    await honest(relay, crowd, bare, join(folder, 'alone'), seconds, seed);
    await slowOnes.come(relay.url, slow);
    console.log(`beside ${slow} slow ones that come again, load of the machine ${loadavg()[0]?.toFixed(1)}`);
    await honest(relay, crowd, bare, join(folder, 'beside'), seconds, seed + 1);
    for (const { kind, cut, longestMs } of await slowOnes.tell()) {
      console.log(`${kind.padEnd(44)} ${cut} hung up on, the last of them after ${(longestMs / 1_000).toFixed(1)} s`);
    }
    console.log(`the relay’s memory: ${megabytes(await residentBytes(relay.pid))}`);
  } finally {
    for (const helper of [crowd, slowOnes]) await helper.end();
    await relay.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Pages, joins, links and signals beside each other, then items: peers that come and go keep a block waiting. */
async function honest(
  { url }: RelayProcess,
  crowd: Crowd,
  bare: string,
  folder: string,
  seconds: number,
  seed: number,
): Promise<void> {
  const [pages, joins, links, signals] = await Promise.all([
    repeated(seconds * 10, 100, () => loadPage(url)),
    repeated(seconds * 10, 100, (place) => joinRoom(url, 500_000 * (seed + 1) + place)),
    repeated(seconds, 1_000, (place) => linkArchive(url, folder, String(place))),
    crowd.measure(bare, seconds * signalsPerSecond, signalsPerSecond, seed),
  ]);
  const peer = await openNodePeer({ network: 'main', folder: join(folder, 'peer') });
  await linked(peer, url);
  await shareToBlock(peer, 'the first block waits for calm');
  const shares = await repeated(20, 1_000, (place) => shareToBlock(peer, `item ${place}`));
  await peer.close();
  const mark = `mark: p99 ${marks.besideSlowMs} ms`;
  for (const [what, { timesMs, failed }, aim] of [
    ['the page, on a new connection', pages, mark],
    ['a join, on a new connection', joins, mark],
    ['a link to the archive', links, mark],
    ['share → in a block', shares, 'no mark; 750 ms between blocks'],
  ] as const) {
    printTimes(what, timesMs, failed === 0 ? aim : `${aim}; ${failed} FAILED`);
  }
  printTimes('a signal there and back', signals.timesMs, mark);
  printTimes('the same through a bare server', signals.bareMs, 'the machine');
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

function isMet(is: boolean): string {
  return is ? 'met' : 'MISSED';
}
