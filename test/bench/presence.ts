/**
 * `npm run bench -- presence [sizes] [seconds]`: what presence costs each peer in networks of several sizes (issue 6: at
 * 10,000 peers no more than 1.5 times the bytes at 1,000). Exit code 1 when the last size costs more than that of the one
 * before it.
 *
 * Links at random, four to eight of each, an idle chain whose three candidates beacon all the time. Only what decides of
 * beacons runs (support/beacon-crowd.ts).
 */
import { Seeded } from '../model/seeded.ts';
import { BeaconCrowd, type CrowdFigures } from './support/beacon-crowd.ts';

const mostRatio = 1.5;
const warmMs = 15_000;

export async function run(args: readonly string[]): Promise<void> {
  const sizes = (args[0] ?? '100,1000,10000').split(',').map(Number);
  const countedMs = Number(args[1] ?? 20) * 1_000;
  let before: number | undefined;
  for (const size of sizes) {
    const figures = new BeaconCrowd(size, new Seeded(size)).run(warmMs, countedMs);
    console.log(`${size} peers: ${described(figures)}`);
    const ratio = before === undefined ? 0 : figures.receivedBytes / before;
    if (before !== undefined) console.log(`  ${ratio.toFixed(2)} times the bytes of the size before`);
    process.exitCode = ratio > mostRatio ? 1 : 0;
    before = figures.receivedBytes;
  }
}

function described(figures: CrowdFigures): string {
  const { links, received, receivedBytes, sentBytes, checks, candidatesReach, othersReach, freshestAgeMs } = figures;
  return [
    `${links.toFixed(1)} links each`,
    `${(receivedBytes / 1_000).toFixed(1)} kB/s in and ${(sentBytes / 1_000).toFixed(1)} kB/s out`,
    `${received.toFixed(1)} beacons/s, ${checks.toFixed(1)} of them new`,
    `a candidate's comes to ${percent(candidatesReach)} of all, another to ${percent(othersReach)}`,
    `the 64th freshest key is ${(freshestAgeMs / 1_000).toFixed(1)} s old`,
  ].join(', ');
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}
