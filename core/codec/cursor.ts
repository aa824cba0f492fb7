/**
 * Reader and writer over bytes, little-endian. They know integers and raw bytes; what those mean is codec.ts's.
 */
import { CodecError } from '../errors.ts';

export class Reader {
  #offset = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    // A plain view: the `slice` of a Node Buffer would be no copy.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#advance(8), true);
  }

  /** A view of the next `length` bytes, not a copy. */
  raw(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  #advance(length: number): number {
    if (length > this.left) throw new CodecError('truncated', `${length} bytes wanted, ${this.left} left`);
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}

/** Most values are frames and blocks of a few hundred bytes. */
const firstCapacity = 256;

export class Writer {
  #length = 0;
  #bytes: Uint8Array;
  #view: DataView;

  /** @param capacity how many bytes there is room for before anything must be moved */
  constructor(capacity: number = firstCapacity) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  u8(value: number): void {
    const start = this.#claim(1);
    this.#view.setUint8(start, value);
  }

  u16(value: number): void {
    const start = this.#claim(2);
    this.#view.setUint16(start, value, true);
  }

  u32(value: number): void {
    const start = this.#claim(4);
    this.#view.setUint32(start, value, true);
  }

  u64(value: bigint): void {
    const start = this.#claim(8);
    this.#view.setBigUint64(start, value, true);
  }

  raw(bytes: Uint8Array): void {
    const start = this.#claim(bytes.length);
    this.#bytes.set(bytes, start);
  }

  /** What was written, as an array of its own; the end of the writer. */
  finish(): Uint8Array {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#length);
  }

  /** Makes room first: it may replace the array, so its result goes into a variable before the array is named. */
  #claim(length: number): number {
    const start = this.#length;
    this.#length += length;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, start));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return start;
  }
}
