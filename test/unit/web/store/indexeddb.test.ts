/**
 * IndexedDB as a store, on an IndexedDB in memory; test/browser/platform runs the same contract in a real Chromium.
 */
import 'fake-indexeddb/auto';
import { forceCloseDatabase, IDBFactory } from 'fake-indexeddb';
import { openDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StoredBlock } from '../../../../core/storage/store.ts';
import { extractZstdWasm } from '../../../../scripts/extract-wasm.ts';
import { IndexedDbStore, storeName } from '../../../../web/store/indexeddb.ts';
import { FrameWriter } from '../../../../web/store/zstd.ts';
import { ChainMaker, noChange } from '../../../contract/material.ts';
import { olderDatabaseContract } from '../../../contract/older-database.ts';
import { storeContract } from '../../../contract/store.ts';

const raw = new FrameWriter();
const compressing = new FrameWriter();
await compressing.load(await WebAssembly.compile(extractZstdWasm()));

const name = storeName('main', 0);
const unlimited = 64 * 1024 * 1024;

beforeEach(() => vi.stubGlobal('indexedDB', new IDBFactory()));
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

storeContract('IndexedDB', async () => ({
  store: new IndexedDbStore(name, compressing),
  // Frames of both kinds are read by whatever opens the database next.
  reopen: async () => new IndexedDbStore(name, raw),
  dispose: async () => undefined,
}));

let databases = 0;
olderDatabaseContract(
  () => storeName('main', ++databases),
  (other) => new IndexedDbStore(other, compressing),
);

async function opened(frames = raw): Promise<IndexedDbStore> {
  const store = new IndexedDbStore(name, frames);
  await store.open();
  return store;
}

const append = (...blocks: readonly StoredBlock[]) => ({ ...noChange, append: blocks });

/** The connections that are opened from now on. */
function connections(): IDBDatabase[] {
  const found: IDBDatabase[] = [];
  const open = IDBFactory.prototype.open;
  vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(function (this: IDBFactory, ...args) {
    const request = open.apply(this, args);
    request.addEventListener('success', () => found.push(request.result));
    return request;
  });
  return found;
}

/** Every attempt to put a block of this height fails with this error. */
function failPuts(height: number, error: DOMException): void {
  const put = IDBObjectStore.prototype.put;
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value, key) {
    if (value.height === height) throw error;
    return key === undefined ? put.call(this, value) : put.call(this, value, key);
  });
}

