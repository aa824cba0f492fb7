import { describe, expect, it } from 'vitest';
import type { PendingItem } from '../../../../core/storage/store.ts';
import { PendingFile } from '../../../../relay/store/pending-file.ts';
import { encodeRecords } from '../../../../relay/store/record-log.ts';
import { ChainMaker } from '../../../contract/material.ts';
import { RecordedDisk } from '../../../model/recorded-disk.ts';

const maker = new ChainMaker(1);
const none = () => false;

describe('PendingFile', () => {
  it('holds what was added and not removed, oldest first, across openings', async () => {
    const disk = new RecordedDisk();
    const items = [maker.pending(), maker.pending(), maker.pending()] as const;
    const file = await PendingFile.open(disk, none);
    await file.add(items, false);
    await file.remove([items[1].id]);
    expect(file.items()).toEqual([items[0], items[2]]);
    expect((await PendingFile.open(disk, none)).items()).toEqual([items[0], items[2]]);
  });

  it('forgets when opening what stands in a block by now, for good', async () => {
    const disk = new RecordedDisk();
    const [item, stale] = [maker.pending(), maker.pending()];
    await (await PendingFile.open(disk, none)).add([item, stale], false);
    expect((await PendingFile.open(disk, (id) => id.join() === stale.id.join())).items()).toEqual([item]);
    expect((await PendingFile.open(disk, none)).items()).toEqual([item]);
  });

  it('syncs what is to be durable, and nothing when there is nothing', async () => {
    const disk = new RecordedDisk();
    const file = await PendingFile.open(disk, none);
    await file.add([maker.pending()], false);
    await file.add([], true);
    await file.remove([]);
    expect(disk.operations.map(({ kind }) => kind)).toEqual(['append']);
    await file.add([maker.pending()], true);
    expect(disk.operations.map(({ kind }) => kind)).toEqual(['append', 'append', 'sync']);
  });

  it('is written anew when most of a large file is about what is gone', async () => {
    const disk = new RecordedDisk();
    const file = await PendingFile.open(disk, none);
    const kept = maker.pending();
    await file.add([kept], false);
    const gone: PendingItem[] = Array.from({ length: 4 }, () => maker.pending(100_000));
    await file.add(gone, false);
    await file.tidy();
    expect(disk.operations.some(({ kind }) => kind === 'replace')).toBe(false);
    await file.remove(gone.map(({ id }) => id));
    await file.tidy();
    expect(disk.contents.get('pending.db')?.length).toBeLessThan(1_000);
    const later = maker.pending();
    await file.add([later], false);
    expect((await PendingFile.open(disk, none)).items()).toEqual([kept, later]);
  });

  it('passes over records it does not know', async () => {
    const disk = new RecordedDisk(new Map([['pending.db', encodeRecords([Uint8Array.of(9, 9)])]]));
    const file = await PendingFile.open(disk, none);
    expect(file.items()).toEqual([]);
    const item = maker.pending();
    await file.add([item], false);
    expect((await PendingFile.open(disk, none)).items()).toEqual([item]);
  });
});
