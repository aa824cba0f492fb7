/**
 * A folder as the next opening would leave it, without a byte of it changed: what would be written is kept in memory.
 *
 * For looking at a chain and for copying it. It holds the folder like any other disk, so nobody writes meanwhile; but it
 * makes none, and no file but the lock.
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { concatBytes } from '../../core/codec/bytes.ts';
import { StoreError } from '../../core/errors.ts';
import { type Disk, type DiskFile, guarded } from './disk.ts';
import { lockFolder } from './folder-lock.ts';

export function untouchedDisk(folder: string): Disk {
  let unlock: (() => Promise<void>) | undefined;
  const files = new Set<DiskFile>();
  const replaced = new Map<string, Uint8Array>();
  const opened = async (name: string): Promise<DiskFile> => {
    const instead = replaced.get(name);
    const file = instead === undefined ? await openBelow(join(folder, name)) : new UntouchedFile(undefined, 0, instead);
    files.add(file);
    return file;
  };
  return {
    async acquire() {
      await guarded('unavailable', async () => {
        if (!(await stat(folder)).isDirectory()) throw new StoreError('unavailable', `${folder} is no folder`);
        unlock = await lockFolder(folder);
      });
    },
    async release() {
      for (const file of files) await file.close();
      files.clear();
      replaced.clear();
      await unlock?.();
      unlock = undefined;
    },
    open: (name) => guarded('unavailable', () => opened(name)),
    async read(name) {
      const file = await this.open(name);
      return await file.read(0, file.length);
    },
    async replace(name, bytes) {
      replaced.set(name, bytes);
    },
    async remove(name) {
      replaced.set(name, new Uint8Array(0));
    },
  };
}

async function openBelow(path: string): Promise<UntouchedFile> {
  try {
    const handle = await open(path, 'r');
    return new UntouchedFile(handle, (await handle.stat()).size, new Uint8Array(0));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return new UntouchedFile(undefined, 0, new Uint8Array(0));
  }
}

/** The beginning of a file, and what was appended to it since. */
class UntouchedFile implements DiskFile {
  #below: FileHandle | undefined;
  #belowLength: number;
  #appended: Uint8Array;

  constructor(below: FileHandle | undefined, belowLength: number, appended: Uint8Array) {
    this.#below = below;
    this.#belowLength = belowLength;
    this.#appended = appended;
  }

  get length(): number {
    return this.#belowLength + this.#appended.length;
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#appended = concatBytes(this.#appended, bytes);
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    if (position + length > this.length) throw new StoreError('corrupt', 'a file is shorter than it was');
    const belowEnd = Math.min(position + length, this.#belowLength);
    const bytes = new Uint8Array(length);
    await guarded('failed', async () => {
      for (let at = position; at < belowEnd; ) {
        const read = await this.#below?.read(bytes, at - position, belowEnd - at, at);
        if (read === undefined || read.bytesRead === 0)
          throw new StoreError('corrupt', 'a file is shorter than it was');
        at += read.bytesRead;
      }
    });
    const start = Math.max(position, this.#belowLength);
    const appended = this.#appended.subarray(start - this.#belowLength, position + length - this.#belowLength);
    if (start < position + length) bytes.set(appended, start - position);
    return bytes;
  }

  async truncate(length: number): Promise<void> {
    this.#appended = this.#appended.subarray(0, Math.max(0, length - this.#belowLength));
    this.#belowLength = Math.min(this.#belowLength, length);
  }

  async sync(): Promise<void> {}

  async close(): Promise<void> {
    await this.#below?.close();
    this.#below = undefined;
  }
}
