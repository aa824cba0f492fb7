/**
 * Holds a folder for one process: a file `lock` that says which.
 *
 * Node has no file locks, so the file names the process by its id and, where /proc tells it, by when it began: an id is
 * used again after a reboot, and in a container it is nearly always the same. A lock whose process is gone is taken
 * over. It keeps honest processes apart, on one machine; it is no defence against anybody.
 */
import { link, open, readFile, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from '../../core/errors.ts';

/** @returns what lets the folder go. @throws StoreError `held` */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(await realpath(folder), 'lock');
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    if (heldHere.has(path)) throw held(folder, process.pid);
    heldHere.add(path);
    try {
      await createLock(path);
      return () => unlock(path);
    } catch (error) {
      heldHere.delete(path);
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await readHolder(path);
    if (holder !== undefined && (await isAlive(holder))) throw held(folder, holder.pid);
    await removeStale(path, holder);
  }
  throw new StoreError('held', `several processes want the folder ${folder} at once; try again`);
}

/** The process that holds a folder; undefined when none does, or when there is no such folder. */
export async function folderHolder(folder: string): Promise<number | undefined> {
  const real = await realpath(folder).catch(() => undefined);
  if (real === undefined) return undefined;
  const path = join(real, 'lock');
  if (heldHere.has(path)) return process.pid;
  const holder = await readHolder(path);
  return holder !== undefined && (await isAlive(holder)) ? holder.pid : undefined;
}

/** For who has other things to take before the folder. @throws StoreError `held` */
export async function refuseHeldFolder(folder: string): Promise<void> {
  const pid = await folderHolder(folder);
  if (pid !== undefined) throw held(folder, pid);
}

interface Holder {
  readonly pid: number;
  /** Ticks between boot and the start of the process; undefined where there is no /proc. */
  readonly started: string | undefined;
}

/** Two that find a stale lock at the same moment: one wins at the first attempt, the other learns it at the second. */
const mostAttempts = 3;

/** Locks of this process: its own id in a file says nothing, for an earlier one may have had the same. */
const heldHere = new Set<string>();

async function createLock(path: string): Promise<void> {
  const content: Holder = { pid: process.pid, started: await startOf(process.pid) };
  const own = `${path}.${process.pid}`;
  const file = await open(own, 'w');
  await file.writeFile(`${JSON.stringify(content)}\n`);
  await file.close();
  try {
    // A link appears with its content, and only where nothing is.
    await link(own, path);
  } finally {
    await rm(own, { force: true });
  }
}

async function unlock(path: string): Promise<void> {
  if (heldHere.delete(path)) await rm(path, { force: true });
}

/** Undefined when there is none, or nothing that one of ours wrote. */
async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const { pid, started } = JSON.parse(await readFile(path, 'utf8')) as Partial<Holder>;
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
    return { pid, started: typeof started === 'string' ? started : undefined };
  } catch {
    return undefined;
  }
}

async function isAlive({ pid, started }: Holder): Promise<boolean> {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const now = await startOf(pid);
  return started === undefined || now === undefined || started === now;
}

/** Field 22 of /proc/<pid>/stat; the second, the command's name, may hold anything but is in parentheses. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** Moves the lock away, looks again whether it is the stale one, and puts it back if somebody was faster. */
async function removeStale(path: string, stale: Holder | undefined): Promise<void> {
  const aside = `${path}.stale.${process.pid}`;
  try {
    await rename(path, aside);
    const moved = await readHolder(aside);
    if (moved?.pid !== stale?.pid || moved?.started !== stale?.started) await link(aside, path);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

function held(folder: string, pid: number): StoreError {
  const who = pid === process.pid ? 'this process' : `process ${pid}`;
  return new StoreError('held', `the folder ${folder} is in use by ${who}`);
}
