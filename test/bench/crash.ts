/**
 * `npm run bench -- crash [kills] [runs] [seed]`: whether a crash loses anything (issue 4: 500 kills, 200 runs, 0 lost).
 *
 * Kills a process at random moments while blocks arrive and while a chain is imported, and crashes runs of the file store
 * on a disk that drops or cuts every write that was not synced, at every operation. Fails when anything was lost or a
 * folder did not open; `npm test` does a few of each.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crashRun } from '../model/crash-run.ts';
import { killWhileAppending, killWhileImporting, writtenExport } from '../model/kill-run.ts';

/** Of a run; some 6 operations on the disk each. */
const changes = 12;
const importKills = 25;

export async function run(args: readonly string[]): Promise<void> {
  const [kills = 500, runs = 200, seed = 1] = args.map(Number);
  const faults = [
    ...(await crashes(runs, seed)),
    ...(await killsWhileAppending(kills, seed)),
    ...(await killsWhileImporting(seed)),
  ];
  for (const fault of faults) console.log(`  ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}

async function crashes(runs: number, seed: number): Promise<string[]> {
  const faults: string[] = [];
  const sums = { points: 0, crashes: 0, lost: 0, unreadable: 0 };
  for (let run = 0; run < runs; run++) {
    const { points, crashes, lost, unreadable } = await crashRun(seed + run, changes);
    sums.points += points;
    sums.crashes += crashes;
    sums.lost += lost.length;
    sums.unreadable += unreadable.length;
    faults.push(...lost, ...unreadable);
  }
  const { points, crashes, lost, unreadable } = sums;
  console.log(
    `${runs} runs from seed ${seed}, crashed at all ${points} prefixes, ${crashes} crashes: ${lost} lost, ${unreadable} unreadable`,
  );
  return faults;
}

async function killsWhileAppending(kills: number, seed: number): Promise<string[]> {
  const { committed, inTheMiddle, torn, lost, unreadable } = await killWhileAppending(kills, seed);
  console.log(
    `${kills} kills -9 from seed ${seed} while blocks arrive, ${inTheMiddle} in the middle of a change, ${torn} with a torn end; ` +
      `${committed} blocks committed: ${lost.length} lost, ${unreadable.length} folders unreadable`,
  );
  return [...lost, ...unreadable];
}

async function killsWhileImporting(seed: number): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'mccloud-crash-'));
  try {
    const { file, hashes } = await writtenExport(folder, 5_000);
    const { held, faults } = await killWhileImporting(file, hashes, importKills, seed);
    console.log(
      `${importKills} kills -9 of an import, with ${held.join(' ')} of ${hashes.length} blocks: ${faults.length} faults`,
    );
    return [...faults];
  } finally {
    await rm(folder, { recursive: true });
  }
}
