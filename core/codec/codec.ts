/**
 * Borsh, canonically: one value, one byte string (borsh.io; spec/wire.md, first paragraph).
 *
 * A type is one codec object, from which its TypeScript type is derived (`Value<typeof codec>`). Every length is held
 * against its cap and against the bytes that are left before anything is allocated, and `decode` refuses trailing
 * bytes. Written by hand because it is on the hot path: the npm package reads 2–3 MB/s and accepts trailing bytes; it
 * serves as oracle in the tests.
 */
import { CodecError, invariant } from '../errors.ts';
import { utf8Bytes, utf8Text } from './bytes.ts';
import { Reader, Writer } from './cursor.ts';

export interface Codec<T> {
  write(writer: Writer, value: T): void;
  /** @throws CodecError */
  read(reader: Reader): T;
  /** The fewest bytes a value takes: bounds how many fit into what is left. */
  readonly leastBytes: number;
}

export type Value<C> = C extends Codec<infer T> ? T : never;

/** @param capacity how many bytes it will be, if that is known: a longer value is moved and copied as it grows */
export function encode<T>(codec: Codec<T>, value: T, capacity?: number): Uint8Array {
  const writer = new Writer(capacity);
  codec.write(writer, value);
  return writer.finish();
}

/** @throws CodecError when the bytes are not exactly one canonical value. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const reader = new Reader(bytes);
  const value = codec.read(reader);
  if (reader.left > 0) throw new CodecError('trailing', `${reader.left} bytes after the value`);
  return value;
}

export const u8: Codec<number> = {
  leastBytes: 1,
  write: (writer, value) => writer.u8(value),
  read: (reader) => reader.u8(),
};

export const u16: Codec<number> = {
  leastBytes: 2,
  write: (writer, value) => writer.u16(value),
  read: (reader) => reader.u16(),
};

export const u32: Codec<number> = {
  leastBytes: 4,
  write: (writer, value) => writer.u32(value),
  read: (reader) => reader.u32(),
};

export const u64: Codec<bigint> = {
  leastBytes: 8,
  write: (writer, value) => writer.u64(value),
  read: (reader) => reader.u64(),
};

export const bool: Codec<boolean> = {
  leastBytes: 1,
  write: (writer, value) => writer.u8(value ? 1 : 0),
  read(reader) {
    const byte = reader.u8();
    if (byte > 1) throw new CodecError('bad-bool', `a bool is 0 or 1, not ${byte}`);
    return byte === 1;
  },
};

/** `[u8; length]` as a branded type. The bytes are a copy: they outlive the frame they came in. */
export function fixedBytes<T extends Uint8Array>(length: number): Codec<T> {
  return {
    leastBytes: length,
    write(writer, value) {
      invariant(value.length === length, 'a value of fixed length has that length');
      writer.raw(value);
    },
    read: (reader) => reader.raw(length).slice() as T,
  };
}

/** `Vec<u8>` of at most `maxBytes`. The bytes are a copy. */
export function byteVector(maxBytes: number): Codec<Uint8Array> {
  return {
    leastBytes: 4,
    write(writer, value) {
      writeLength(writer, value.length, maxBytes);
      writer.raw(value);
    },
    read: (reader) => reader.raw(cappedLength(reader.u32(), maxBytes)).slice(),
  };
}

/** `String` of at most `maxBytes` of UTF-8. */
export function text(maxBytes: number): Codec<string> {
  return {
    leastBytes: 4,
    write(writer, value) {
      const bytes = utf8Bytes(value);
      writeLength(writer, bytes.length, maxBytes);
      writer.raw(bytes);
    },
    read: (reader) => utf8Text(reader.raw(cappedLength(reader.u32(), maxBytes))),
  };
}

