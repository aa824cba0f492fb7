/**
 * One run of `npm run bench -- line`, in a process of its own: prints what it measured as one line of JSON.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { DialectName } from '../../../core/wire/dialect.ts';
import { type Actor, eachKnows, Stage, untilHolds } from '../../integration/scenarios/stage.ts';

const [count = '20', wire = 'cbc'] = process.argv.slice(2);
const mostMs = 120_000;

const startedAt = performance.now();
const stage = await Stage.open(wire as DialectName);
const peers: Actor[] = [];
for (let place = 0; place < Number(count); place++) {
  const peer = await stage.add();
  const before = peers.at(-1);
  if (before !== undefined) peer.dial(before);
  peers.push(peer);
  await wait(50);
}
const knownMs = await untilHolds(peers, eachKnows(peers, peers.length - 1), mostMs);
const sharedAt = performance.now();
peers[1]?.share('along the line');
await untilHolds(peers, () => peers.every(({ peer }) => peer.status.height > 0), mostMs);
const blockMs = performance.now() - sharedAt;
await stage.close();
const wholeMs = performance.now() - startedAt;
const peakBytes = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ knownMs, blockMs, wholeMs, peakBytes }));
