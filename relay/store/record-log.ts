/**
 * A file of records, each told whole from torn: what is kept beside the two files of the reference.
 *
 * `u32 length · u32 CRC-32 of the payload · payload`, little-endian. The first record that is not whole ends the file,
 * and what follows is cut: a crash leaves nothing worse behind. An empty payload is none, for a hole of zeros would be
 * one.
 */
import { crc32 } from 'node:zlib';
import { Reader, Writer } from '../../core/codec/cursor.ts';
import { invariant } from '../../core/errors.ts';
import type { Disk, DiskFile } from './disk.ts';

const headerBytes = 8;

export class RecordLog {
  readonly #disk: Disk;
  readonly #name: string;
  #file: DiskFile;

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

  /** All of them, or none. */
  async append(payloads: readonly Uint8Array[]): Promise<void> {
    await this.#file.append(encodeRecords(payloads));
  }

  /** Keeps the records that begin before `length`, which must be where one ends. */
  truncate(length: number): Promise<void> {
    return this.#file.truncate(length);
  }

  sync(): Promise<void> {
    return this.#file.sync();
  }

  /** Puts these records in the place of all, whole or not at all. */
  async rewrite(payloads: readonly Uint8Array[]): Promise<void> {
    await this.#disk.replace(this.#name, encodeRecords(payloads));
    await this.#file.close();
    this.#file = await this.#disk.open(this.#name);
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
