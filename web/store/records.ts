/**
 * The records of a chain in IndexedDB, and the transactions that read and write them.
 *
 * A block is one record: its height, hash, item ids and its Borsh as a zstd frame, so that body and indexes change
 * together and 10,000 blocks are 10,000 records (few and large: field notes, Chrome's LevelDB compacts late).
 */
import type { DBSchema, IDBPDatabase, IDBPObjectStore, IDBPTransaction } from 'idb';
import { acceptedBlockBytes } from '../../core/chain/block.ts';
import { hashFrom, type ItemId, itemIdFrom } from '../../core/crypto/keys.ts';
import { StoreError } from '../../core/errors.ts';
import {
  journalEntries,
  type KeptBlock,
  type Opened,
  type PendingItem,
  recentBlocks,
  type SignedBlock,
} from '../../core/storage/store.ts';
import { decompressCapped } from '../../core/storage/zstd.ts';

/** Bytes that IndexedDB takes as keys: not shared between threads. */
type Bytes = Uint8Array<ArrayBuffer>;

interface BlockRecord {
  readonly height: number;
  readonly hash: Bytes;
  readonly items: readonly Bytes[];
  /** Places of the items that were not verified. */
  readonly unverified: readonly number[];
  readonly frame: Bytes;
}

interface PendingRecord {
  readonly id: Bytes;
  readonly bytes: Bytes;
  /** Rising in the order in which items were added. */
  readonly order: number;
}

interface JournalRecord {
  readonly parent: Bytes | undefined;
  readonly hash: Bytes;
}

export interface ChainSchema extends DBSchema {
  blocks: { key: number; value: BlockRecord; indexes: { hash: Bytes; items: Bytes } };
  pending: { key: Bytes; value: PendingRecord };
  /** By a number that rises with every entry. */
  journal: { key: number; value: JournalRecord };
  /** The newest block of the journal, whole, under the one key there is. */
  signed: { key: string; value: Bytes };
}

/** A change with everything in it that costs time already done. */
export interface Prepared {
  readonly cutTo: number | undefined;
  readonly blocks: readonly BlockRecord[];
  readonly pending: readonly PendingRecord[];
  readonly removed: readonly ItemId[];
  readonly signed: (SignedBlock & { readonly entry: number }) | undefined;
}

export interface OpenedRecords {
  readonly opened: Opened;
  /** The `order` of the next pending item. */
  readonly nextOrder: number;
  /** The key of the next entry of the journal. */
  readonly nextEntry: number;
}

/** Makes the object stores of a new database. */
export function createStores(database: IDBPDatabase<ChainSchema>): void {
  const blocks = database.createObjectStore('blocks', { keyPath: 'height' });
  blocks.createIndex('hash', 'hash');
  blocks.createIndex('items', 'items', { multiEntry: true });
  database.createObjectStore('pending', { keyPath: 'id' });
  database.createObjectStore('journal');
  database.createObjectStore('signed');
}

/**
 * Writes changes in one transaction, all or none.
 * @param held how many blocks there must be, if any
 */
export async function writeChanges(
  database: IDBPDatabase<ChainSchema>,
  changes: readonly Prepared[],
  { durable, held }: { readonly durable: boolean; readonly held: number },
): Promise<void> {
  const durability = durable ? 'strict' : 'relaxed';
  const transaction = database.transaction(scopeOf(changes), 'readwrite', { durability });
  // A step that fails shows in `done` too; whichever of them rejects first tells, and none may go unheard.
  const steps: Promise<unknown>[] = [transaction.done];
  try {
    if (held > 0) steps.push(expectBlocks(transaction));
    for (const change of changes) for (const step of put(transaction, change)) steps.push(step);
  } catch (error) {
    // What was asked for before the step that threw must not be committed without it.
    transaction.abort();
    await Promise.allSettled(steps);
    throw error;
  }
  await Promise.all(steps);
}

/** Everything a peer needs to begin, in one transaction: a bounded number of records. */
export async function readOpened(database: IDBPDatabase<ChainSchema>): Promise<OpenedRecords> {
  const transaction = database.transaction([...storeNames]);
  const blocks = transaction.objectStore('blocks');
  const journal = transaction.objectStore('journal');
  const [last, first, pending, entries, lastEntry, lastSigned] = await Promise.all([
    blocks.openKeyCursor(null, 'prev'),
    blocks.get(0),
    transaction.objectStore('pending').getAll(),
    journal.getAll(),
    journal.openKeyCursor(null, 'prev'),
    transaction.objectStore('signed').get(newest),
  ]);
  const count = last === null ? 0 : last.key + 1;
  const recent = count === 0 ? [] : await blocks.getAll(IDBKeyRange.lowerBound(count - recentBlocks));
  return {
    opened: {
      count,
      root: first === undefined ? undefined : hashFrom(first.hash),
      recent: recent.map(keptBlock),
      pending: inOrder(pending).map(pendingItem),
      journal: entries.map(({ parent, hash }) => ({
        parent: parent === undefined ? undefined : hashFrom(parent),
        hash: hashFrom(hash),
      })),
      lastSigned,
    },
    nextOrder: (inOrder(pending).at(-1)?.order ?? -1) + 1,
    nextEntry: lastEntry === null ? 0 : lastEntry.key + 1,
  };
}

