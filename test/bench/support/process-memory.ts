/**
 * How much memory another process holds, as the system counts it: its resident pages, from /proc.
 *
 * A process that has just worked holds garbage as well. What it needs is what is left when it has rested: the least that
 * was seen until for `calmMs` nothing less came, so no flag and no help of the process is needed.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

const calmMs = 6_000;
const longestMs = 60_000;

export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  if (kibibytes === undefined) throw new Error(`process ${pid} has no resident memory`);
  return Number(kibibytes) * 1024;
}

/** Seconds of processor time that the process has used so far, in itself and in the system on its behalf. */
export async function processorSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name before the last bracket may hold spaces; user and system time are the 12th and 13th after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

export async function settledBytes(pid: number): Promise<number> {
  const startedAt = performance.now();
  let least = Number.POSITIVE_INFINITY;
  let leastAt = startedAt;
  while (performance.now() - leastAt < calmMs && performance.now() - startedAt < longestMs) {
    const bytes = await residentBytes(pid);
    // Single pages come and go.
    if (bytes < least - 64 * 1024) leastAt = performance.now();
    least = Math.min(least, bytes);
    await wait(250);
  }
  return least;
}

/** USER_HZ, the same on every Linux that Node runs on. */
const ticksPerSecond = 100;
