import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Disk, folderDisk } from '../../../../relay/store/disk.ts';

/** A file that takes nothing; Linux has one. */
const fullDevice = '/dev/full';

let parent: string;
let folder: string;
let disk: Disk;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'mccloud-disk-'));
  folder = join(parent, 'a', 'b');
  disk = folderDisk(folder);
  await disk.acquire();
});

afterEach(async () => {
  await disk.release();
  await rm(parent, { recursive: true });
});

const content = async (name: string) => [...(await readFile(join(folder, name)))];

describe('folderDisk', () => {
  it('appends, reads, cuts and syncs a file, and opens it again as it was', async () => {
    const file = await disk.open('f');
    expect(file.length).toBe(0);
    await file.append(Uint8Array.of(1, 2, 3));
    await file.append(Uint8Array.of(4, 5));
    await file.sync();
    expect(file.length).toBe(5);
    expect(await file.read(1, 3)).toEqual(Uint8Array.of(2, 3, 4));
    await file.truncate(2);
    await file.append(Uint8Array.of(9));
    expect(await content('f')).toEqual([1, 2, 9]);
    const again = await disk.open('f');
    expect(again.length).toBe(3);
    expect(await again.read(0, 3)).toEqual(Uint8Array.of(1, 2, 9));
  });

  it('says that a file is corrupt which is shorter than it was', async () => {
    const file = await disk.open('f');
    await file.append(new Uint8Array(10));
    await expect(file.read(5, 6)).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('replaces a file whole and leaves nothing beside it', async () => {
    await disk.replace('f', Uint8Array.of(1));
    await disk.replace('f', Uint8Array.of(2, 3));
    expect(await content('f')).toEqual([2, 3]);
    expect(await disk.read('f')).toEqual(Uint8Array.of(2, 3));
    expect((await readdir(folder)).sort()).toEqual(['f', 'lock']);
  });

  it('reads nothing of a file that is not there, and removes it without a word', async () => {
    expect(await disk.read('f')).toEqual(new Uint8Array(0));
    await disk.remove('f');
    await disk.replace('f', Uint8Array.of(1));
    await disk.remove('f');
    expect(await disk.read('f')).toEqual(new Uint8Array(0));
  });

  it('closes its files when it is released, and may be acquired again', async () => {
    const file = await disk.open('f');
    await disk.release();
    await disk.release();
    await expect(file.append(Uint8Array.of(1))).rejects.toMatchObject({ name: 'StoreError', code: 'failed' });
    await disk.acquire();
    await (await disk.open('f')).append(Uint8Array.of(2));
    expect(await content('f')).toEqual([2]);
  });

  it('is held by one at a time', async () => {
    const other = folderDisk(folder);
    await expect(other.acquire()).rejects.toMatchObject({ code: 'held' });
    await disk.release();
    await other.acquire();
    await other.release();
  });

  it('says that it is unavailable where there can be no folder or no file', async () => {
    await writeFile(join(parent, 'file'), '');
    await expect(folderDisk(join(parent, 'file')).acquire()).rejects.toMatchObject({ code: 'unavailable' });
    await expect(disk.open('missing/f')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(disk.read('.')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it.each(existsSync(fullDevice) ? [fullDevice] : [])(
    'says that %s is full, and the file stays as long as it was',
    async (full) => {
      await symlink(full, join(folder, 'f'));
      const file = await disk.open('f');
      await expect(file.append(Uint8Array.of(1))).rejects.toMatchObject({ name: 'StoreError', code: 'full' });
      expect(file.length).toBe(0);
    },
  );
});