/** What waits, oldest first. */
export async function readPending(database: IDBPDatabase<ChainSchema>): Promise<PendingItem[]> {
  return inOrder(await database.getAll('pending')).map(pendingItem);
}

/** As `Store.blocks` says. */
export async function readBlocks(
  database: IDBPDatabase<ChainSchema>,
  from: number,
  count: number,
  maxBytes: number,
): Promise<KeptBlock[]> {
  const store = database.transaction('blocks').store;
  const found: KeptBlock[] = [];
  let length = 0;
  for (let height = from, wanted = firstRead; height < from + count; ) {
    const last = Math.min(height + wanted, from + count) - 1;
    const records = await store.getAll(IDBKeyRange.bound(height, last));
    for (const record of records) {
      const block = keptBlock(record);
      length += block.bytes.length;
      if (length > maxBytes && found.length > 0) return found;
      found.push(block);
    }
    if (records.length < last - height + 1) return found;
    height = last + 1;
    // As many as fit if they are like those before.
    wanted = Math.max(1, Math.min(mostRead, Math.floor(((maxBytes - length) * found.length) / length)));
  }
  return found;
}

/** The bytes as an array of their own: a view is stored with everything around it. */
export function whole(bytes: Uint8Array): Bytes {
  const alone = bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer;
  return alone ? (bytes as Bytes) : Uint8Array.from(bytes);
}

type StoreName = 'blocks' | 'pending' | 'journal' | 'signed';
type Writing = IDBPTransaction<ChainSchema, StoreName[], 'readwrite'>;

const storeNames: readonly StoreName[] = ['blocks', 'pending', 'journal', 'signed'];
const newest = 'newest';
/** Records read at once before their size is known, and at most. */
const firstRead = 4;
const mostRead = 64;

function scopeOf(changes: readonly Prepared[]): StoreName[] {
  return storeNames.filter((name) => changes.some((change) => touches(change, name)));
}

function touches({ cutTo, blocks, pending, removed, signed }: Prepared, name: StoreName): boolean {
  if (name === 'blocks') return cutTo !== undefined || blocks.length > 0;
  if (name === 'pending') return pending.length > 0 || removed.length > 0;
  return signed !== undefined;
}

/** Asks for the steps of one change one after the other, in their order; each bears being done twice. */
function* put(
  transaction: Writing,
  { cutTo, blocks, pending, removed, signed }: Prepared,
): Generator<Promise<unknown>> {
  if (signed !== undefined) {
    const { parent, hash, bytes, entry } = signed;
    const journal = transaction.objectStore('journal');
    yield journal.put({ parent: parent === undefined ? undefined : whole(parent), hash: whole(hash) }, entry);
    yield transaction.objectStore('signed').put(whole(bytes), newest);
    yield dropEntry(journal, entry - journalEntries);
  }
  if (cutTo !== undefined) yield transaction.objectStore('blocks').delete(IDBKeyRange.lowerBound(cutTo));
  for (const block of blocks) yield transaction.objectStore('blocks').put(block);
  for (const item of pending) yield transaction.objectStore('pending').put(item);
  for (const id of removed) yield transaction.objectStore('pending').delete(whole(id));
}

/** What is older than the newest 4,096 entries is too deep for any fork, but a second first block never is. */
async function dropEntry(journal: Journal, entry: number): Promise<void> {
  const old = entry < 0 ? undefined : await journal.get(entry);
  if (old?.parent !== undefined) await journal.delete(entry);
}

type Journal = IDBPObjectStore<ChainSchema, StoreName[], 'journal', 'readwrite'>;

/** A database that was emptied behind our back (the user may) must not become a chain with a hole. */
async function expectBlocks(transaction: Writing): Promise<void> {
  if (!transaction.objectStoreNames.contains('blocks')) return;
  if ((await transaction.objectStore('blocks').getKey(0)) !== undefined) return;
  transaction.abort();
  throw new StoreError('failed', 'the database was emptied while it was in use');
}

function keptBlock({ frame, unverified }: BlockRecord): KeptBlock {
  return { bytes: decompressCapped(frame, acceptedBlockBytes), unverified };
}

function pendingItem({ id, bytes }: PendingRecord): PendingItem {
  return { id: itemIdFrom(id), bytes };
}

function inOrder(pending: readonly PendingRecord[]): PendingRecord[] {
  return pending.toSorted((a, b) => a.order - b.order);
}
