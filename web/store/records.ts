/**
 * The transactions that read and write the records of a chain in IndexedDB (schema.ts).
 */
import type { IDBPDatabase, IDBPObjectStore, IDBPTransaction } from 'idb';
import { acceptedBlockBytes } from '../../core/chain/block.ts';
import { type Hash, hashFrom, type ItemId, itemIdFrom } from '../../core/crypto/keys.ts';
import { StoreError } from '../../core/errors.ts';
import {
  journalEntries,
  type KeptBlock,
  type Note,
  type Opened,
  type PendingItem,
  recentBlocks,
  type SideBlock,
  type SignedBlock,
} from '../../core/storage/store.ts';
import { decompressCapped } from '../../core/storage/zstd.ts';
import { type BlockRecord, type ChainSchema, type PendingRecord, type SideRecord, whole } from './schema.ts';

/** A change with everything in it that costs time already done. */
export interface Prepared {
  readonly cutTo: number | undefined;
  readonly blocks: readonly BlockRecord[];
  readonly pending: readonly PendingRecord[];
  readonly removed: readonly ItemId[];
  readonly side: readonly SideRecord[];
  readonly sideRemoved: readonly Hash[];
  readonly notes: readonly Note[];
  readonly signed: (SignedBlock & { readonly entry: number }) | undefined;
}

export interface OpenedRecords {
  readonly opened: Opened;
  /** The `order` of the next pending item. */
  readonly nextOrder: number;
  /** The key of the next entry of the journal. */
  readonly nextEntry: number;
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
  const [last, first, pending, entries, lastEntry, lastSigned, notes] = await Promise.all([
    blocks.openKeyCursor(null, 'prev'),
    blocks.get(0),
    transaction.objectStore('pending').getAll(),
    journal.getAll(),
    journal.openKeyCursor(null, 'prev'),
    transaction.objectStore('signed').get(newest),
    transaction.objectStore('notes').getAll(),
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
      notes,
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

/** As `Store.sideBlocks` says. */
export async function readSideBlocks(
  database: IDBPDatabase<ChainSchema>,
  from: number,
  count: number,
  maxBytes: number,
): Promise<SideBlock[]> {
  const store = database.transaction('side').store;
  const keys = await store.index('order').getAllKeys();
  const found: SideBlock[] = [];
  let length = 0;
  for (const key of keys.slice(from, from + count)) {
    const block = sideBlock((await store.get(key)) as SideRecord);
    length += block.bytes.length;
    if (length > maxBytes && found.length > 0) break;
    found.push(block);
  }
  return found;
}

export async function readSideBlock(database: IDBPDatabase<ChainSchema>, hash: Hash): Promise<SideBlock | undefined> {
  const record = await database.get('side', whole(hash));
  return record && sideBlock(record);
}

type StoreName = 'blocks' | 'pending' | 'journal' | 'signed' | 'side' | 'notes';
type Writing = IDBPTransaction<ChainSchema, StoreName[], 'readwrite'>;

const storeNames: readonly StoreName[] = ['blocks', 'pending', 'journal', 'signed', 'side', 'notes'];
const newest = 'newest';
/** Records read at once before their size is known, and at most. */
const firstRead = 4;
const mostRead = 64;

function scopeOf(changes: readonly Prepared[]): StoreName[] {
  return storeNames.filter((name) => changes.some((change) => touches(change, name)));
}

function touches(change: Prepared, name: StoreName): boolean {
  const { cutTo, blocks, pending, removed, side, sideRemoved, notes, signed } = change;
  const isTouched: Record<StoreName, boolean> = {
    blocks: cutTo !== undefined || blocks.length > 0,
    pending: pending.length + removed.length > 0,
    journal: signed !== undefined,
    signed: signed !== undefined,
    side: side.length + sideRemoved.length > 0,
    notes: notes.length > 0,
  };
  return isTouched[name];
}

/** Asks for the steps of one change one after the other, in their order; each bears being done twice. */
function* put(
  transaction: Writing,
  { cutTo, blocks, pending, removed, side, sideRemoved, notes, signed }: Prepared,
): Generator<Promise<unknown>> {
  if (signed !== undefined) {
    const { parent, hash, bytes, entry } = signed;
    const journal = transaction.objectStore('journal');
    yield journal.put({ parent: parent === undefined ? undefined : whole(parent), hash: whole(hash) }, entry);
    yield transaction.objectStore('signed').put(whole(bytes), newest);
    yield dropEntry(journal, entry - journalEntries);
  }
  for (const block of side) yield transaction.objectStore('side').put(block);
  for (const { name, bytes } of notes) yield transaction.objectStore('notes').put({ name, bytes: whole(bytes) });
  if (cutTo !== undefined) yield transaction.objectStore('blocks').delete(IDBKeyRange.lowerBound(cutTo));
  for (const block of blocks) yield transaction.objectStore('blocks').put(block);
  for (const hash of sideRemoved) yield transaction.objectStore('side').delete(whole(hash));
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

function keptBlock({ frame, unverified }: BlockRecord | SideRecord): KeptBlock {
  return { bytes: decompressCapped(frame, acceptedBlockBytes), unverified };
}

function sideBlock(record: SideRecord): SideBlock {
  const { hash, parent, height } = record;
  return { hash: hashFrom(hash), parent: hashFrom(parent), height, ...keptBlock(record) };
}

function pendingItem({ id, bytes }: PendingRecord): PendingItem {
  return { id: itemIdFrom(id), bytes };
}

function inOrder(pending: readonly PendingRecord[]): PendingRecord[] {
  return pending.toSorted((a, b) => a.order - b.order);
}
