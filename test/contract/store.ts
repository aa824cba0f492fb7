/**
 * What every store must do, whatever it is made of (core/storage/store.ts). Each store's own tests add what only it has.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Hash, type ItemId, itemIdFrom } from '../../core/crypto/keys.ts';
import {
  journalEntries,
  type KeptBlock,
  recentBlocks,
  type Store,
  type StoredBlock,
} from '../../core/storage/store.ts';
import { ChainMaker, noChange } from './material.ts';
import { sideContract } from './side-branches.ts';
import {
  changedAt,
  expectChain,
  expectJournal,
  expectKept,
  expectPending,
  expectSame,
  kept,
  unlimited,
} from './store-expectations.ts';

export interface StoreUnderTest {
  /** New, empty, not opened. */
  readonly store: Store;
  /** A store of the same contents, not opened, after the last one was closed. */
  reopen(): Promise<Store>;
  dispose(): Promise<void>;
}

export function storeContract(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`${name} as a store`, () => {
    let subject: StoreUnderTest;
    let store: Store;
    let maker: ChainMaker;

    beforeEach(async () => {
      subject = await make();
      store = subject.store;
      maker = new ChainMaker(1);
    });

    afterEach(async () => {
      await store.close();
      await subject.dispose();
    });

    async function reopened() {
      await store.close();
      store = await subject.reopen();
      return store.open();
    }

    const append = (...blocks: readonly StoredBlock[]) => store.change({ ...noChange, append: blocks });

    describe('when it is new', () => {
      it('holds nothing', async () => {
        expect(await store.open()).toEqual({
          count: 0,
          root: undefined,
          recent: [],
          pending: [],
          journal: [],
          lastSigned: undefined,
          notes: [],
        });
        expect(await store.blocks(0, 10, unlimited)).toEqual([]);
        expect(await store.heightOf(maker.bytes(32) as Hash)).toBeUndefined();
        expect(await store.containsItems([itemIdFrom(maker.bytes(32))])).toEqual([false]);
        expect(await store.containsItems([])).toEqual([]);
        expect(await store.sideBlocks(0, 10, unlimited)).toEqual([]);
        expect(await store.sideBlock(maker.bytes(32) as Hash)).toBeUndefined();
      });

      it('holds nothing when it was opened and closed', async () => {
        await store.open();
        expect((await reopened()).count).toBe(0);
      });
    });

    describe('blocks', () => {
      it('are there as soon as their change has resolved', async () => {
        await store.open();
        const chain = maker.chain(3);
        await append(...chain);
        await expectChain(store, chain);
      });

      it('are applied in the order of the calls, without waiting in between', async () => {
        await store.open();
        const chain = maker.chain(20);
        await Promise.all(chain.map((block) => append(block)));
        await expectChain(store, chain);
      });

      it('are the same after opening again', async () => {
        await store.open();
        const chain = maker.chain(recentBlocks + 5);
        await append(...chain);
        const opened = await reopened();
        expect(opened.count).toBe(chain.length);
        expectSame(opened.root, chain[0]?.hash);
        expectKept(opened.recent, kept(chain.slice(-recentBlocks)));
        await expectChain(store, chain);
      });

      it('go on where they ended after opening again', async () => {
        await store.open();
        const chain = maker.chain(4);
        await append(...chain.slice(0, 2));
        await reopened();
        await append(...chain.slice(2));
        await expectChain(store, chain);
        expectKept((await reopened()).recent, kept(chain));
      });

      it('are read from any height, as many as asked for', async () => {
        await store.open();
        const chain = maker.chain(7);
        await append(...chain);
        expectKept(await store.blocks(2, 3, unlimited), kept(chain.slice(2, 5)));
        expectKept(await store.blocks(6, 9, unlimited), kept(chain.slice(6)));
        expect(await store.blocks(7, 9, unlimited)).toEqual([]);
        expect(await store.blocks(900, 9, unlimited)).toEqual([]);
        expect(await store.blocks(2, 0, unlimited)).toEqual([]);
      });

      it('are read up to so many bytes, but at least one', async () => {
        await store.open();
        const chain = maker.chain(5);
        await append(...chain);
        const [first, second, third] = kept(chain) as [KeptBlock, KeptBlock, KeptBlock];
        const three = first.bytes.length + second.bytes.length + third.bytes.length;
        expectKept(await store.blocks(0, 5, three), [first, second, third]);
        expectKept(await store.blocks(0, 5, three - 1), [first, second]);
        expectKept(await store.blocks(0, 5, 1), [first]);
        expectKept(await store.blocks(1, 5, 0), [second]);
      });

      it('may be as large as 1 MiB, and have no item at all', async () => {
        await store.open();
        const root = maker.block(undefined, []);
        const large = maker.block(root, [maker.data(1024 * 1024)]);
        const chain = [root, large, maker.block(large)];
        await append(...chain);
        await expectChain(store, chain);
        expectKept((await reopened()).recent, kept(chain));
      });

      it('keep which of their items were not verified', async () => {
        await store.open();
        const block = { ...maker.block(undefined, [maker.data(), maker.data(), maker.data()]), unverified: [0, 2] };
        const next = { ...maker.block(block), unverified: [] };
        await append(block, next);
        await expectChain(store, [block, next]);
        expectKept((await reopened()).recent, kept([block, next]));
        await expectChain(store, [block, next]);
      });

      it('may be 1,000, appended one by one and in hundreds', async () => {
        await store.open();
        const chain = maker.chain(1_000);
        for (const block of chain.slice(0, 500)) await append(block);
        for (let start = 500; start < 1_000; start += 100) await append(...chain.slice(start, start + 100));
        await expectChain(store, chain);
        expect((await reopened()).count).toBe(1_000);
        await expectChain(store, chain);
      });
    });

    describe('a cut', () => {
      it('takes blocks, their hashes and their items away', async () => {
        await store.open();
        const chain = maker.chain(6);
        await append(...chain);
        await store.change({ ...noChange, cutTo: 2 });
        await expectChain(store, chain.slice(0, 2), chain.slice(2));
        expect((await reopened()).count).toBe(2);
        await expectChain(store, chain.slice(0, 2), chain.slice(2));
      });

      it('and what is appended in its place are one change', async () => {
        await store.open();
        const chain = maker.chain(6);
        const branch = new ChainMaker(2).chain(3, chain[3]);
        await append(...chain);
        await store.change({ ...noChange, cutTo: 4, append: branch });
        const after = [...chain.slice(0, 4), ...branch];
        await expectChain(store, after, chain.slice(4));
        expectKept((await reopened()).recent, kept(after));
        await expectChain(store, after, chain.slice(4));
      });

      it('is never seen without what is appended, by anybody who reads meanwhile', async () => {
        await store.open();
        const chain = maker.chain(5);
        const branch = new ChainMaker(2).chain(2, chain[2]);
        await append(...chain);
        const changed = store.change({ ...noChange, cutTo: 3, append: branch });
        const counts = await Promise.all([
          store.blocks(0, 10, unlimited),
          changed.then(() => []),
          store.blocks(3, 9, 1),
        ]);
        expect(counts[0]).toHaveLength(5);
        expect(counts[2]).toHaveLength(1);
        await expectChain(store, [...chain.slice(0, 3), ...branch], chain.slice(3));
      });

      it('can take everything, root included, and another chain begins', async () => {
        await store.open();
        await append(...maker.chain(3));
        const other = new ChainMaker(2).chain(2);
        await store.change({ ...noChange, cutTo: 0, append: other });
        await expectChain(store, other);
        expectSame((await reopened()).root, other[0]?.hash);
      });

      it('again and again leaves what the last one says', async () => {
        await store.open();
        const held = maker.chain(4);
        await append(...held);
        const gone: StoredBlock[] = [];
        for (let seed = 2; seed < 30; seed++) {
          const cutTo = 1 + (seed % 4);
          const branch = new ChainMaker(seed).chain(3, held[cutTo - 1]);
          await store.change({ ...noChange, cutTo, append: branch });
          gone.push(...held.splice(cutTo));
          held.push(...branch);
        }
        await expectChain(store, held, gone);
        await reopened();
        await expectChain(store, held, gone);
      });
    });

    describe('items', () => {
      it('are told from ids that differ in one byte', async () => {
        await store.open();
        const chain = maker.chain(30);
        await append(...chain);
        const ids = chain.flatMap((block) => block.items);
        const neighbours = ids.flatMap((id) => [0, 1, 15, 31].map((place) => changedAt(id, place)));
        expect(await store.containsItems(ids)).toEqual(ids.map(() => true));
        expect(await store.containsItems(neighbours)).toEqual(neighbours.map(() => false));
        expect(await store.containsItems([neighbours[0] as ItemId, ids[0] as ItemId])).toEqual([false, true]);
      });

      it('that stand in two blocks stay when one of the two is cut', async () => {
        await store.open();
        const repeated = maker.data();
        const first = maker.block(undefined, [repeated, maker.data(), repeated]);
        const second = maker.block(first, [maker.data(), repeated]);
        await append(first, second);
        const [id, only] = [first.items[0] as ItemId, second.items[0] as ItemId];
        await store.change({ ...noChange, cutTo: 1 });
        expect(await store.containsItems([id, only])).toEqual([true, false]);
        await reopened();
        expect(await store.containsItems([id, only])).toEqual([true, false]);
        await store.change({ ...noChange, cutTo: 0 });
        expect(await store.containsItems([id])).toEqual([false]);
      });

      it('that are cut and appended again are there', async () => {
        await store.open();
        const chain = maker.chain(3);
        await append(...chain);
        await store.change({ ...noChange, cutTo: 1, append: [maker.block(chain[0], [])] });
        await store.change({ ...noChange, cutTo: 1, append: chain.slice(1) });
        await expectChain(store, chain);
      });
    });

    describe('pending items', () => {
      it('survive opening again, oldest first, until they are removed', async () => {
        await store.open();
        const items = [maker.pending(), maker.pending(0), maker.pending(70_000)] as const;
        await store.change({ ...noChange, pendingAdded: items.slice(0, 2) });
        await store.change({ ...noChange, pendingAdded: items.slice(2) });
        expectPending(await reopened(), items);
        await store.change({ ...noChange, pendingRemoved: [items[1].id] });
        expectPending(await reopened(), [items[0], items[2]]);
        await store.change({ ...noChange, pendingRemoved: [items[0].id, items[2].id] });
        expectPending(await reopened(), []);
      });

      it('are one when they are added twice, and none when one is removed that is not there', async () => {
        await store.open();
        const item = maker.pending();
        await store.change({ ...noChange, pendingAdded: [item] });
        await store.change({ ...noChange, pendingAdded: [item], pendingRemoved: [maker.pending().id] });
        expectPending(await reopened(), [item]);
      });

      it('change together with the chain', async () => {
        await store.open();
        const [data, other] = [maker.data(), maker.pending()];
        const root = maker.block(undefined, [data]);
        const pending = { id: root.items[0] as ItemId, bytes: maker.bytes(9) };
        await store.change({ ...noChange, pendingAdded: [pending, other] });
        await store.change({ ...noChange, durable: true, append: [root], pendingRemoved: [pending.id] });
        expectPending(await reopened(), [other]);
        await store.change({ ...noChange, cutTo: 0, pendingAdded: [pending] });
        const opened = await reopened();
        expect(opened.count).toBe(0);
        expectPending(opened, [other, pending]);
      });
    });

    describe('the signing journal', () => {
      it('holds what was signed, oldest first, and the newest whole', async () => {
        await store.open();
        const entries = [maker.signed(undefined), maker.signed(maker.bytes(32) as Hash)];
        for (const signed of entries) await store.change({ ...noChange, durable: true, signed });
        const opened = await reopened();
        expectJournal(opened.journal, entries);
        expectSame(opened.lastSigned, entries[1]?.bytes);
      });

      it(`keeps the newest ${journalEntries} entries, and the one without parent always`, async () => {
        await store.open();
        const root = maker.signed(undefined);
        const later = Array.from({ length: journalEntries + 10 }, () => maker.signed(maker.bytes(32) as Hash));
        await store.change({ ...noChange, signed: root });
        await Promise.all(later.map((signed) => store.change({ ...noChange, signed })));
        const opened = await reopened();
        expectJournal(opened.journal, [root, ...later.slice(10)]);
        expectSame(opened.lastSigned, later.at(-1)?.bytes);
        const last = maker.signed(maker.bytes(32) as Hash);
        await store.change({ ...noChange, signed: last });
        expectJournal((await reopened()).journal, [root, ...later.slice(11), last]);
      });

      it('goes with the block it is for', async () => {
        await store.open();
        const block = maker.block(undefined);
        const signed = { parent: undefined, hash: block.hash, bytes: block.bytes };
        await store.change({ ...noChange, durable: true, signed, append: [block] });
        const opened = await reopened();
        expectJournal(opened.journal, [signed]);
        expectKept(opened.recent, kept([block]));
      });
    });

    sideContract(() => ({ store, maker, reopened }));

    describe('closing', () => {
      it('keeps the changes asked for before it', async () => {
        await store.open();
        const chain = maker.chain(5);
        const changes = chain.map((block) => append(block));
        await store.close();
        await Promise.all(changes);
        expect((await reopened()).count).toBe(5);
        await expectChain(store, chain);
      });

      it('refuses what comes after it', async () => {
        await store.open();
        const [block] = maker.chain(1) as [StoredBlock];
        const closing = store.close();
        const closed = { name: 'StoreError', code: 'closed' };
        await expect(append(block)).rejects.toMatchObject(closed);
        await closing;
        await expect(store.blocks(0, 1, 1)).rejects.toMatchObject(closed);
        await expect(store.heightOf(block.hash)).rejects.toMatchObject(closed);
        await expect(store.containsItems(block.items)).rejects.toMatchObject(closed);
        await expect(store.sideBlocks(0, 1, 1)).rejects.toMatchObject(closed);
        await expect(store.sideBlock(block.hash)).rejects.toMatchObject(closed);
        expect((await reopened()).count).toBe(0);
      });

      it('twice is closing once', async () => {
        await store.open();
        await Promise.all([store.close(), store.close()]);
        await store.close();
        expect((await reopened()).count).toBe(0);
      });
    });
  });
}
