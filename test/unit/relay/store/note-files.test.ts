import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../../core/errors.ts';
import type { Note } from '../../../../core/storage/store.ts';
import { folderDisk } from '../../../../relay/store/disk.ts';
import { NoteFiles } from '../../../../relay/store/note-files.ts';
import { RecordedDisk } from '../../../model/recorded-disk.ts';

const addresses = (...bytes: number[]): Note => ({ name: 'addresses', bytes: Uint8Array.from(bytes) });
const votes = (...bytes: number[]): Note => ({ name: 'votes', bytes: Uint8Array.from(bytes) });
const full = new StoreError('full', 'no space left on device');

describe('NoteFiles', () => {
  it('hold the newest bytes of each name, across openings, in a file each', async () => {
    const disk = new RecordedDisk();
    const files = await NoteFiles.open(disk);
    expect(files.all()).toEqual([]);
    for (const note of [votes(1), addresses(2, 3), votes()]) await files.write(note);
    for (const held of [files, await NoteFiles.open(disk)]) {
      expect(held.all()).toHaveLength(2);
      expect(held.all()).toEqual(expect.arrayContaining([addresses(2, 3), votes()]));
    }
    expect([...disk.contents.keys()].sort()).toEqual(['addresses.db', 'votes.db']);
  });

  it('are replaced as a whole, and never appended to', async () => {
    const disk = new RecordedDisk();
    await (await NoteFiles.open(disk)).write(votes(1, 2, 3));
    expect(disk.operations.map(({ kind }) => kind)).toEqual(['replace']);
  });

  it('take back what was written last, also where there was nothing', async () => {
    const disk = new RecordedDisk();
    const files = await NoteFiles.open(disk);
    await files.write(votes(1));
    const [undoVotes, undoAddresses] = [await files.write(votes(2)), await files.write(addresses(3))];
    await undoAddresses();
    await undoVotes();
    expect(files.all()).toEqual([votes(1)]);
    expect((await NoteFiles.open(disk)).all()).toEqual([votes(1)]);
    expect(disk.contents.has('addresses.db')).toBe(false);
  });

  it('keep what they had when there is no room for more', async () => {
    const disk = new RecordedDisk();
    const files = await NoteFiles.open(disk);
    await files.write(votes(1));
    disk.failing = () => full;
    await expect(files.write(votes(2))).rejects.toBe(full);
    expect(files.all()).toEqual([votes(1)]);
  });

  const damages: readonly (readonly [string, (whole: Uint8Array) => Uint8Array])[] = [
    ['cut', (whole) => whole.slice(0, -1)],
    ['changed in one byte', (whole) => whole.map((byte, place) => (place === 10 ? byte ^ 1 : byte))],
    ['of another length than it says', (whole) => whole.slice(0, 8)],
    ['zeros', (whole) => new Uint8Array(whole.length)],
  ];
  it.each(damages)('that are %s: addresses are none, votes are refused', async (_, damage) => {
    const disk = new RecordedDisk();
    const files = await NoteFiles.open(disk);
    for (const note of [addresses(1, 2, 3), votes(4, 5, 6)]) await files.write(note);
    const damaged = (name: string) =>
      new RecordedDisk(
        new Map([...disk.contents].map(([file, bytes]) => [file, file === name ? damage(bytes) : bytes])),
      );
    expect((await NoteFiles.open(damaged('addresses.db'))).all()).toEqual([votes(4, 5, 6)]);
    await expect(NoteFiles.open(damaged('votes.db'))).rejects.toMatchObject({ name: 'StoreError', code: 'corrupt' });
  });

  it('are for their owner only, whatever an earlier crash has left', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mccloud-notes-'));
    await writeFile(join(folder, 'votes.db.new'), 'left over', { mode: 0o644 });
    const files = await NoteFiles.open(folderDisk(folder));
    for (const note of [addresses(1), votes(2), addresses(3)]) await files.write(note);
    for (const name of ['addresses.db', 'votes.db']) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    await rm(folder, { recursive: true });
  });
});
