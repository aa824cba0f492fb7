/**
 * The seam between the file store and a file system: files that are appended to, read at a place, cut and synced.
 *
 * Small on purpose, so that a test can stand in for it that forgets what was not synced (test/model/recorded-disk.ts).
 * What goes wrong comes out as a StoreError; nothing here knows what the bytes mean.
 */
import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { StoreError } from '../../core/errors.ts';
import { lockFolder } from './folder-lock.ts';

export interface Disk {
  /** Makes the folder and holds it for this process. @throws StoreError `held`, `unavailable` */
  acquire(): Promise<void>;
  /** Closes the files that are open and lets the folder go. Idempotent. */
  release(): Promise<void>;
  /** All of a file; nothing if there is none. */
  read(name: string): Promise<Uint8Array>;
  /** Opens a file, a new and empty one if there is none. */
  open(name: string): Promise<DiskFile>;
  /**
   * Puts a file of exactly these bytes in the place of what was there: whole and synced, or not at all.
   * @param mode of the file, before the process's mask
   */
  replace(name: string, bytes: Uint8Array, mode?: number): Promise<void>;
  /** Removes a file if it is there, for good: it does not come back after a crash. */
  remove(name: string): Promise<void>;
}

/** @throws StoreError `full`, `failed` from each of its functions */
export interface DiskFile {
  readonly length: number;
  /** Writes after the end. When it fails, the length stays what it was. */
  append(bytes: Uint8Array): Promise<void>;
  /** Exactly `length` bytes, which must be there. */
  read(position: number, length: number): Promise<Uint8Array>;
  /** Keeps the first `length` bytes. */
  truncate(length: number): Promise<void>;
  /** Waits until everything written is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export function folderDisk(folder: string): Disk {
  let unlock: (() => Promise<void>) | undefined;
  const files = new Set<HandleFile>();
  return {
    async acquire() {
      await guarded('unavailable', async () => {
        await makeFolder(folder);
        unlock = await lockFolder(folder);
      });
    },
    async release() {
      for (const file of files) await file.close();
      await unlock?.();
      unlock = undefined;
    },
    async open(name) {
      const file = await guarded('unavailable', () => openFile(join(folder, name), files));
      files.add(file);
      return file;
    },
    read: (name) => guarded('unavailable', () => readWhole(join(folder, name))),
    replace: (name, bytes, mode) => guarded('failed', () => replaceFile(folder, name, bytes, mode)),
    remove: (name) => guarded('failed', () => removeFile(folder, name)),
  };
}

async function openFile(path: string, files: Set<HandleFile>): Promise<HandleFile> {
  // Not `a+`: what is written must go to the end as the store knows it, over what a failed write may have left.
  const handle = await open(path, 'r+').catch(async (error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
    const made = await open(path, 'wx+');
    await syncFolder(dirname(path));
    return made;
  });
  const { size } = await handle.stat();
  return new HandleFile(handle, size, files);
}

class HandleFile implements DiskFile {
  readonly #handle: FileHandle;
  readonly #open: Set<HandleFile>;
  #length: number;

  /** @param open where it stands as long as it is open */
  constructor(handle: FileHandle, length: number, open: Set<HandleFile>) {
    this.#handle = handle;
    this.#length = length;
    this.#open = open;
  }

  get length(): number {
    return this.#length;
  }

  async append(bytes: Uint8Array): Promise<void> {
    try {
      await guarded('failed', () => this.#write(bytes));
    } catch (error) {
      // Part of it may stand there; a later, shorter write over it must not bring it to life.
      await this.#handle.truncate(this.#length).catch(() => undefined);
      throw error;
    }
    this.#length += bytes.length;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    await guarded('failed', async () => {
      for (let read = 0; read < length; ) {
        const { bytesRead } = await this.#handle.read(bytes, read, length - read, position + read);
        if (bytesRead === 0) throw new StoreError('corrupt', 'a file is shorter than it was');
        read += bytesRead;
      }
    });
    return bytes;
  }

  async truncate(length: number): Promise<void> {
    await guarded('failed', () => this.#handle.truncate(length));
    this.#length = length;
  }

  sync(): Promise<void> {
    return guarded('failed', () => this.#handle.datasync());
  }

  async close(): Promise<void> {
    if (this.#open.delete(this)) await guarded('failed', () => this.#handle.close());
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length; ) {
      const position = this.#length + written;
      const { bytesWritten } = await this.#handle.write(bytes, written, undefined, position);
      written += bytesWritten;
    }
  }
}

async function readWhole(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return new Uint8Array(0);
    throw error;
  }
}

async function replaceFile(folder: string, name: string, bytes: Uint8Array, mode = 0o666): Promise<void> {
  const path = join(folder, name);
  // One that a crash left may have another mode.
  await rm(`${path}.new`, { force: true });
  const handle = await open(`${path}.new`, 'wx', mode);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${path}.new`, path);
  await syncFolder(folder);
}

async function removeFile(folder: string, name: string): Promise<void> {
  await rm(join(folder, name), { force: true });
  await syncFolder(folder);
}

/** With those above it that are missing. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = resolve(folder); made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** What was made or renamed in a folder is on the disk only when the folder is. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @throws StoreError for whatever the file system says, `full` when that is what it says */
export async function guarded<T>(code: 'unavailable' | 'failed', run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new StoreError(hasNoRoom(error) ? 'full' : code, message, { cause: error });
  }
}

export function isFull(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'full';
}

/** For what is made up for when opening: a removal that is not recorded, a file that is longer than it need be. */
export async function unlessFull(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!isFull(error)) throw error;
  }
}

function hasNoRoom(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(codeOf(error) ?? '');
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
