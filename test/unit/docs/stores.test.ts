/**
 * docs/protocol.md says how a chain lies in IndexedDB and in a folder: what a store has made is opened without it and
 * compared. The layouts of the folder's records are written out here as the page gives them.
 */

import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { openDB } from 'idb';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  byteVector,
  type Codec,
  decode,
  fixedBytes,
  option,
  struct,
  u32,
  union,
  vector,
} from '../../../core/codec/codec.ts';
import { nobleCurve, nobleVerifier } from '../../../core/crypto/noble-curve.ts';
import { journalEntries, type SideBlock } from '../../../core/storage/store.ts';
import { decompressCapped } from '../../../core/storage/zstd.ts';
import { folderDisk } from '../../../relay/store/disk.ts';
import { FileStore } from '../../../relay/store/files.ts';
import { openIdentity } from '../../../relay/store/identity.ts';
import { keepNetworkName } from '../../../relay/store/network-name.ts';
import { Keys } from '../../../web/identity.ts';
import { mostSlots } from '../../../web/slot.ts';
import { IndexedDbStore, storeName } from '../../../web/store/indexeddb.ts';
import { FrameWriter } from '../../../web/store/zstd.ts';
import { ChainMaker, noChange } from '../../contract/material.ts';
import { Seeded } from '../../model/seeded.ts';

const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');
const [, section = ''] = page.split('## A chain in IndexedDB');
const [, folderSection = ''] = page.split('## A chain in a folder');

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
  const sideAdded = first === undefined ? [] : maker.branch(1, first);
  const notes = [{ name: 'addresses', bytes: maker.bytes(9) }] as const;
  await store.change({ ...noChange, append, pendingAdded, signed: maker.signed(first?.hash), sideAdded, notes });
  await store.close();
  return { append, database: await openDB('mccloud/main/0') };
}

describe('the IndexedDB layout of docs/protocol.md', () => {
  it('names the object stores there are, and the version', async () => {
    const { database } = await written();
    expect([...database.objectStoreNames].sort()).toEqual([...documented().keys()].sort());
    expect(section).toContain(`\`mccloud/<network>/<slot>\`, version ${database.version}`);
  });

  it.each(['blocks', 'pending', 'journal', 'signed', 'side', 'notes'])(
    'gives keys, indexes and fields of %s',
    async (name) => {
      const { database } = await written();
      const store = database.transaction(name).store;
      const row = documented().get(name);
      const keyPaths = [...store.indexNames].flatMap((index) => store.index(index).keyPath);
      const shown = name === 'side' ? [...store.indexNames, ...keyPaths] : [...store.indexNames];
      expect(row?.indexes.toSorted()).toEqual(shown.sort());
      if (typeof store.keyPath === 'string') expect(row?.key).toBe(`its \`${store.keyPath}\``);
      const [value] = await store.getAll();
      const [key] = await store.getAllKeys();
      if (name === 'signed') expect([key, value instanceof Uint8Array]).toEqual(['newest', true]);
      else expect(Object.keys(value as object).sort()).toEqual(row?.fields.toSorted());
    },
  );

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

  it('says where the keys of slots are, and by what a slot is held', async () => {
    const keys = new Keys('main');
    await keys.secretOf(3, nobleCurve, new Seeded(1).random);
    keys.close();
    const database = await openDB('mccloud/main/keys');
    expect([...database.objectStoreNames]).toEqual(['keys']);
    expect(await database.getAllKeys('keys')).toEqual([3]);
    expect(section).toContain(`\`mccloud/<network>/keys\`, version ${database.version}`);
    expect(section).toContain(`There are ${mostSlots} slots`);
  });

  it('says how much of the journal stays', () => {
    expect(section).toContain(journalEntries.toLocaleString('en'));
  });
});

