/**
 * A peer's chain in IndexedDB: one database for each network and slot (design.md, Identity).
 *
 * Opening reads a bounded number of records however long the chain is. Changes that wait while one is being written go
 * together into the next transaction. It judges nothing (core/storage/store.ts).
 */
import type { IDBPDatabase } from 'idb';
import type { Hash, ItemId } from '../../core/crypto/keys.ts';
import { StoreError } from '../../core/errors.ts';
import type {
  Change,
  KeptBlock,
  Opened,
  PendingItem,
  SideBlock,
  StorageKind,
  Store,
} from '../../core/storage/store.ts';
import { Database } from './database.ts';
import {
  type Prepared,
  readBlocks,
  readOpened,
  readPending,
  readSideBlock,
  readSideBlocks,
  writeChanges,
} from './records.ts';
import { type ChainSchema, createStores, schemaVersion, whole } from './schema.ts';
import type { FrameWriter } from './zstd.ts';

/** Changes that go into one transaction at most: what fails together is done again one by one. */
const groupedChanges = 64;

interface Asked {
  readonly change: Change;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** `mccloud/<network>/<slot>`. */
export function storeName(network: string, slot: number): string {
  return `mccloud/${network}/${slot}`;
}

export class IndexedDbStore implements Store {
  readonly #database: Database<ChainSchema>;
  readonly #frames: FrameWriter;
  #kind: StorageKind = 'best-effort';
  #asked: Asked[] = [];
  #writing = false;
  #closed = false;
  /** Settles when every change asked for so far is written or has failed. */
  #settled: Promise<unknown> = Promise.resolve();
  #nextOrder = 0;
  #nextEntry = 0;
  #count = 0;

  constructor(name: string, frames: FrameWriter) {
    this.#database = new Database<ChainSchema>(name, schemaVersion, createStores);
    this.#frames = frames;
  }

  get kind(): StorageKind {
    return this.#kind;
  }

  async open(): Promise<Opened> {
    const persisted = isPersisted();
    await this.#database.open();
    const { opened, nextOrder, nextEntry } = await this.#database.run(readOpened);
    this.#kind = (await persisted) ? 'persistent' : 'best-effort';
    this.#count = opened.count;
    this.#nextOrder = nextOrder;
    this.#nextEntry = nextEntry;
    return opened;
  }

  async change(change: Change): Promise<void> {
    if (this.#closed) throw new StoreError('closed', 'the store is closed');
    const written = new Promise<void>((done, failed) => this.#asked.push({ change, done, failed }));
    this.#settled = written.catch(() => undefined);
    if (!this.#writing) void this.#writeAll();
    await written;
  }

  async blocks(from: number, count: number, maxBytes: number): Promise<KeptBlock[]> {
    return await this.#read((database) => readBlocks(database, from, count, maxBytes));
  }

  async heightOf(hash: Hash): Promise<number | undefined> {
    return await this.#read((database) => database.getKeyFromIndex('blocks', 'hash', whole(hash)));
  }

  async containsItems(ids: readonly ItemId[]): Promise<boolean[]> {
    return (await this.itemHeights(ids)).map((height) => height !== undefined);
  }

  /** For each id the height of the first block that holds it. */
  async itemHeights(ids: readonly ItemId[]): Promise<(number | undefined)[]> {
    return await this.#read(async (database) => {
      const index = database.transaction('blocks').store.index('items');
      return await Promise.all(ids.map((id) => index.getKey(whole(id))));
    });
  }

  async sideBlocks(from: number, count: number, maxBytes: number): Promise<SideBlock[]> {
    return await this.#read((database) => readSideBlocks(database, from, count, maxBytes));
  }

  async sideBlock(hash: Hash): Promise<SideBlock | undefined> {
    return await this.#read((database) => readSideBlock(database, hash));
  }

  /** What waits here, oldest first, without opening the rest: for a slot that nobody holds. */
  async pending(): Promise<PendingItem[]> {
    await this.#database.open();
    return await this.#database.run(readPending);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#settled;
    this.#database.close();
  }

  /** Sees every change asked for so far. */
  async #read<T>(work: (database: IDBPDatabase<ChainSchema>) => Promise<T>): Promise<T> {
    await this.#settled;
    return await this.#database.run(work);
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    while (this.#asked.length > 0) {
      const group = this.#asked.splice(0, groupedChanges);
      const failure = await this.#written(group.map(({ change }) => change));
      if (failure === undefined) for (const { done } of group) done();
      else if (group.length === 1) group[0]?.failed(failure.error);
      else await this.#writeOneByOne(group);
    }
    this.#writing = false;
  }

  async #writeOneByOne(group: readonly Asked[]): Promise<void> {
    for (const { change, done, failed } of group) {
      const failure = await this.#written([change]);
      if (failure === undefined) done();
      else failed(failure.error);
    }
  }

  async #written(changes: readonly Change[]): Promise<{ readonly error: unknown } | undefined> {
    try {
      this.#expectToFollow(changes);
      const prepared = changes.map((change) => this.#prepared(change));
      const options = { durable: changes.some(({ durable }) => durable), held: this.#count };
      await this.#database.run((database) => writeChanges(database, prepared, options));
      for (const { cutTo, append } of changes) this.#count = (cutTo ?? this.#count) + append.length;
      return undefined;
    } catch (error) {
      return { error };
    }
  }

  /** A change that rests on one which failed must fail too, or the chain would have a hole. */
  #expectToFollow(changes: readonly Change[]): void {
    let count = this.#count;
    for (const { cutTo, append } of changes) {
      const kept = cutTo ?? count;
      if (kept > count || (append[0]?.height ?? kept) !== kept) {
        throw new StoreError('failed', `blocks from height ${kept} do not follow the ${count} that are held`);
      }
      count = kept + append.length;
    }
  }

  /** All that costs time is done before the transaction begins; the numbers stay the same if it is done twice. */
  #prepared(change: Change): Prepared {
    const { signed, sideAdded, notes, cutTo, append, sideRemoved, pendingAdded, pendingRemoved } = change;
    return {
      side: sideAdded.map(({ hash, parent, height, unverified, bytes }) => ({
        hash: whole(hash),
        parent: whole(parent),
        height,
        unverified,
        frame: whole(this.#frames.frameOf(bytes)),
      })),
      sideRemoved,
      notes,
      cutTo,
      blocks: append.map(({ height, hash, items, unverified, bytes }) => ({
        height,
        hash: whole(hash),
        items: items.map(whole),
        unverified,
        frame: whole(this.#frames.frameOf(bytes)),
      })),
      pending: pendingAdded.map(({ id, bytes }) => ({
        id: whole(id),
        bytes: whole(bytes),
        order: this.#nextOrder++,
      })),
      removed: pendingRemoved,
      signed: signed === undefined ? undefined : { ...signed, entry: this.#nextEntry++ },
    };
  }
}

async function isPersisted(): Promise<boolean> {
  try {
    return await navigator.storage.persisted();
  } catch {
    // Insecure pages have no `navigator.storage`.
    return false;
  }
}
