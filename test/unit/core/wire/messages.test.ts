/**
 * core/wire/messages.ts: the caps on what a message may carry.
 */
import { describe, expect, it } from 'vitest';
import { concatBytes, utf8Bytes } from '../../../../core/codec/bytes.ts';
import { decode, encode } from '../../../../core/codec/codec.ts';
import { Writer } from '../../../../core/codec/cursor.ts';
import { mostGreetingBytes } from '../../../../core/wire/frame.ts';
import {
  cbcGreetingCodec,
  gcmSivGreetingCodec,
  introduceNeighboursCodec,
  oursCommit,
  oursMark,
  requestNeighboursCodec,
} from '../../../../core/wire/messages.ts';
import { randomGreeting } from '../../../model/random-values.ts';
import { Seeded } from '../../../model/seeded.ts';

const greeting = randomGreeting(new Seeded(22), 'cbc');
const gcmSivGreeting = randomGreeting(new Seeded(22), 'gcm-siv');
const tooLong = expect.objectContaining({ name: 'CodecError', code: 'too-long' });

/** A `Vec` of this many items of zeros, each of `itemBytes`, after `before` bytes of zeros. */
function zeros(before: number, count: number, itemBytes: number): Uint8Array {
  const writer = new Writer();
  writer.raw(new Uint8Array(before));
  writer.u32(count);
  writer.raw(new Uint8Array(count * itemBytes));
  return writer.finish();
}

describe('caps', () => {
  it.each([
    ['cbc', cbcGreetingCodec, greeting],
    ['gcm-siv', gcmSivGreetingCodec, gcmSivGreeting],
  ])('let an address be 2,560 bytes and no more in a greeting of %s', (_, codec, usual) => {
    const longest = { ...usual, listen: 'a'.repeat(2_560) };
    expect(decode(codec, encode(codec, longest))).toEqual(longest);
    const bytes = encode(codec, longest);
    new DataView(bytes.buffer).setUint32(33, 2_561, true);
    expect(() => decode(codec, bytes)).toThrow(tooLong);
  });

  it('let a greeting of gcm-siv name 31,775 keys and no more, which is all that 1 MiB can hold', () => {
    const nobody = encode(gcmSivGreetingCodec, { ...gcmSivGreeting, known: [] });
    const named = (count: number) => concatBytes(nobody.subarray(0, -4), zeros(0, count, 33));
    expect(decode(gcmSivGreetingCodec, named(31_775)).known.length).toBe(31_775);
    expect(() => decode(gcmSivGreetingCodec, named(31_776))).toThrow(tooLong);
    expect(named(31_775).length).toBeGreaterThan(mostGreetingBytes);
  });

  it('hold the count of keys against what is there', () => {
    const bytes = encode(gcmSivGreetingCodec, { ...gcmSivGreeting, known: [] });
    new DataView(bytes.buffer).setUint32(bytes.length - 4, 31_775, true);
    const truncated = expect.objectContaining({ name: 'CodecError', code: 'truncated' });
    expect(() => decode(gcmSivGreetingCodec, bytes)).toThrow(truncated);
  });

  it('let a string of a version be 1,024 bytes and no more', () => {
    const longest = { ...greeting, version: { ...greeting.version, commit: 'a'.repeat(1_024) } };
    expect(decode(cbcGreetingCodec, encode(cbcGreetingCodec, longest))).toEqual(longest);
    const bytes = encode(cbcGreetingCodec, longest);
    new DataView(bytes.buffer).setUint32(bytes.length - 1_028, 1_025, true);
    expect(() => decode(cbcGreetingCodec, bytes)).toThrow(tooLong);
  });

  it('let a request exclude the 16,384 items of the extension carrier and no more', () => {
    expect(decode(requestNeighboursCodec, zeros(4, 16_384, 33)).exclude.length).toBe(16_384);
    expect(() => decode(requestNeighboursCodec, zeros(4, 16_385, 33))).toThrow(tooLong);
  });

  it('let an answer introduce 4,096 neighbours and no more', () => {
    expect(decode(introduceNeighboursCodec, zeros(0, 4_096, 37)).neighbours.length).toBe(4_096);
    expect(() => decode(introduceNeighboursCodec, zeros(0, 4_097, 37))).toThrow(tooLong);
  });

  it('count bytes, not characters', () => {
    const text = 'ů'.repeat(512);
    expect(utf8Bytes(text).length).toBe(1_024);
    const longest = { ...greeting, version: { ...greeting.version, target: text } };
    expect(decode(cbcGreetingCodec, encode(cbcGreetingCodec, longest))).toEqual(longest);
  });
});

it('ours are known by the beginning of what they say', () => {
  expect(oursCommit.startsWith(oursMark)).toBe(true);
});