/** `Vec<T>` of at most `maxItems`. */
export function vector<T>(item: Codec<T>, maxItems: number): Codec<T[]> {
  return {
    leastBytes: 4,
    write(writer, values) {
      writeLength(writer, values.length, maxItems);
      for (const value of values) item.write(writer, value);
    },
    read(reader) {
      const length = cappedLength(reader.u32(), maxItems);
      if (length * item.leastBytes > reader.left) {
        throw new CodecError('truncated', `${length} items announced, ${reader.left} bytes left`);
      }
      const values: T[] = [];
      for (let i = 0; i < length; i++) values.push(item.read(reader));
      return values;
    },
  };
}

/** `Option<T>`. */
export function option<T>(inner: Codec<T>): Codec<T | undefined> {
  return {
    leastBytes: 1,
    write(writer, value) {
      writer.u8(value === undefined ? 0 : 1);
      if (value !== undefined) inner.write(writer, value);
    },
    read(reader) {
      const byte = reader.u8();
      if (byte > 1) throw new CodecError('bad-option', `an option begins with 0 or 1, not ${byte}`);
      return byte === 1 ? inner.read(reader) : undefined;
    },
  };
}

type Fields = Record<string, Codec<unknown>>;
type StructValue<F extends Fields> = { readonly [K in keyof F]: Value<F[K]> };

/** A struct: its fields in the order they are given. */
export function struct<F extends Record<string, Codec<never> | Codec<unknown>>>(
  fields: F,
): Codec<{ readonly [K in keyof F]: Value<F[K]> }> {
  const entries = Object.entries(fields) as [string, Codec<unknown>][];
  return {
    leastBytes: entries.reduce((sum, [, codec]) => sum + codec.leastBytes, 0),
    write(writer, value) {
      for (const [name, codec] of entries) codec.write(writer, (value as Record<string, unknown>)[name]);
    },
    read(reader) {
      const value: Record<string, unknown> = {};
      for (const [name, codec] of entries) value[name] = codec.read(reader);
      return value as StructValue<F & Fields>;
    },
  };
}

/** Two values in order, as `(A, B)`. */
export function pair<A, B>(first: Codec<A>, second: Codec<B>): Codec<readonly [A, B]> {
  return {
    leastBytes: first.leastBytes + second.leastBytes,
    write(writer, [a, b]) {
      first.write(writer, a);
      second.write(writer, b);
    },
    read: (reader) => [first.read(reader), second.read(reader)],
  };
}

/** One variant of a union: its number on the wire and its fields. */
export interface Variant<T> {
  readonly number: number;
  readonly codec: Codec<T>;
}

/**
 * An enum: one byte, the variant's number, then its fields. The value is the struct with `kind` added.
 * @param variants by `kind`
 */
export function union<V extends Record<string, Variant<never> | Variant<unknown>>>(
  variants: V,
): Codec<
  { [K in keyof V & string]: { readonly kind: K } & (V[K] extends Variant<infer T> ? T : never) }[keyof V & string]
> {
  type Any = { readonly kind: string };
  const byNumber = new Map<number, readonly [string, Codec<unknown>]>();
  for (const [kind, variant] of Object.entries(variants)) {
    byNumber.set(variant.number, [kind, variant.codec as Codec<unknown>]);
  }
  const codec: Codec<Any> = {
    leastBytes: 1,
    write(writer, value) {
      const variant = variants[value.kind] as Variant<unknown>;
      writer.u8(variant.number);
      variant.codec.write(writer, value);
    },
    read(reader) {
      const number = reader.u8();
      const entry = byNumber.get(number);
      if (entry === undefined) throw new CodecError('bad-variant', `there is no variant ${number}`);
      const [kind, inner] = entry;
      return { kind, ...(inner.read(reader) as object) };
    },
  };
  return codec as never;
}

/** Never writes what `read` would refuse: whoever makes a value keeps to its caps. */
function writeLength(writer: Writer, length: number, most: number): void {
  invariant(length <= most, `a length of ${length} to write is over ${most}`);
  writer.u32(length);
}

function cappedLength(length: number, most: number): number {
  if (length > most) throw new CodecError('too-long', `a length of ${length} is over ${most}`);
  return length;
}