describe('the IndexedDB store', () => {
  it('keeps networks and slots apart', async () => {
    const [block] = new ChainMaker(1).chain(1) as [StoredBlock];
    const store = await opened();
    await store.change(append(block));
    for (const other of [storeName('main', 1), storeName('other', 0)]) {
      expect((await new IndexedDbStore(other, raw).open()).count).toBe(0);
    }
  });

  it('waits for the disk exactly when a change is to be durable', async () => {
    const store = await opened();
    const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction');
    const [first, second] = new ChainMaker(1).chain(2) as [StoredBlock, StoredBlock];
    await store.change(append(first));
    await store.change({ ...append(second), durable: true });
    const durabilities = transaction.mock.calls.map(([, , options]) => options?.durability);
    expect(durabilities).toEqual(['relaxed', 'strict']);
  });

  it('writes changes that wait together, and each of them whole', async () => {
    const store = await opened();
    const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction');
    const chain = new ChainMaker(1).chain(50);
    await Promise.all(chain.map((block) => store.change(append(block))));
    expect(transaction.mock.calls.length).toBeLessThan(5);
    expect(await store.blocks(0, 99, unlimited)).toHaveLength(50);
  });

  it('lets of changes that wait together those fail that must, and those that rest on them', async () => {
    const store = await opened();
    const maker = new ChainMaker(1);
    const chain = maker.chain(4);
    failPuts(2, new DOMException('too much', 'QuotaExceededError'));
    const pending = maker.pending();
    const changes = [...chain.map((block) => append(block)), { ...noChange, pendingAdded: [pending] }];
    const results = await Promise.allSettled(changes.map((change) => store.change(change)));
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect(await store.blocks(0, 99, unlimited)).toHaveLength(2);
    expect(await store.pending()).toEqual([pending]);
  });

  it('says that it is full, and has then applied nothing of the change', async () => {
    const store = await opened();
    const chain = new ChainMaker(1).chain(3);
    const pending = new ChainMaker(2).pending();
    failPuts(1, new DOMException('too much', 'QuotaExceededError'));
    const change = { ...append(...chain), pendingAdded: [pending] };
    await expect(store.change(change)).rejects.toMatchObject({ name: 'StoreError', code: 'full' });
    expect(await store.blocks(0, 99, unlimited)).toEqual([]);
    expect(await store.pending()).toEqual([]);
  });

  it('says that it cannot be opened', async () => {
    vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => {
      throw new DOMException('no storage in private windows', 'SecurityError');
    });
    const store = new IndexedDbStore(name, raw);
    await expect(store.open()).rejects.toMatchObject({ name: 'StoreError', code: 'unavailable' });
    await store.close();
  });

  it('is persistent when the browser has promised it', async () => {
    expect((await opened()).kind).toBe('best-effort');
    vi.stubGlobal('navigator', { storage: { persisted: async () => true } });
    expect((await opened()).kind).toBe('persistent');
  });

  it('tells the height of the first block that holds an item', async () => {
    const maker = new ChainMaker(1);
    const repeated = maker.data();
    const first = maker.block(undefined, [maker.data()]);
    const second = maker.block(first, [repeated]);
    const third = maker.block(second, [repeated, maker.data()]);
    const store = await opened();
    await store.change(append(first, second, third));
    const ids = [first.items[0], second.items[0], third.items[1], maker.block(third).items[0]];
    expect(await store.itemHeights(ids.filter((id) => id !== undefined))).toEqual([0, 1, 2, undefined]);
  });

  it('tells what is pending without being opened as a whole', async () => {
    const maker = new ChainMaker(1);
    const items = [maker.pending(), maker.pending()];
    const store = await opened();
    await store.change({ ...noChange, pendingAdded: items });
    await store.close();
    expect(await new IndexedDbStore(name, raw).pending()).toEqual(items);
  });

  it('stores of a view only what it shows', async () => {
    const store = await opened();
    const [block] = new ChainMaker(1).chain(1) as [StoredBlock];
    const large = new Uint8Array(100_000);
    large.set(block.hash, 50);
    await store.change(append({ ...block, hash: large.subarray(50, 82) as StoredBlock['hash'] }));
    const [record] = await (await openDB(name)).getAll('blocks');
    expect(record.hash.buffer.byteLength).toBe(32);
    expect(await store.heightOf(block.hash)).toBe(0);
  });
});

describe('a lost connection', () => {
  it('is opened again for a change and for reading, as if nothing had been', async () => {
    const found = connections();
    const store = await opened();
    const chain = new ChainMaker(1).chain(4);
    await store.change(append(...chain.slice(0, 2)));
    forceCloseDatabase(found[0] as never);
    await store.change(append(...chain.slice(2)));
    forceCloseDatabase(found[1] as never);
    expect(await store.blocks(0, 9, unlimited)).toHaveLength(4);
    expect(found).toHaveLength(3);
  });

  it.each(['InvalidStateError', 'UnknownError'])('that shows as %s only when it is used is, too', async (errorName) => {
    const store = await opened();
    const transaction = IDBDatabase.prototype.transaction;
    let failures = 1;
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
      if (failures-- > 0) throw new DOMException('the connection is closing', errorName);
      return transaction.apply(this, args);
    });
    const chain = new ChainMaker(1).chain(2);
    await store.change(append(...chain));
    expect(await store.blocks(0, 9, unlimited)).toHaveLength(2);
  });

  it('that is lost again at once is a failure, and no endless loop', async () => {
    const found = connections();
    const store = await opened();
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(() => {
      throw new DOMException('the connection is closing', 'InvalidStateError');
    });
    await expect(store.heightOf(new ChainMaker(1).chain(1)[0]?.hash as StoredBlock['hash'])).rejects.toMatchObject({
      code: 'failed',
    });
    expect(found).toHaveLength(2);
  });

  it('is given up for whoever deletes the database, and no chain with a hole grows in its place', async () => {
    const store = await opened();
    const chain = new ChainMaker(1).chain(4);
    await store.change(append(...chain.slice(0, 3)));
    await new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(name);
      request.onsuccess = resolve;
      request.onerror = reject;
    });
    await expect(store.change(append(...chain.slice(3)))).rejects.toMatchObject({ code: 'failed' });
    expect(await store.blocks(0, 9, unlimited)).toEqual([]);
  });
});
