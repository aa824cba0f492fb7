/**
 * What stands in the IndexedDB database of a chain: its object stores, their records, and how one of an earlier version
 * becomes one of this.
 *
 * A block is one record: its height, hash, item ids and its Borsh as a zstd frame, so that body and indexes change
 * together and 10,000 blocks are 10,000 records (few and large: field notes, Chrome's LevelDB compacts late).
 */
import type { DBSchema, IDBPDatabase } from 'idb';
import type { Note, NoteName } from '../../core/storage/store.ts';

/** Bytes that IndexedDB takes as keys: not shared between threads. */
export type Bytes = Uint8Array<ArrayBuffer>;

export interface BlockRecord {
  readonly height: number;
  readonly hash: Bytes;
  readonly items: readonly Bytes[];
  /** Places of the items that were not verified. */
  readonly unverified: readonly number[];
  readonly frame: Bytes;
}

export interface SideRecord {
  readonly hash: Bytes;
  readonly parent: Bytes;
  readonly height: number;
  readonly unverified: readonly number[];
  readonly frame: Bytes;
}

export interface PendingRecord {
  readonly id: Bytes;
  readonly bytes: Bytes;
  /** Rising in the order in which items were added. */
  readonly order: number;
}

export interface JournalRecord {
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
  side: { key: Bytes; value: SideRecord; indexes: { order: [height: number, hash: Bytes] } };
  notes: { key: NoteName; value: Note };
}

/** As `Database` numbers them; each begins with the object stores it brought. */
export const schemaVersion = 2;

/** Makes the object stores that a database of an earlier version, 0 for a new one, does not have. */
export function createStores(database: IDBPDatabase<ChainSchema>, before: number): void {
  if (before < 1) createFirstStores(database);
  const side = database.createObjectStore('side', { keyPath: 'hash' });
  side.createIndex('order', ['height', 'hash']);
  database.createObjectStore('notes', { keyPath: 'name' });
}

/** The bytes as an array of their own: a view is stored with everything around it. */
export function whole(bytes: Uint8Array): Bytes {
  const alone = bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer;
  return alone ? (bytes as Bytes) : Uint8Array.from(bytes);
}

function createFirstStores(database: IDBPDatabase<ChainSchema>): void {
  const blocks = database.createObjectStore('blocks', { keyPath: 'height' });
  blocks.createIndex('hash', 'hash');
  blocks.createIndex('items', 'items', { multiEntry: true });
  database.createObjectStore('pending', { keyPath: 'id' });
  database.createObjectStore('journal');
  database.createObjectStore('signed');
}
