import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Disk, DiskFile } from '../../../../relay/store/disk.ts';
import { untouchedDisk } from '../../../../relay/store/untouched-disk.ts';
import { RecordedDisk } from '../../../model/recorded-disk.ts';
import { Seeded } from '../../../model/seeded.ts';

let folder: string;
let disk: Disk;
const before = Uint8Array.of(1, 2, 3, 4, 5);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-untouched-'));
  await writeFile(join(folder, 'f'), before);
  disk = untouchedDisk(folder);
  await disk.acquire();
});

afterEach(async () => {
  await disk.release();
  expect(await readdir(folder)).toEqual(['f']);
  expect(new Uint8Array(await readFile(join(folder, 'f')))).toEqual(before);
  await rm(folder, { recursive: true });
});

const all = (file: DiskFile) => file.read(0, file.length);

describe('untouchedDisk', () => {
  it('reads what is there, and nothing of what is not', async () => {
    expect(await disk.read('f')).toEqual(before);
    expect(await disk.read('g')).toEqual(new Uint8Array(0));
    const file = await disk.open('f');
    expect(await file.read(1, 3)).toEqual(Uint8Array.of(2, 3, 4));
    await expect(file.read(3, 3)).rejects.toMatchObject({ name: 'StoreError', code: 'corrupt' });
    expect((await disk.open('g')).length).toBe(0);
  });

  it('does to a file in memory what a disk would do to it', async () => {
    const seeded = new Seeded(5);
    const twin = await new RecordedDisk(new Map([['f', before]])).open('f');
    const file = await disk.open('f');
    for (let i = 0; i < 300; i++) {
      if (seeded.chance(0.6)) {
        const bytes = seeded.bytes(seeded.below(6));
        await Promise.all([file.append(bytes), twin.append(bytes)]);
      } else {
        const length = seeded.below(twin.length + 1);
        await Promise.all([file.truncate(length), twin.truncate(length)]);
      }
      await file.sync();
      expect(await all(file)).toEqual(await all(twin));
      const start = seeded.below(twin.length + 1);
      const length = seeded.below(twin.length - start + 1);
      expect(await file.read(start, length)).toEqual(await twin.read(start, length));
    }
  });

  it('replaces and removes for who asks it afterwards', async () => {
    await disk.replace('f', Uint8Array.of(9));
    expect(await disk.read('f')).toEqual(Uint8Array.of(9));
    await disk.remove('f');
    expect((await disk.open('f')).length).toBe(0);
  });

  it('holds the folder while it is acquired', async () => {
    const other = untouchedDisk(folder);
    await expect(other.acquire()).rejects.toMatchObject({ name: 'StoreError', code: 'held' });
    await disk.release();
    await other.acquire();
    await other.release();
  });

  it('makes no folder', async () => {
    await expect(untouchedDisk(join(folder, 'g')).acquire()).rejects.toMatchObject({ code: 'unavailable' });
    await expect(untouchedDisk(join(folder, 'f')).acquire()).rejects.toMatchObject({ code: 'unavailable' });
  });
});
