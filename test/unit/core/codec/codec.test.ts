/**
 * core/codec/codec.ts: one value, one byte string. The npm package `borsh` is the oracle for what well-formed bytes
 * are; tables of nearly valid bytes hold what it would take and we must not.
 */
import type { Schema } from 'borsh';
import { describe, expect, it } from 'vitest';
import { bytesToHex, hexToBytes } from '../../../../core/codec/bytes.ts';
import {
  bool,
  byteVector,
  type Codec,
  decode,
  encode,
  fixedBytes,
  option,
  pair,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
  union,
  type Value,
  vector,
} from '../../../../core/codec/codec.ts';
import { oracle } from '../../../model/borsh-oracle.ts';
import { randomText } from '../../../model/random-values.ts';
import { Seeded } from '../../../model/seeded.ts';

const sample = struct({
  small: u8,
  medium: u16,
  large: u32,
  huge: u64,
  flag: bool,
  name: text(100),
  bytes: byteVector(100),
  tag: fixedBytes<Uint8Array>(4),
  list: vector(option(u16), 10),
});
const sampleSchema: Schema = {
  struct: {
    small: 'u8',
    medium: 'u16',
    large: 'u32',
    huge: 'u64',
    flag: 'bool',
    name: 'string',
    bytes: { array: { type: 'u8' } },
    tag: { array: { type: 'u8', len: 4 } },
    list: { array: { type: { option: 'u16' } } },
  },
};

function randomSample(seeded: Seeded): Value<typeof sample> {
  return {
    small: seeded.below(256),
    medium: seeded.below(65_536),
    large: seeded.u32(),
    huge: seeded.u64(),
    flag: seeded.chance(0.5),
    name: randomText(seeded),
    bytes: seeded.bytes(seeded.below(20)),
    tag: seeded.bytes(4),
    list: Array.from({ length: seeded.below(5) }, () => (seeded.chance(0.5) ? seeded.below(65_536) : undefined)),
  };
}

describe('a codec', () => {
  it('writes what the oracle writes and reads it back, for 1,000 random values', () => {
    const seeded = new Seeded(4);
    for (let i = 0; i < 1_000; i++) {
      const value = randomSample(seeded);
      const bytes = encode(sample, value);
      expect(bytesToHex(bytes)).toBe(bytesToHex(oracle(sampleSchema, value)));
      expect(decode(sample, bytes)).toEqual(value);
    }
  });

  it('refuses every truncation and every byte too many', () => {
    const bytes = encode(sample, randomSample(new Seeded(5)));
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decode(sample, bytes.subarray(0, length))).toThrow(expect.objectContaining({ code: 'truncated' }));
    }
    expect(() => decode(sample, Uint8Array.of(...bytes, 0))).toThrow(expect.objectContaining({ code: 'trailing' }));
  });

  it('knows the fewest bytes of a value', () => {
    expect(sample.leastBytes).toBe(1 + 2 + 4 + 8 + 1 + 4 + 4 + 4 + 4);
    expect(pair(u16, option(u64)).leastBytes).toBe(3);
  });

  it('accepts only canonical bytes: what it reads at all, it writes back the same', () => {
    const seeded = new Seeded(6);
    let accepted = 0;
    for (let i = 0; i < 20_000; i++) {
      const bytes = encode(sample, randomSample(seeded));
      bytes[seeded.below(bytes.length)] = seeded.below(256);
      let value: Value<typeof sample>;
      try {
        value = decode(sample, bytes);
      } catch (error) {
        expect(error).toHaveProperty('name', 'CodecError');
        continue;
      }
      accepted++;
      if (bytesToHex(encode(sample, value)) !== bytesToHex(bytes)) expect.fail(`not canonical: ${bytesToHex(bytes)}`);
    }
    expect(accepted).toBeGreaterThan(1_000);
  });
});

describe('bytes that are nearly a value', () => {
  const cases: readonly (readonly [name: string, codec: Codec<unknown>, hex: string, code: string])[] = [
    ['a bool of 2', bool, '02', 'bad-bool'],
    ['a bool of 255', bool, 'ff', 'bad-bool'],
    ['an option byte of 2', option(u8), '0207', 'bad-option'],
    ['an option without its value', option(u8), '01', 'truncated'],
    ['an option of nothing with a value', option(u8), '0007', 'trailing'],
    ['a text longer than its cap', text(3), '0400000061626364', 'too-long'],
    ['a text that is no UTF-8', text(3), '01000000ff', 'bad-utf8'],
    ['a text cut inside a character', text(3), '02000000e282', 'bad-utf8'],
    ['bytes longer than their cap', byteVector(3), '0400000001020304', 'too-long'],
    ['bytes announced and not there', byteVector(0xffffffff), 'ffffffff', 'truncated'],
    ['more items than the cap', vector(u8, 2), '03000000010203', 'too-long'],
    ['more items than can be left', vector(u64, 0xffffffff), 'ffffffff', 'truncated'],
    ['an item cut short', vector(u16, 9), '02000000010203', 'truncated'],
    ['an unknown variant', union({ only: { number: 1, codec: struct({}) } }), '00', 'bad-variant'],
  ];

  it.each(cases)('%s is refused', (_, codec, hex, code) => {
    expect(() => decode(codec, hexToBytes(hex))).toThrow(expect.objectContaining({ code, name: 'CodecError' }));
  });

  it.each([
    ['a text at its cap', text(3), '03000000616263'],
    ['bytes at their cap', byteVector(3), '03000000010203'],
    ['items at their cap', vector(u8, 2), '020000000102'],
    ['no items', vector(u64, 0), '00000000'],
  ] as readonly (readonly [string, Codec<unknown>, string])[])('%s is taken', (_, codec, hex) => {
    expect(bytesToHex(encode(codec, decode(codec, hexToBytes(hex))))).toBe(hex);
  });
});

it('a list that cannot be there is refused before its first item is read', () => {
  const unread: Codec<number> = { ...u16, read: () => expect.fail('reads an item') };
  const bytes = hexToBytes('0300000001000200ff');
  expect(() => decode(vector(unread, 10), bytes)).toThrow(expect.objectContaining({ code: 'truncated' }));
});

describe('a union', () => {
  const shapes = union({
    circle: { number: 3, codec: struct({ radius: u16 }) },
    point: { number: 7, codec: struct({}) },
  });

  it('puts the number of the variant before its fields and the name into the value', () => {
    expect(bytesToHex(encode(shapes, { kind: 'circle', radius: 258 }))).toBe('030201');
    expect(decode(shapes, hexToBytes('030201'))).toEqual({ kind: 'circle', radius: 258 });
    expect(decode(shapes, hexToBytes('07'))).toEqual({ kind: 'point' });
  });
});

describe('a value of our own making', () => {
  it('is never written when reading would refuse it', () => {
    expect(() => encode(text(3), 'abcd')).toThrow('invariant');
    expect(() => encode(byteVector(3), new Uint8Array(4))).toThrow('invariant');
    expect(() => encode(vector(u8, 1), [1, 2])).toThrow('invariant');
    expect(() => encode(fixedBytes<Uint8Array>(4), new Uint8Array(3))).toThrow('invariant');
  });

  it('does not share memory with the bytes it was read from', () => {
    const bytes = hexToBytes('0200000001020a0b');
    const value = decode(struct({ bytes: byteVector(9), tag: fixedBytes<Uint8Array>(2) }), bytes);
    bytes.fill(0);
    expect(value).toEqual({ bytes: Uint8Array.of(1, 2), tag: Uint8Array.of(10, 11) });
  });
});
