/**
 * docs/protocol.md says how a chain lies in IndexedDB: the database a store has made is opened without it and compared.
 */
import { readFileSync } from 'node:fs';
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { openDB } from 'idb';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { journalEntries } from '../../../core/storage/store.ts';
import { decompressCapped } from '../../../core/storage/zstd.ts';
import { IndexedDbStore, storeName } from '../../../web/store/indexeddb.ts';
import { FrameWriter } from '../../../web/store/zstd.ts';
import { ChainMaker, noChange } from '../../contract/material.ts';

const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');
const [, section = ''] = page.split('## A chain in IndexedDB');

interface Row {
  readonly key: string;
  readonly indexes: readonly string[];
  readonly fields: readonly string[];
}

/** The rows of the page's table, by object store. */
function documented(): Map<string, Row> {
  const rows = [...section.matchAll(/^\| `(\w+)` \| (.*) \| ?(.*) \| (.*) \|$/gm)];
  return new Map(
    rows.map(([, name = '', key = '', indexes = '', fields = '']) => [
      name,
      { key, indexes: words(indexes), fields: words(fields) },
    ]),
  );
}

function words(cell: string): string[] {
  return [...cell.matchAll(/`(\w+)`/g)].map(([, word = '']) => word);
}

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory());
  return () => vi.unstubAllGlobals();
});

/** A database after one change of every kind. */
async function written() {
  const maker = new ChainMaker(7);
  const [first, second] = maker.chain(2);
  const store = new IndexedDbStore(storeName('main', 0), new FrameWriter());
  await store.open();
  const pendingAdded = [maker.pending()];
  const append = first === undefined || second === undefined ? [] : [first, second];
  await store.change({ ...noChange, append, pendingAdded, signed: maker.signed(first?.hash) });
  await store.close();
  return { append, database: await openDB('mccloud/main/0') };
}

describe('the IndexedDB layout of docs/protocol.md', () => {
  it('names the object stores there are, and the version', async () => {
    const { database } = await written();
    expect([...database.objectStoreNames].sort()).toEqual([...documented().keys()].sort());
    expect(section).toContain(`\`mccloud/<network>/<slot>\`, version ${database.version}`);
  });

  it.each(['blocks', 'pending', 'journal', 'signed'])('gives keys, indexes and fields of %s', async (name) => {
    const { database } = await written();
    const store = database.transaction(name).store;
    const row = documented().get(name);
    expect(row?.indexes.toSorted()).toEqual([...store.indexNames].sort());
    if (typeof store.keyPath === 'string') expect(row?.key).toBe(`its \`${store.keyPath}\``);
    const [value] = await store.getAll();
    if (name === 'signed') expect([await store.getAllKeys(), value instanceof Uint8Array]).toEqual([['newest'], true]);
    else expect(Object.keys(value as object).sort()).toEqual(row?.fields.toSorted());
  });

  it('says that items are found by each of their ids', async () => {
    const { database } = await written();
    expect(database.transaction('blocks').store.index('items').multiEntry).toBe(true);
    expect(section).toContain('`items` (multi-entry)');
  });

  it('says what a frame holds', async () => {
    const { database, append } = await written();
    const record = (await database.get('blocks', 1)) as { frame: Uint8Array };
    expect(decompressCapped(record.frame, 1_000)).toEqual(append[1]?.bytes);
  });

  it('says how much of the journal stays', () => {
    expect(section).toContain(journalEntries.toLocaleString('en'));
  });
});
