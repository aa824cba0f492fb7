/**
 * A file of records, each told whole from torn: what is kept beside the two files of the reference.
 *
 * `u32 length · u32 CRC-32 of the payload · payload`, little-endian. The first record that is not whole ends the file,
 * and what follows is cut: a crash leaves nothing worse behind. An empty payload is none, for a hole of zeros would be
 * one.
 */
import { crc32 } from 'node:zlib';
import { Reader, Writer } from '../../core/codec/cursor.ts';
import { invariant, StoreError } from '../../core/errors.ts';
import type { Disk, DiskFile } from './disk.ts';

/** Takes back the last thing that was written, before anything else is. */
export type Undo = () => Promise<void>;

/** Runs it, and takes back what was written before it when it fails. */
export async function orUndo(undo: Undo, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    await undo();
    throw error;
  }
}

const headerBytes = 8;

export class RecordLog {
  readonly #disk: Disk;
  readonly #name: string;
  #file: DiskFile;
  #isSynced = true;

  private constructor(disk: Disk, name: string, file: DiskFile) {
    this.#disk = disk;
    this.#name = name;
    this.#file = file;
  }

  static async open(disk: Disk, name: string): Promise<{ log: RecordLog; payloads: readonly Uint8Array[] }> {
    const file = await disk.open(name);
    const { payloads, end } = readRecords(await file.read(0, file.length));
    if (end < file.length) await file.truncate(end);
    return { log: new RecordLog(disk, name, file), payloads };
  }

  /** Bytes of the file. */
  get length(): number {
    return this.#file.length;
  }

  /** All of them, or none. @returns takes them away again */
  async append(payloads: readonly Uint8Array[]): Promise<Undo> {
    if (payloads.length === 0) return async () => undefined;
    const length = this.#file.length;
    await this.#file.append(encodeRecords(payloads));
    this.#isSynced = false;
    return () => this.truncate(length);
  }

  /**
   * The payload of the record that begins there, which must be a whole one of so many bytes.
   * @throws StoreError `corrupt` when it is no more what it was
   */
  async read(position: number, payloadBytes: number): Promise<Uint8Array> {
    const { payloads } = readRecords(await this.#file.read(position, recordBytes(payloadBytes)));
    const [payload] = payloads;
    if (payload?.length !== payloadBytes) throw new StoreError('corrupt', `a record of ${this.#name} is damaged`);
    return payload;
  }

  /** Keeps the records that begin before `length`, which must be where one ends. */
  async truncate(length: number): Promise<void> {
    await this.#file.truncate(length);
    this.#isSynced = false;
  }

  /** Waits until everything written is on the disk. */
  async sync(): Promise<void> {
    if (this.#isSynced) return;
    await this.#file.sync();
    this.#isSynced = true;
  }

  /** Puts these records in the place of all, whole or not at all. */
  async rewrite(payloads: readonly Uint8Array[]): Promise<void> {
    await this.#disk.replace(this.#name, encodeRecords(payloads));
    await this.#file.close();
    this.#file = await this.#disk.open(this.#name);
    this.#isSynced = true;
  }
}

/** How long a record of so many bytes is in the file. */
export function recordBytes(payloadBytes: number): number {
  return headerBytes + payloadBytes;
}

export function encodeRecords(payloads: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer();
  for (const payload of payloads) {
    invariant(payload.length > 0, 'a record is never empty');
    writer.u32(payload.length);
    writer.u32(crc32(payload));
    writer.raw(payload);
  }
  return writer.finish();
}

/** The whole records from the beginning, and where the last one ends. */
export function readRecords(bytes: Uint8Array): { payloads: Uint8Array[]; end: number } {
  const reader = new Reader(bytes);
  const payloads: Uint8Array[] = [];
  let end = 0;
  while (reader.left > headerBytes) {
    const length = reader.u32();
    const sum = reader.u32();
    if (length === 0 || length > reader.left) break;
    const payload = reader.raw(length);
    if (crc32(payload) !== sum) break;
    payloads.push(payload);
    end += recordBytes(length);
  }
  return { payloads, end };
}
