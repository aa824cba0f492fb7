/**
 * core/wire/messages.ts: the caps on what a message may carry.
 */
import { describe, expect, it } from 'vitest';
import { utf8Bytes } from '../../../../core/codec/bytes.ts';
import { decode, encode } from '../../../../core/codec/codec.ts';
import { Writer } from '../../../../core/codec/cursor.ts';
import {
  greetingCodec,
  introduceNeighboursCodec,
  oursCommit,
  oursMark,
  requestNeighboursCodec,
} from '../../../../core/wire/messages.ts';
import { randomGreeting } from '../../../model/random-values.ts';
import { Seeded } from '../../../model/seeded.ts';

const greeting = randomGreeting(new Seeded(22));
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
  it('let an address be 2,560 bytes and no more', () => {
    const longest = { ...greeting, listen: 'a'.repeat(2_560) };
    expect(decode(greetingCodec, encode(greetingCodec, longest))).toEqual(longest);
    const bytes = encode(greetingCodec, longest);
    new DataView(bytes.buffer).setUint32(33, 2_561, true);
    expect(() => decode(greetingCodec, bytes)).toThrow(tooLong);
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
    expect(decode(greetingCodec, encode(greetingCodec, longest))).toEqual(longest);
  });
});

it('ours are known by the beginning of what they say', () => {
  expect(oursCommit.startsWith(oursMark)).toBe(true);
});
