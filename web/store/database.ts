/**
 * One IndexedDB database that survives the loss of its connection.
 *
 * Safari ends the connections of pages in the background, Chromium those whose backing store it moves, and the user may
 * clear a site's data: what was asked for is then asked once more on a fresh connection (field notes: 121,645 failures
 * in a week of one application). Whatever is asked must therefore bear being done twice.
 */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { StoreError } from '../../core/errors.ts';

export class Database<Schema extends DBSchema> {
  readonly #name: string;
  readonly #version: number;
  readonly #create: (database: IDBPDatabase<Schema>, before: number) => void;
  #connection: Promise<IDBPDatabase<Schema>> | undefined;
  #closed = false;

  /**
   * @param version 1 for the first; one that is there in an earlier version is brought to this one
   * @param create makes the object stores that a database of version `before` does not have; 0 is a new one
   */
  constructor(name: string, version: number, create: (database: IDBPDatabase<Schema>, before: number) => void) {
    this.#name = name;
    this.#version = version;
    this.#create = create;
  }

  /** @throws StoreError `unavailable` */
  async open(): Promise<void> {
    try {
      await this.#connected();
    } catch (error) {
      throw new StoreError('unavailable', `IndexedDB cannot be opened: ${messageOf(error)}`, { cause: error });
    }
  }

  /** @throws StoreError `full`, `failed`, `closed`, and what `work` throws of that kind */
  async run<T>(work: (database: IDBPDatabase<Schema>) => Promise<T>): Promise<T> {
    if (this.#closed) throw new StoreError('closed', 'the store is closed');
    try {
      return await this.#tried(work);
    } catch (error) {
      if (!isLost(error)) throw storeError(error);
    }
    try {
      return await this.#tried(work);
    } catch (error) {
      throw storeError(error);
    }
  }

  /** Transactions under way still end. Idempotent. */
  close(): void {
    this.#closed = true;
    if (this.#connection !== undefined) this.#forget(this.#connection);
  }

  async #tried<T>(work: (database: IDBPDatabase<Schema>) => Promise<T>): Promise<T> {
    const connection = this.#connected();
    try {
      return await work(await connection);
    } catch (error) {
      if (isLost(error)) this.#forget(connection);
      throw error;
    }
  }

  #connected(): Promise<IDBPDatabase<Schema>> {
    if (this.#connection !== undefined) return this.#connection;
    const connection = openDB<Schema>(this.#name, this.#version, {
      upgrade: (database, before) => this.#create(database, before),
      terminated: () => this.#forget(connection),
      // Somebody deletes this database or brings a newer form of it: holding on would block them for ever.
      blocking: () => this.#forget(connection),
    });
    this.#connection = connection;
    connection.catch(() => this.#forget(connection));
    return connection;
  }

  #forget(connection: Promise<IDBPDatabase<Schema>>): void {
    if (this.#connection === connection) this.#connection = undefined;
    connection.then(
      (database) => database.close(),
      () => undefined,
    );
  }
}

/** Errors that say something of the connection and nothing of what was asked. */
const lostNames = new Set(['InvalidStateError', 'UnknownError', 'AbortError', 'TransactionInactiveError']);

function isLost(error: unknown): boolean {
  return error instanceof DOMException && lostNames.has(error.name);
}

function storeError(error: unknown): unknown {
  // What came from a decoder, or is a bug, is none of the database's.
  if (!(error instanceof DOMException)) return error;
  const code = error.name === 'QuotaExceededError' ? 'full' : 'failed';
  return new StoreError(code, `IndexedDB: ${error.message || error.name}`, { cause: error });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
