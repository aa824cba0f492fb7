import { describe, expect, it } from 'vitest';
import { encodeData, itemIdOf } from '../../../../core/chain/data.ts';
import { bytesToHex, equalBytes } from '../../../../core/codec/bytes.ts';
import { hashHex } from '../../../../core/crypto/keys.ts';
import { type Change, recentBlocks, type StoredBlock } from '../../../../core/storage/store.ts';
import { FileStore } from '../../../../relay/store/files.ts';
import { ChainMaker, noChange } from '../../../contract/material.ts';
import { unlimited } from '../../../contract/store-expectations.ts';
import { type Contents, RecordedDisk } from '../../../model/recorded-disk.ts';
import { allHold } from '../../../model/verifiers.ts';

describe('FileStore after a crash', () => {
  const maker = new ChainMaker(5);
  /** Ours; it goes into chain[3], comes back when that is cut, and goes into later[1]. */
  const data = maker.data();
  const mine = { id: itemIdOf(data), bytes: encodeData(data) };
  const chain = maker.chain(3);
  chain.push(maker.block(chain[2], [data]));
  const branch = new ChainMaker(6).chain(2, chain[1]);
  const later = new ChainMaker(7).chain(1, branch[1]);
  later.push(maker.block(later[0], [data]));
  const signedOf = ({ hash, bytes }: StoredBlock, parent: StoredBlock) => ({ parent: parent.hash, hash, bytes });

  const changes: readonly { readonly change: Change; readonly after: readonly StoredBlock[] }[] = [
    { change: { ...noChange, durable: true, pendingAdded: [mine] }, after: [] },
    { change: { ...noChange, append: chain.slice(0, 2) }, after: chain.slice(0, 2) },
    { change: { ...noChange, append: chain.slice(2, 3) }, after: chain.slice(0, 3) },
    {
      change: {
        ...noChange,
        durable: true,
        signed: signedOf(chain[3] as StoredBlock, chain[2] as StoredBlock),
        append: chain.slice(3),
        pendingRemoved: [mine.id],
      },
      after: chain,
    },
    {
      change: { ...noChange, cutTo: 2, append: branch, pendingAdded: [mine] },
      after: [...chain.slice(0, 2), ...branch],
    },
    {
      change: {
        ...noChange,
        durable: true,
        signed: signedOf(later[0] as StoredBlock, branch[1] as StoredBlock),
        append: later,
        pendingRemoved: [mine.id],
      },
      after: [...chain.slice(0, 2), ...branch, ...later],
    },
  ];
  const everyBlock = [...chain, ...branch, ...later];

  /** The disk after all changes, and how many operations each had needed. */
  async function run(): Promise<{ disk: RecordedDisk; done: number[] }> {
    const { disk, store } = await opened();
    disk.operations.length = 0;
    const done: number[] = [];
    for (const { change } of changes) {
      await store.change(change);
      done.push(disk.operations.length);
    }
    return { disk, done };
  }

  /** Opens what a crash left and holds it against what must be there. */
  async function expectRecovered(contents: Contents, finished: number) {
    const disk = new RecordedDisk(contents);
    const store = new FileStore(disk, allHold);
    const { count, pending, journal } = await store.open();
    const held = await store.blocks(0, 99, unlimited);
    const hashes: string[] = [];
    for (const block of everyBlock)
      if ((await store.heightOf(block.hash)) !== undefined) hashes.push(hashHex(block.hash));
    expect(held).toHaveLength(count);
    expect(hashes).toHaveLength(count);
    expect(allowedChains(finished)).toContain(held.map(({ bytes }) => bytesToHex(bytes)).join());
    const isWritten = (await store.containsItems([mine.id]))[0] as boolean;
    if (finished >= 1) expect(isWritten || pending.length === 1).toBe(true);
    expect(isWritten && pending.length === 1).toBe(false);
    for (const { signed } of changes.map(({ change }) => change)) {
      if (signed === undefined || !hashes.includes(hashHex(signed.hash))) continue;
      expect(journal.some(({ hash }) => equalBytes(hash, signed.hash))).toBe(true);
    }
    const tip = everyBlock.find(({ bytes }) => equalBytes(bytes, held.at(-1)?.bytes ?? new Uint8Array(0)));
    await expectGoesOn(disk, store, tip);
  }

  async function expectGoesOn(disk: RecordedDisk, store: FileStore, tip: StoredBlock | undefined) {
    const next = new ChainMaker(8).block(tip);
    await store.change({ ...noChange, append: [next] });
    await store.close();
    const again = new FileStore(new RecordedDisk(disk.contents), allHold);
    await again.open();
    expect(await again.containsItems(next.items)).toEqual([true]);
  }

  /** The chain after the last change that was done, and what the one under way may have come to. */
  function allowedChains(finished: number): string[] {
    const chainOf = (blocks: readonly StoredBlock[]) => blocks.map(({ bytes }) => bytesToHex(bytes)).join();
    const allowed = [chainOf(changes[finished - 1]?.after ?? [])];
    const underWay = changes[finished];
    if (underWay === undefined) return allowed;
    const { change, after } = underWay;
    const least = change.cutTo === undefined ? after.length - change.append.length : after.length;
    for (let count = least; count <= after.length; count++) allowed.push(chainOf(after.slice(0, count)));
    return allowed;
  }

  it('at any byte of what it writes has lost nothing, wherever the crash came', async () => {
    const { disk, done } = await run();
    for (let operations = 0; operations <= disk.operations.length; operations++) {
      const next = disk.operations[operations];
      const bytes = next?.kind === 'append' ? next.bytes.length : 0;
      const finished = done.filter((end) => end <= operations).length;
      for (let written = 0; written <= bytes; written++) {
        await expectRecovered(disk.crashed(operations, written), finished);
      }
    }
  });

  const files = ['index.db', 'blocks.db', 'items.db', 'pending.db', 'journal.db'];
  const cases = (['lost', 'zeros'] as const).flatMap((fate) =>
    [files, ...files.map((name) => [name])].map((names) => ({ fate, names })),
  );
  it.each(cases)(
    'has lost nothing it promised when what was not synced is $fate in $names',
    async ({ fate, names }) => {
      const { disk, done } = await run();
      for (let operations = 0; operations <= disk.operations.length; operations++) {
        const finished = done.filter((end) => end <= operations).length;
        const contents = disk.crashed(operations, 0, (name) => (names.includes(name) ? fate : 'kept'));
        await expectRecovered(contents, finished);
      }
    },
  );

  it('says how much was torn', async () => {
    const { disk } = await run();
    const contents = new Map(disk.contents);
    const blocks = contents.get('blocks.db') as Uint8Array;
    contents.set('blocks.db', blocks.slice(0, -3));
    const store = new FileStore(new RecordedDisk(contents), allHold);
    expect((await store.open()).count).toBe(5);
    expect(store.torn.blocks).toBe(1);
    expect(store.torn.bytes).toBeGreaterThan(48);
  });

  it('cuts the end from the first block that does not follow the one before', async () => {
    const { disk, store } = await opened();
    const blocks = maker.chain(recentBlocks + 3);
    const stranger = { ...maker.block(undefined), height: blocks.length };
    await store.change({ ...noChange, append: [...blocks, stranger] });
    await store.close();
    const again = new FileStore(new RecordedDisk(disk.contents), allHold);
    expect((await again.open()).count).toBe(blocks.length);
  });
});

async function opened(): Promise<{ disk: RecordedDisk; store: FileStore }> {
  const disk = new RecordedDisk();
  const store = new FileStore(disk, allHold);
  await store.open();
  disk.operations.length = 0;
  return { disk, store };
}
