/**
 * A disk in memory that writes down what is done to it, and can say what a crash would have left at any moment.
 *
 * Slow and obvious, the twin of relay/store/disk.ts. After a crash the operation under way is done in part, and what was
 * not synced has a fate of its own in each file.
 */
import { concatBytes } from '../../core/codec/bytes.ts';
import { StoreError } from '../../core/errors.ts';
import type { Disk, DiskFile } from '../../relay/store/disk.ts';

export type Operation =
  | { readonly kind: 'append'; readonly name: string; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly name: string; readonly length: number }
  | { readonly kind: 'sync'; readonly name: string }
  | { readonly kind: 'replace'; readonly name: string; readonly bytes: Uint8Array }
  | { readonly kind: 'remove'; readonly name: string };

/**
 * What becomes of what was not synced. Zeros: the file had grown already when its bytes were lost. Or so many operations
 * came to the disk, and of an append after them so many bytes.
 */
export type Fate = 'kept' | 'lost' | 'zeros' | { readonly operations: number; readonly bytes: number };

export type Contents = ReadonlyMap<string, Uint8Array>;

export class RecordedDisk implements Disk {
  readonly #files: Map<string, Uint8Array>;
  readonly #before: Contents;
  readonly operations: Operation[] = [];
  held = false;
  /** Thrown by the next operation that writes and is told of here. */
  failing: ((operation: Operation) => StoreError | undefined) | undefined;

  constructor(contents: Contents = new Map()) {
    this.#before = new Map(contents);
    this.#files = new Map(contents);
  }

  get contents(): Contents {
    return this.#files;
  }

  async acquire(): Promise<void> {
    if (this.held) throw new StoreError('held', 'somebody holds it');
    this.held = true;
  }

  async release(): Promise<void> {
    this.held = false;
  }

  async read(name: string): Promise<Uint8Array> {
    return this.#files.get(name) ?? new Uint8Array(0);
  }

  async open(name: string): Promise<DiskFile> {
    if (!this.#files.has(name)) this.#files.set(name, new Uint8Array(0));
    const bytes = () => this.#files.get(name) ?? new Uint8Array(0);
    const run = (operation: Operation) => this.#run(operation);
    return {
      get length() {
        return bytes().length;
      },
      append: (added) => run({ kind: 'append', name, bytes: added.slice() }),
      truncate: (length) => run({ kind: 'truncate', name, length }),
      sync: () => run({ kind: 'sync', name }),
      close: async () => undefined,
      async read(position, length) {
        if (position + length > bytes().length) throw new StoreError('corrupt', 'read past the end');
        return bytes().slice(position, position + length);
      },
    };
  }

  replace(name: string, bytes: Uint8Array): Promise<void> {
    return this.#run({ kind: 'replace', name, bytes: bytes.slice() });
  }

  remove(name: string): Promise<void> {
    return this.#run({ kind: 'remove', name });
  }

  /** What a crash leaves that comes when `done` operations are done and the next one has written `bytes` bytes. */
  crashed(done: number, bytes = 0, fateOf: (name: string) => Fate = () => 'kept'): Contents {
    const files = new Map(this.#before);
    const operations = this.operations.slice(0, done);
    const next = this.operations[done];
    if (next?.kind === 'append') operations.push({ ...next, bytes: next.bytes.slice(0, bytes) });
    /** Operations of each file that were not synced and came to the disk all the same. */
    const arrived = new Map<string, number>();
    operations.forEach((operation, at) => {
      const { name } = operation;
      const isSynced = operations.slice(at).some((later) => syncs(later.kind) && later.name === name);
      const nth = arrived.get(name) ?? 0;
      if (!isSynced) arrived.set(name, nth + 1);
      const left = isSynced ? operation : leftOf(operation, fateOf(name), nth);
      if (left !== undefined) apply(files, left);
    });
    return files;
  }

  async #run(operation: Operation): Promise<void> {
    const error = this.failing?.(operation);
    if (error !== undefined) throw error;
    this.operations.push(operation);
    apply(this.#files, operation);
  }
}

/** @param nth of the operations of its file that were not synced */
function leftOf(operation: Operation, fate: Fate, nth: number): Operation | undefined {
  if (fate === 'kept') return operation;
  if (fate === 'lost') return undefined;
  const isAppend = operation.kind === 'append';
  if (fate === 'zeros') return isAppend ? { ...operation, bytes: new Uint8Array(operation.bytes.length) } : undefined;
  if (nth < fate.operations) return operation;
  return isAppend && nth === fate.operations
    ? { ...operation, bytes: operation.bytes.slice(0, fate.bytes) }
    : undefined;
}

function syncs(kind: Operation['kind']): boolean {
  return kind === 'sync' || kind === 'replace' || kind === 'remove';
}

function apply(files: Map<string, Uint8Array>, operation: Operation): void {
  const { name } = operation;
  const bytes = files.get(name) ?? new Uint8Array(0);
  if (operation.kind === 'append') files.set(name, concatBytes(bytes, operation.bytes));
  if (operation.kind === 'truncate') files.set(name, bytes.slice(0, operation.length));
  if (operation.kind === 'replace') files.set(name, operation.bytes);
  if (operation.kind === 'remove') files.delete(name);
}
