import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bytesToHex, hexToBytes } from '../../../../core/codec/bytes.ts';
import { decode, struct, u64 } from '../../../../core/codec/codec.ts';
import { hashCodec } from '../../../../core/crypto/key-codecs.ts';
import { hashHex, type ItemId } from '../../../../core/crypto/keys.ts';
import { nobleVerifier } from '../../../../core/crypto/noble-curve.ts';
import { StoreError } from '../../../../core/errors.ts';
import type { Change, Note, SideBlock, StoredBlock } from '../../../../core/storage/store.ts';
import { decompressCapped } from '../../../../core/storage/zstd.ts';
import { nothingTorn } from '../../../../relay/store/block-files.ts';
import { folderDisk } from '../../../../relay/store/disk.ts';
import { FileStore } from '../../../../relay/store/files.ts';
import { besideMain, ChainMaker, noChange } from '../../../contract/material.ts';
import { storeContract } from '../../../contract/store.ts';
import { expectNotes, expectSide, unlimited } from '../../../contract/store-expectations.ts';
import { type Operation, RecordedDisk } from '../../../model/recorded-disk.ts';
import { folderVector } from '../../../model/vectors.ts';
import { allHold } from '../../../model/verifiers.ts';

storeContract('FileStore', async () => {
  const folder = await temporaryFolder();
  return {
    store: new FileStore(folderDisk(folder), allHold),
    reopen: async () => new FileStore(folderDisk(folder), allHold),
    dispose: () => rm(folder, { recursive: true }),
  };
});

describe('FileStore on a folder of the reference', () => {
  const vector = folderVector();
  const reference = fileURLToPath(new URL('../../../vectors/folder-reference', import.meta.url));

  async function copied(): Promise<{ folder: string; store: FileStore }> {
    const folder = await temporaryFolder();
    for (const name of ['index.db', 'blocks.db']) await cp(join(reference, name), join(folder, name));
    return { folder, store: new FileStore(folderDisk(folder), nobleVerifier) };
  }

  it('reads its blocks, byte for byte, and finds its items verified', async () => {
    const { folder, store } = await copied();
    const opened = await store.open();
    expect(opened.recent.map(({ bytes }) => bytesToHex(bytes))).toEqual(vector.map(({ borsh }) => borsh));
    expect(opened.recent.map(({ unverified }) => unverified)).toEqual(vector.map(() => []));
    expect(opened.count).toBe(4);
    expect(opened.root && hashHex(opened.root)).toBe(vector[0]?.block.hash);
    expect(store.torn).toEqual(nothingTorn);
    await store.close();
    for (const name of ['index.db', 'blocks.db']) {
      expect(await readFile(join(folder, name))).toEqual(await readFile(join(reference, name)));
    }
    await rm(folder, { recursive: true });
  });

  it('appends to it in the same form, and leaves what was there as it was', async () => {
    const { folder, store } = await copied();
    await store.open();
    const tip = vector.at(-1)?.block.hash as string;
    const block = { ...new ChainMaker(1).block(undefined), hash: hexToBytes(tip) } as StoredBlock;
    const next = new ChainMaker(2).chain(2, { ...block, height: 3 });
    await store.change({ ...noChange, durable: true, append: next });
    await store.close();
    const [index, blocks] = [await readFile(join(folder, 'index.db')), await readFile(join(folder, 'blocks.db'))];
    expect(index.subarray(0, 192)).toEqual(await readFile(join(reference, 'index.db')));
    expect(blocks.subarray(0, 1_278)).toEqual(await readFile(join(reference, 'blocks.db')));
    expect(index.length).toBe(6 * 48);
    let end = 1_278;
    for (const [i, { hash, bytes }] of next.entries()) {
      const record = decode(indexRecord, new Uint8Array(index.subarray((4 + i) * 48, (5 + i) * 48)));
      expect(hashHex(record.hash)).toBe(hashHex(hash));
      expect(Number(record.pos)).toBe(end);
      end += Number(record.size);
      expect(decompressCapped(blocks.subarray(Number(record.pos), end), bytes.length)).toEqual(bytes);
    }
    expect(blocks.length).toBe(end);
    await rm(folder, { recursive: true });
  });

  it('makes the list of items anew when it is gone or of another chain', async () => {
    const { folder, store } = await copied();
    await store.open();
    await store.close();
    const whole = await readFile(join(folder, 'items.db'));
    for (const damage of [
      () => rm(join(folder, 'items.db')),
      () => cp(join(folder, 'index.db'), join(folder, 'items.db')),
    ]) {
      await damage();
      const again = new FileStore(folderDisk(folder), nobleVerifier);
      await again.open();
      await again.close();
      expect(await readFile(join(folder, 'items.db'))).toEqual(whole);
    }
    await rm(folder, { recursive: true });
  });
});