const bytes32 = fixedBytes<Uint8Array>(32);
const anyBytes = byteVector(2 ** 20);
const itemsRecord = struct({ hash: bytes32, items: vector(bytes32, 99), unverified: vector(u32, 99) });
const journalRecord = struct({ parent: option(bytes32), hash: bytes32, bytes: anyBytes });
const sideRecord = union({
  added: {
    number: 0,
    codec: struct({ hash: bytes32, parent: bytes32, height: u32, unverified: vector(u32, 99), frame: anyBytes }),
  },
  removed: { number: 1, codec: struct({ hash: bytes32 }) },
});
const noteRecord = struct({ bytes: anyBytes });
const pendingRecord = union({
  added: { number: 0, codec: struct({ id: bytes32, bytes: anyBytes }) },
  removed: { number: 1, codec: struct({ id: bytes32 }) },
});

/** The records of a file, by the page: length, CRC-32, payload. */
function records<T>(file: Buffer, codec: Codec<T>): T[] {
  const found: T[] = [];
  for (let start = 0; start < file.length; ) {
    const length = file.readUInt32LE(start);
    const payload = file.subarray(start + 8, start + 8 + length);
    expect(file.readUInt32LE(start + 4)).toBe(crc32(payload));
    found.push(decode(codec, Uint8Array.from(payload)));
    start += 8 + length;
  }
  return found;
}

describe('the folder of docs/protocol.md', () => {
  let folder = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mccloud-docs-'));
    return () => rm(folder, { recursive: true });
  });

  async function fileOf(name: string): Promise<Buffer> {
    return await readFile(join(folder, name));
  }

  it('holds the files that the page names, with the records it lays out', async () => {
    const maker = new ChainMaker(8);
    const [first, second] = maker.chain(2);
    if (first === undefined || second === undefined) throw new Error('two blocks were asked for');
    const [item, signed] = [maker.pending(), maker.signed(first.hash)];
    const store = new FileStore(folderDisk(folder), nobleVerifier);
    await openIdentity(folder);
    await keepNetworkName(folder, 'main');
    await store.open();
    await store.change({ ...noChange, append: [first, second], pendingAdded: [item], signed });
    const [left, gone] = maker.branch(2, first) as [SideBlock, SideBlock];
    const notes = (['addresses', 'votes'] as const).map((name) => ({ name, bytes: maker.bytes(9) }));
    await store.change({ ...noChange, pendingRemoved: [item.id], sideAdded: [left], notes });
    await store.change({ ...noChange, sideAdded: [gone] });
    await store.change({ ...noChange, sideRemoved: [gone.hash] });
    const names = await readdir(folder);
    await store.close();

    const named = [...folderSection.matchAll(/^\| `([\w.-]+)` \| [^|]* \| [^|]* \|$/gm)].map(([, name]) => name);
    expect(named.filter((name) => name !== 'reorganisation.db').sort()).toEqual(names.sort());
    expect(records(await fileOf('items.db'), itemsRecord)).toEqual(
      [first, second].map(({ hash, items, unverified }) => ({ hash, items, unverified })),
    );
    expect(records(await fileOf('journal.db'), journalRecord)).toEqual([signed]);
    expect(records(await fileOf('pending.db'), pendingRecord)).toEqual([
      { kind: 'added', ...item },
      { kind: 'removed', id: item.id },
    ]);
    const [added, addedToo, removed] = records(await fileOf('side-branches.db'), sideRecord);
    expect(removed).toEqual({ kind: 'removed', hash: gone.hash });
    for (const [record, block] of [
      [added, left],
      [addedToo, gone],
    ] as const) {
      if (record?.kind !== 'added') throw new Error('a block was added');
      const { kind, frame, ...fields } = record;
      expect({ ...fields, bytes: decompressCapped(frame, 1_000) }).toEqual(block);
    }
    for (const { name, bytes } of notes) {
      expect(records(await fileOf(`${name}.db`), noteRecord)).toEqual([{ bytes }]);
      expect((await stat(join(folder, `${name}.db`))).mode & 0o777).toBe(0o600);
    }
    expect(JSON.parse((await fileOf('identity')).toString())).toEqual({
      secret: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect((await fileOf('network')).toString()).toBe('main\n');
  });
});
