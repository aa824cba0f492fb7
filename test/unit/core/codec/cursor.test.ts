/**
 * core/codec/cursor.ts: integers and raw bytes at a moving offset.
 */
import { describe, expect, it } from 'vitest';
import { bytesToHex, hexToBytes } from '../../../../core/codec/bytes.ts';
import { Reader, Writer } from '../../../../core/codec/cursor.ts';

describe('a reader', () => {
  it('reads integers little-endian and counts what is left', () => {
    const reader = new Reader(hexToBytes('01020304050607ffffffffffffffffaabb'));
    expect(reader.u8()).toBe(1);
    expect(reader.u16()).toBe(0x0302);
    expect(reader.u32()).toBe(0x07060504);
    expect(reader.u64()).toBe(2n ** 64n - 1n);
    expect(reader.left).toBe(2);
    expect(bytesToHex(reader.raw(2))).toBe('aabb');
    expect(reader.left).toBe(0);
  });

  it.each([
    ['u8', (reader: Reader) => reader.u8(), 0],
    ['u16', (reader: Reader) => reader.u16(), 1],
    ['u32', (reader: Reader) => reader.u32(), 3],
    ['u64', (reader: Reader) => reader.u64(), 7],
    ['raw', (reader: Reader) => reader.raw(4_294_967_295), 100],
  ] as const)('refuses a %s that is cut short, and stays where it was', (_, read, length) => {
    const reader = new Reader(new Uint8Array(length));
    expect(() => read(reader)).toThrow(expect.objectContaining({ code: 'truncated' }));
    expect(reader.left).toBe(length);
  });

  it('stays inside a view of a larger array', () => {
    const reader = new Reader(hexToBytes('ff0102ff').subarray(1, 3));
    expect(reader.u16()).toBe(0x0201);
    expect(() => reader.u8()).toThrow(expect.objectContaining({ code: 'truncated' }));
  });

  it('gives plain arrays of what came as a Node Buffer, whose own slice would be no copy', () => {
    const buffer = Buffer.from('0102', 'hex');
    const copy = new Reader(buffer).raw(2).slice();
    buffer[0] = 9;
    expect(copy).toEqual(Uint8Array.of(1, 2));
  });
});

describe('a writer', () => {
  it('writes integers little-endian', () => {
    const writer = new Writer();
    writer.u8(1);
    writer.u16(0x0302);
    writer.u32(0x07060504);
    writer.u64(2n ** 64n - 2n);
    writer.raw(Uint8Array.of(0xaa));
    expect(bytesToHex(writer.finish())).toBe('01020304050607feffffffffffffffaa');
  });

  it('gives the same whatever it was told of the length', () => {
    const wanted = Uint8Array.from({ length: 300 }, (_, place) => place);
    for (const capacity of [undefined, 0, 1, 299, 300, 301, 1_000]) {
      const writer = new Writer(capacity);
      writer.raw(wanted.subarray(0, 100));
      for (const byte of wanted.subarray(100)) writer.u8(byte);
      expect(writer.finish()).toEqual(wanted);
    }
  });

  it('keeps what it wrote when it grows, whichever write makes it grow', () => {
    for (let filled = 240; filled <= 260; filled++) {
      const writer = new Writer();
      for (let i = 0; i < filled; i++) writer.u8(i & 0xff);
      writer.u64(0x0807060504030201n);
      writer.raw(new Uint8Array(1_000).fill(7));
      writer.u16(0xbbaa);
      const bytes = writer.finish();
      expect(bytes.length).toBe(filled + 1_010);
      expect(bytes.subarray(0, filled)).toEqual(Uint8Array.from({ length: filled }, (_, i) => i & 0xff));
      expect(bytesToHex(bytes.subarray(filled, filled + 9))).toBe('010203040506070807');
      expect(bytesToHex(bytes.subarray(-2))).toBe('aabb');
    }
  });

  it('gives an array that later writes do not change', () => {
    const writer = new Writer();
    writer.u8(1);
    const first = writer.finish();
    writer.u8(2);
    expect(first).toEqual(Uint8Array.of(1));
  });
});
