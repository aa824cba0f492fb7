/**
 * A process that is killed in the middle of its writing loses nothing it said was done, and leaves a folder that opens.
 *
 * A few kills; `npm run bench -- crash` has all 500.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { killWhileAppending, killWhileImporting, writtenExport } from '../model/kill-run.ts';

const kills = 40;
const importKills = 5;
/** A machine that has much else to do starts a process in seconds. */
const timeout = 300_000;
const seed = 1;

describe('a process that is killed', () => {
  it(`while blocks arrive, ${kills} times, has lost no committed block and left no folder unreadable`, {
    timeout,
  }, async () => {
    const sums = await killWhileAppending(kills, seed);
    expect(sums.lost).toEqual([]);
    expect(sums.unreadable).toEqual([]);
    expect(sums.kills).toBe(kills);
    // Or it would show nothing.
    expect(sums.inTheMiddle).toBeGreaterThan(kills / 4);
    expect(sums.committed).toBeGreaterThan(10 * kills);
  });

  it(`while it imports a chain, ${importKills} times, goes on from what it had, until all of it is there`, {
    timeout,
  }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mccloud-kill-'));
    const { file, hashes } = await writtenExport(folder, 2_000);
    const { held, faults } = await killWhileImporting(file, hashes, importKills, seed);
    expect(faults).toEqual([]);
    expect(held).toEqual([...held].sort((a, b) => a - b));
    expect(held[0]).toBeLessThan(2_000);
    await rm(folder, { recursive: true });
  });
});
