/**
 * How many files this process may have open, each socket being one; Node itself raises the soft limit to the hard one.
 *
 * A relay that runs out of them could neither take a socket nor write its chain. So it takes fewer connections than
 * that, and says so.
 */
import { readFile } from 'node:fs/promises';

/** For the program and its chains; measured: 21, and 5 for each network. */
const keptFiles = 256;

/** @returns undefined where the system does not tell, or there is no limit */
export async function openFilesLimit(limits = '/proc/self/limits'): Promise<number | undefined> {
  const text = await readFile(limits, 'utf8').catch(() => '');
  const [, soft] = /^Max open files +(\d+)/m.exec(text) ?? [];
  return soft === undefined ? undefined : Number(soft);
}

/** How many of the connections that are wanted fit under the limit. @param others sockets that there may be besides */
export function connectionsWithin(limit: number | undefined, wanted: number, others: number): number {
  if (limit === undefined) return wanted;
  return Math.min(wanted, Math.max(limit - keptFiles - others, Math.floor(limit / 2)));
}
