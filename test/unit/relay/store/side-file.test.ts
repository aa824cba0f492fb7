import { describe, expect, it } from 'vitest';
import { equalBytes } from '../../../../core/codec/bytes.ts';
import type { Hash } from '../../../../core/crypto/keys.ts';
import { StoreError } from '../../../../core/errors.ts';
import type { SideBlock, StoredBlock } from '../../../../core/storage/store.ts';
import { loadCompressor } from '../../../../relay/store/compressor.ts';
import { encodeRecords } from '../../../../relay/store/record-log.ts';
import { SideFile } from '../../../../relay/store/side-file.ts';
import { besideMain, ChainMaker } from '../../../contract/material.ts';
import { plainSide, unlimited } from '../../../contract/store-expectations.ts';
import { type Operation, RecordedDisk } from '../../../model/recorded-disk.ts';

const name = 'side-branches.db';
const compress = await loadCompressor();
const maker = new ChainMaker(1);
const [root] = maker.chain(1) as [StoredBlock];
const none = () => false;
const open = (disk: RecordedDisk, isOnMain: (hash: Hash) => boolean = none) => SideFile.open(disk, compress, isOnMain);
const full = new StoreError('full', 'no space left on device');
const large = (bytes: number): SideBlock => besideMain(maker.block(root, [maker.data(bytes)]), root);

async function expectHeld(file: SideFile, blocks: readonly SideBlock[]) {
  expect(plainSide(await file.read(0, 999, unlimited))).toEqual(plainSide(blocks).toSorted());
  for (const block of blocks) expect(await file.find(block.hash)).toEqual(block);
}

const kinds = (operations: readonly Operation[]) => operations.map(({ kind }) => kind);

describe('SideFile', () => {
  it('holds what was added and not removed, across openings', async () => {
    const disk = new RecordedDisk();
    const [one, two, three] = maker.branch(3, root) as [SideBlock, SideBlock, SideBlock];
    const file = await open(disk);
    await file.add([one, two, three], false);
    await file.remove([two.hash]);
    await expectHeld(file, [one, three]);
    await expectHeld(await open(disk), [one, three]);
    expect(await (await open(disk)).find(two.hash)).toBeUndefined();
  });

  it('syncs what is to be durable, and with it what came before', async () => {
    const disk = new RecordedDisk();
    const file = await open(disk);
    await file.add([], true);
    await file.add(maker.branch(1, root), false);
    expect(kinds(disk.operations)).toEqual(['append']);
    await file.add([], true);
    await file.add([], true);
    expect(kinds(disk.operations)).toEqual(['append', 'sync']);
    await file.add(maker.branch(1, root), true);
    expect(kinds(disk.operations)).toEqual(['append', 'sync', 'append', 'sync']);
  });

  it('writes nothing about what was not there', async () => {
    const disk = new RecordedDisk();
    const file = await open(disk);
    await file.remove([root.hash]);
    expect(disk.operations).toEqual([]);
  });

  it('forgets when opening what stands on the main chain by now, for good', async () => {
    const disk = new RecordedDisk();
    const [moved, kept] = maker.branch(2, root) as [SideBlock, SideBlock];
    await (await open(disk)).add([moved, kept], false);
    await expectHeld(await open(disk, (hash) => equalBytes(hash, moved.hash)), [kept]);
    await expectHeld(await open(disk), [kept]);
  });

  it('opens on a disk without room to write that down', async () => {
    const disk = new RecordedDisk();
    const [moved] = maker.branch(1, root) as [SideBlock];
    await (await open(disk)).add([moved], false);
    disk.failing = () => full;
    await expectHeld(await open(disk, () => true), []);
  });

  it('takes back what was added last, also where it took the place of another', async () => {
    const disk = new RecordedDisk();
    const file = await open(disk);
    const [before, other] = maker.branch(2, root) as [SideBlock, SideBlock];
    await file.add([before], false);
    const undo = await file.add([{ ...before, unverified: [] }, other], true);
    await undo();
    await expectHeld(file, [before]);
    await expectHeld(await open(disk), [before]);
  });

  it.each(['append', 'sync'])('has added nothing when there is no room to %s', async (kind) => {
    const disk = new RecordedDisk();
    const file = await open(disk);
    const [before, after] = maker.branch(2, root) as [SideBlock, SideBlock];
    await file.add([before], true);
    disk.failing = (operation) => (operation.kind === kind ? full : undefined);
    await expect(file.add([after], true)).rejects.toBe(full);
    await expectHeld(file, [before]);
    disk.failing = undefined;
    await expectHeld(await open(disk), [before]);
  });

  it('is written anew when most of a large file is about what is gone', async () => {
    const disk = new RecordedDisk();
    const file = await open(disk);
    const kept = [...maker.branch(2, root), large(1_000)];
    const gone = Array.from({ length: 5 }, () => large(250_000));
    await file.add([...gone.slice(0, 2), ...kept, ...gone.slice(2)], false);
    await file.tidy();
    expect(kinds(disk.operations)).toEqual(['append']);
    await file.remove(gone.map(({ hash }) => hash));
    await file.tidy();
    expect(kinds(disk.operations)).toEqual(['append', 'append', 'replace']);
    expect(disk.contents.get(name)?.length).toBeLessThan(5_000);
    await expectHeld(file, kept);
    const later = maker.branch(1, root);
    await file.add(later, false);
    await expectHeld(file, [...kept, ...later]);
    await expectHeld(await open(disk), [...kept, ...later]);
  });

  it('passes over records it does not know', async () => {
    const disk = new RecordedDisk(new Map([[name, encodeRecords([Uint8Array.of(9, 9)])]]));
    const file = await open(disk);
    const blocks = maker.branch(2, root);
    await file.add(blocks, false);
    await expectHeld(file, blocks);
    await expectHeld(await open(disk), blocks);
  });

  it('says corrupt of a block whose bytes have changed since it was opened', async () => {
    const disk = new RecordedDisk();
    const file = await open(disk);
    const [first, second] = maker.branch(2, root) as [SideBlock, SideBlock];
    await file.add([first, second], false);
    disk.contents.get(name)?.fill(0, 20, 30);
    await expect(file.find(first.hash)).rejects.toMatchObject({ name: 'StoreError', code: 'corrupt' });
    expect(await file.find(second.hash)).toEqual(second);
  });
});