describe('FileStore', () => {
  const maker = new ChainMaker(3);
  const chain = maker.chain(3);

  it('syncs the journal before the frames, the frames before the index, and the index before it answers', async () => {
    const { disk, store } = await opened();
    const [block] = chain as [StoredBlock];
    const signed = { parent: undefined, hash: block.hash, bytes: block.bytes };
    await store.change({
      ...noChange,
      durable: true,
      signed,
      append: [block],
      pendingRemoved: [block.items[0] as ItemId],
    });
    const steps = disk.operations.map(({ kind, name }) => `${kind} ${name}`);
    const atTheEnd = steps.indexOf('append pending.db');
    expect(steps.filter((step) => !step.endsWith('items.db')).slice(0, atTheEnd)).toEqual([
      'append journal.db',
      'sync journal.db',
      'append blocks.db',
      'sync blocks.db',
      'append index.db',
      'sync index.db',
      'append pending.db',
    ]);
  });

  it('writes and syncs each file once for many blocks, whether or not it was asked to be durable', async () => {
    const { disk, store } = await opened();
    await store.change({ ...noChange, append: maker.chain(200) });
    const steps = disk.operations.map(({ kind, name }) => `${kind} ${name}`).sort();
    expect(steps).toEqual([
      'append blocks.db',
      'append index.db',
      'append items.db',
      'sync blocks.db',
      'sync index.db',
    ]);
  });

  it('writes down a reorganisation before it cuts, cuts the index before the frames, and clears up', async () => {
    const { disk, store } = await opened();
    await store.change({ ...noChange, append: chain });
    disk.operations.length = 0;
    await store.change({ ...noChange, cutTo: 1, append: new ChainMaker(9).chain(2, chain[0]) });
    const steps = disk.operations.map(({ kind, name }) => `${kind} ${name}`);
    expect(steps.filter((step) => !step.endsWith('items.db'))).toEqual([
      'replace reorganisation.db',
      'truncate index.db',
      'sync index.db',
      'truncate blocks.db',
      'append blocks.db',
      'sync blocks.db',
      'append index.db',
      'sync index.db',
      'remove reorganisation.db',
    ]);
  });

  it('syncs what leaves the chain beside it before it cuts, and forgets it there only when it is back', async () => {
    const { disk, store } = await opened();
    const [root, left] = chain as [StoredBlock, StoredBlock];
    const [other] = new ChainMaker(9).chain(1, root) as [StoredBlock];
    await store.change({ ...noChange, append: [root, left] });
    disk.operations.length = 0;
    const sideAdded = [besideMain(left, root)];
    await store.change({ ...noChange, cutTo: 1, append: [other], sideAdded });
    await store.change({ ...noChange, cutTo: 1, append: [left], sideRemoved: [left.hash] });
    const steps = disk.operations.map(({ kind, name }) => `${kind} ${name}`);
    expect(steps.filter((step) => /side|reorg/.test(step))).toEqual([
      'append side-branches.db',
      'sync side-branches.db',
      'replace reorganisation.db',
      'remove reorganisation.db',
      'replace reorganisation.db',
      'remove reorganisation.db',
      'append side-branches.db',
    ]);
  });

  it('does not cut again, after a crash, blocks that were cut and came back', async () => {
    const { disk, store } = await opened();
    await store.change({ ...noChange, append: chain });
    await store.change({ ...noChange, cutTo: 1 });
    await store.change({ ...noChange, append: chain.slice(1) });
    const contents = disk.crashed(disk.operations.length, 0, () => 'lost');
    expect((await new FileStore(new RecordedDisk(contents), allHold).open()).count).toBe(3);
  });

  const written = ['journal.db', 'pending.db', 'side-branches.db', 'votes.db', 'items.db', 'blocks.db', 'index.db'];
  it.each([...written, 'reorganisation.db'])(
    'refuses a change for which %s has no room, and goes on as before',
    async (name) => {
      const { disk, store } = await opened();
      const [kept, added] = maker.branch(2, chain[0] as StoredBlock) as [SideBlock, SideBlock];
      const before = { notes: [note('votes', 1)], pendingAdded: [maker.pending()], sideAdded: [kept] };
      await store.change({ ...noChange, append: chain, ...before });
      const cuts = name === 'reorganisation.db';
      const append = cuts ? new ChainMaker(9).chain(1, chain[1]) : maker.chain(2, chain[2]);
      const change: Change = {
        ...noChange,
        signed: maker.signed(undefined),
        cutTo: cuts ? 2 : undefined,
        append,
        pendingAdded: [maker.pending()],
        sideAdded: [added, { ...kept, unverified: [] }],
        notes: [note('addresses', 2), note('votes', 3)],
      };
      disk.failing = (operation) => (operation.name === name && writes(operation) ? full : undefined);
      await expect(store.change(change)).rejects.toMatchObject({ name: 'StoreError', code: 'full' });
      expect((await store.blocks(0, 9, unlimited)).map(({ bytes }) => bytes)).toEqual(chain.map(({ bytes }) => bytes));
      expect(await store.containsItems(append.flatMap(({ items }) => items))).not.toContain(true);
      await expectSide(store, [kept], [added]);
      disk.failing = undefined;
      const again = new FileStore(new RecordedDisk(disk.contents), allHold);
      const asBefore = await again.open();
      expect(asBefore).toMatchObject({ count: 3, journal: [], pending: before.pendingAdded, notes: before.notes });
      await expectSide(again, [kept], [added]);
      await store.change(change);
      const after = [...chain.slice(0, cuts ? 2 : 3), ...append];
      expect((await store.blocks(0, 9, unlimited)).map(({ bytes }) => bytes)).toEqual(after.map(({ bytes }) => bytes));
      await expectSide(store, change.sideAdded);
      await store.close();
      const opening = await reopened(disk);
      expect(opening.count).toBe(after.length);
      expectNotes(opening, change.notes);
    },
  );

  it('refuses everything when a change was refused and the disk has no room to say so', async () => {
    const { disk, store } = await opened();
    await store.change({ ...noChange, notes: [note('votes', 1)] });
    let left = 1;
    disk.failing = ({ kind }) => ((kind === 'replace' || kind === 'append') && left-- <= 0 ? full : undefined);
    const change = { ...noChange, notes: [note('votes', 2)], append: chain };
    await expect(store.change(change)).rejects.toMatchObject({ code: 'failed' });
    disk.failing = undefined;
    await expect(store.change(noChange)).rejects.toMatchObject({ code: 'failed' });
  });

  it('refuses everything after a failure that leaves the disk unknown, and is whole when opened again', async () => {
    const { disk, store } = await opened();
    await store.change({ ...noChange, append: chain });
    disk.failing = ({ kind, name }) => (kind === 'sync' && name === 'index.db' ? broken : undefined);
    const append = maker.chain(1, chain[2]);
    await expect(store.change({ ...noChange, durable: true, append })).rejects.toMatchObject({ code: 'failed' });
    disk.failing = undefined;
    await expect(store.change({ ...noChange, append })).rejects.toMatchObject({ code: 'failed' });
    await expect(store.blocks(0, 1, 1)).rejects.toMatchObject({ code: 'failed' });
    await store.close();
    expect((await reopened(disk)).count).toBe(3);
  });

  it('finishes when opening a reorganisation that ran out of room half way', async () => {
    const { disk, store } = await opened();
    await store.change({ ...noChange, append: chain });
    const branch = new ChainMaker(9).chain(2, chain[0]);
    disk.failing = ({ kind, name }) => (kind === 'append' && name === 'blocks.db' ? full : undefined);
    await expect(store.change({ ...noChange, cutTo: 1, append: branch })).rejects.toMatchObject({ code: 'failed' });
    disk.failing = undefined;
    await store.close();
    const { recent } = await reopened(disk);
    expect(recent.map(({ bytes }) => bytesToHex(bytes))).toEqual(
      [...chain.slice(0, 1), ...branch].map(({ bytes }) => bytesToHex(bytes)),
    );
  });

  it('says corrupt, and cuts nothing, when more is wrong than a crash can explain', async () => {
    const { disk, store } = await opened();
    await store.change({ ...noChange, append: maker.chain(80) });
    await store.close();
    const contents = new Map(disk.contents);
    contents.set('blocks.db', new Uint8Array(contents.get('blocks.db')?.length ?? 0));
    const damaged = new RecordedDisk(contents);
    await expect(new FileStore(damaged, allHold).open()).rejects.toMatchObject({ code: 'corrupt' });
    expect(damaged.operations).toEqual([]);
    expect(damaged.held).toBe(false);
  });

  it('says corrupt of a block in the middle that cannot be read, and serves the others', async () => {
    const { disk, store } = await opened();
    const blocks = maker.chain(40);
    await store.change({ ...noChange, append: blocks });
    await store.close();
    const contents = new Map(disk.contents);
    contents.set('blocks.db', contents.get('blocks.db')?.fill(0, 0, 300) as Uint8Array);
    const damaged = new FileStore(new RecordedDisk(contents), allHold);
    expect((await damaged.open()).count).toBe(40);
    await expect(damaged.blocks(0, 1, unlimited)).rejects.toMatchObject({ code: 'corrupt' });
    expect(await damaged.blocks(20, 1, unlimited)).toHaveLength(1);
  });

  it('is held by one at a time, and says by whom', async () => {
    const folder = await temporaryFolder();
    const store = new FileStore(folderDisk(folder), allHold);
    await store.open();
    const second = new FileStore(folderDisk(folder), allHold);
    await expect(second.open()).rejects.toMatchObject({ code: 'held', message: expect.stringContaining('in use by') });
    await second.close();
    await expect(new FileStore(folderDisk(folder), allHold).open()).rejects.toMatchObject({ code: 'held' });
    await store.close();
    const third = new FileStore(folderDisk(folder), allHold);
    await third.open();
    await third.close();
    await rm(folder, { recursive: true });
  });
});

const indexRecord = struct({ hash: hashCodec, pos: u64, size: u64 });
const full = new StoreError('full', 'no space left on device');
const broken = new StoreError('failed', 'input/output error');

function note(name: Note['name'], byte: number): Note {
  return { name, bytes: Uint8Array.of(byte) };
}

function writes({ kind }: Operation): boolean {
  return kind === 'append' || kind === 'replace';
}

async function opened(): Promise<{ disk: RecordedDisk; store: FileStore }> {
  const disk = new RecordedDisk();
  const store = new FileStore(disk, allHold);
  await store.open();
  disk.operations.length = 0;
  return { disk, store };
}

function reopened(disk: RecordedDisk) {
  return new FileStore(new RecordedDisk(disk.contents), allHold).open();
}

function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'mccloud-store-'));
}
