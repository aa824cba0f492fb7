import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderHolder, lockFolder, refuseHeldFolder } from '../../../../relay/store/folder-lock.ts';

let folder: string;
let lock: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-lock-'));
  lock = join(folder, 'lock');
});

afterEach(() => rm(folder, { recursive: true }));

/** Told from the one that has its id now by when it began: where /proc says when. */
const earlierProcess: [string, () => Promise<string>] = [
  'an earlier process with the id of one that lives',
  async () => JSON.stringify({ pid: process.ppid, started: '1' }),
];

async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid as number;
}

describe('lockFolder', () => {
  it('names this process in the folder until it is let go', async () => {
    const unlock = await lockFolder(folder);
    expect(JSON.parse(await readFile(lock, 'utf8'))).toMatchObject({ pid: process.pid });
    await unlock();
    await unlock();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is refused to the same process a second time, by whatever path', async () => {
    const unlock = await lockFolder(folder);
    const path = `${folder}-link`;
    await symlink(folder, path);
    const held = { name: 'StoreError', code: 'held', message: expect.stringContaining('this process') };
    await expect(lockFolder(folder)).rejects.toMatchObject(held);
    await expect(lockFolder(path)).rejects.toMatchObject(held);
    await rm(path);
    await unlock();
    await (await lockFolder(folder))();
  });

  it('is refused while another process that lives holds it, and says which', async () => {
    await writeFile(lock, JSON.stringify({ pid: process.ppid }));
    await expect(lockFolder(folder)).rejects.toMatchObject({
      code: 'held',
      message: expect.stringContaining(`process ${process.ppid}`),
    });
    expect(JSON.parse(await readFile(lock, 'utf8'))).toEqual({ pid: process.ppid });
    expect(await readdir(folder)).toEqual(['lock']);
  });

  it.each<[string, () => Promise<string>]>([
    ['a process that is gone', async () => JSON.stringify({ pid: await endedProcess() })],
    ['an earlier process with the id of this one', async () => JSON.stringify({ pid: process.pid, started: '1' })],
    ...(existsSync('/proc/self/stat') ? [earlierProcess] : []),
    ['nobody: it is empty', async () => ''],
    ['nobody: it is no lock', async () => '{"pid":"x"}'],
    ['nobody: it names no process', async () => '{"pid":-1}'],
  ])('takes over the lock of %s', async (_, content) => {
    await writeFile(lock, await content());
    const unlock = await lockFolder(folder);
    expect(JSON.parse(await readFile(lock, 'utf8'))).toMatchObject({ pid: process.pid });
    expect(await readdir(folder)).toEqual(['lock']);
    await unlock();
  });

  it('goes to one of two that want it at once', async () => {
    await writeFile(lock, '');
    const results = await Promise.allSettled([lockFolder(folder), lockFolder(folder)]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const result of results) if (result.status === 'fulfilled') await result.value();
  });
});

describe('folderHolder', () => {
  it('names the process that holds a folder, this one too', async () => {
    expect(await folderHolder(folder)).toBeUndefined();
    const unlock = await lockFolder(folder);
    expect(await folderHolder(folder)).toBe(process.pid);
    await unlock();
    await writeFile(lock, JSON.stringify({ pid: process.ppid }));
    expect(await folderHolder(folder)).toBe(process.ppid);
  });

  it('names none where there is no folder, or a lock that is left over', async () => {
    expect(await folderHolder(join(folder, 'none'))).toBeUndefined();
    await writeFile(lock, JSON.stringify({ pid: await endedProcess() }));
    expect(await folderHolder(folder)).toBeUndefined();
    await writeFile(lock, 'no lock of ours');
    expect(await folderHolder(folder)).toBeUndefined();
    expect(await readFile(lock, 'utf8')).toBe('no lock of ours');
  });
});

describe('refuseHeldFolder', () => {
  it('refuses a folder that is held, and takes nothing', async () => {
    await refuseHeldFolder(folder);
    expect(await readdir(folder)).toEqual([]);
    const unlock = await lockFolder(folder);
    await expect(refuseHeldFolder(folder)).rejects.toMatchObject({ code: 'held' });
    await unlock();
    await refuseHeldFolder(folder);
  });
});
