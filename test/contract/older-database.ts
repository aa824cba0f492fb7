/**
 * A tab's database as the first version made it is opened by this one with all that it holds, on whichever IndexedDB.
 *
 * The first version's object stores are written out here and never changed; their records are the same today.
 */
import { openDB } from 'idb';
import { describe, expect, it } from 'vitest';
import type { Opened, SideBlock, Store, StoredBlock } from '../../core/storage/store.ts';
import { ChainMaker, noChange } from './material.ts';
import {
  expectChain,
  expectJournal,
  expectKept,
  expectNotes,
  expectPending,
  expectSame,
  expectSide,
} from './store-expectations.ts';

/** @param make a store, not opened, on the database of this name */
export function olderDatabaseContract(nextName: () => string, make: (name: string) => Store): void {
  describe('a database of the first version', () => {
    it('is opened with all that it holds, and takes what it had no place for', async () => {
      const { name, chain, before } = await firstVersion(nextName, make);
      const store = make(name);
      expectSameOpened(await store.open(), before);
      await expectChain(store, chain);
      await expectSide(store, []);
      const maker = new ChainMaker(2);
      const [next] = maker.chain(1, chain.at(-1)) as [StoredBlock];
      const [left] = maker.branch(1, chain[3] as StoredBlock) as [SideBlock];
      const notes = [{ name: 'addresses', bytes: maker.bytes(30) }] as const;
      await store.change({ ...noChange, append: [next], sideAdded: [left], notes });
      await store.close();
      const again = make(name);
      expectNotes(await again.open(), notes);
      await expectChain(again, [...chain, next]);
      await expectSide(again, [left]);
      await again.close();
      indexedDB.deleteDatabase(name);
    });

    it('that another page still has open is opened, for that page lets go of it', async () => {
      const { name, before } = await firstVersion(nextName, make);
      const other = await openDB(name, 1, { blocking: () => other.close() });
      const store = make(name);
      expectSameOpened(await store.open(), before);
      await store.close();
      indexedDB.deleteDatabase(name);
    });
  });
}

interface Written {
  readonly name: string;
  readonly chain: readonly StoredBlock[];
  readonly before: Opened;
}

/** What this version writes, put into a database of the first. */
async function firstVersion(nextName: () => string, make: (name: string) => Store): Promise<Written> {
  const [source, name] = [nextName(), nextName()];
  const maker = new ChainMaker(1);
  const chain = maker.chain(12);
  const store = make(source);
  await store.open();
  const pendingAdded = [maker.pending(), maker.pending()];
  const [root, second] = chain as [StoredBlock, StoredBlock];
  await store.change({ ...noChange, append: chain, pendingAdded, signed: maker.signed(undefined) });
  await store.change({ ...noChange, cutTo: 2, signed: maker.signed(second.hash) });
  await store.change({ ...noChange, durable: true, append: chain.slice(2), signed: maker.signed(root.hash) });
  await store.close();
  const again = make(source);
  const before = await again.open();
  await again.close();
  await copy(source, name);
  indexedDB.deleteDatabase(source);
  return { name, chain, before };
}

const firstStores = ['blocks', 'pending', 'journal', 'signed'];

async function copy(source: string, name: string): Promise<void> {
  const from = await openDB(source);
  const to = await openDB(name, 1, {
    upgrade(database) {
      const blocks = database.createObjectStore('blocks', { keyPath: 'height' });
      blocks.createIndex('hash', 'hash');
      blocks.createIndex('items', 'items', { multiEntry: true });
      database.createObjectStore('pending', { keyPath: 'id' });
      database.createObjectStore('journal');
      database.createObjectStore('signed');
    },
  });
  for (const store of firstStores) {
    const [keys, values] = [await from.getAllKeys(store), await from.getAll(store)];
    const hasOwnKeys = to.transaction(store).store.keyPath === null;
    for (const [place, value] of values.entries()) await to.put(store, value, hasOwnKeys ? keys[place] : undefined);
  }
  from.close();
  to.close();
}

function expectSameOpened(opened: Opened, before: Opened): void {
  expect([opened.count, opened.journal.length, opened.pending.length]).toEqual([12, 3, 2]);
  expectSame(opened.root, before.root);
  expectKept(opened.recent, before.recent);
  expectPending(opened, before.pending);
  expectJournal(opened.journal, before.journal);
  expectSame(opened.lastSigned, before.lastSigned);
  expectNotes(opened, []);
}
