/**
 * test/model/second-decoder.ts and test/model/reference/encoder.ts against what the reference has sent and judged.
 */
import { describe, expect, it } from 'vitest';
import { hexToBytes } from '../../../core/codec/bytes.ts';
import {
  encodeGreetingFrame,
  encodeMessage,
  encodeSealedFrame,
  hexOf,
  ivBytes,
} from '../../model/reference/encoder.ts';
import {
  exactMessage,
  type SecondDialect,
  secondDialect,
  secondFrames,
  secondGreetingPayload,
  secondHeaderBytes,
  secondMessage,
  secondOpen,
  secondVariants,
} from '../../model/second-decoder.ts';
import { payloadVectors, sessionVector } from '../../model/vectors.ts';

const dialects = ['cbc', 'gcm-siv'] as const;

describe.each(dialects)('the recorded session of %s', (dialect) => {
  const { frames, sessionKey } = sessionVector(dialect);
  const key = hexToBytes(sessionKey);

  it('is opened frame by frame to what it says', () => {
    for (const { bytes, nonce, plain, message } of frames) {
      const frame = hexToBytes(bytes);
      if (plain === undefined) {
        expect(secondDialect(frame)).toBe(dialect);
        expect(secondMessage(secondGreetingPayload(frame, dialect), dialect)).toEqual(message);
      } else {
        const opened = secondOpen(key, frame, dialect);
        expect([opened.nonce, hexOf(opened.payload)]).toEqual([BigInt(nonce), plain]);
        expect(secondMessage(opened.payload, dialect)).toEqual(message);
      }
    }
  });

  it.each(['client', 'reference'] as const)('is cut into its frames when it is one stream of the %s', (side) => {
    const own = frames.filter(({ from }) => from === side);
    const stream = hexToBytes(own.map(({ bytes }) => bytes).join(''));
    expect(secondFrames(stream).map(hexOf)).toEqual(own.map(({ bytes }) => bytes));
    for (const cut of [1, 30]) expect(() => secondFrames(stream.slice(0, -cut))).toThrow('cut');
  });

  it('is made again to the same bytes from what it says', () => {
    for (const { bytes, plain, nonce } of frames) {
      const frame = hexToBytes(bytes);
      if (plain === undefined) {
        const message = exactMessage(secondGreetingPayload(frame, dialect), dialect);
        expect(hexOf(encodeGreetingFrame(encodeMessage(message, dialect), dialect))).toBe(bytes);
      } else {
        const payload = encodeMessage(exactMessage(hexToBytes(plain), dialect), dialect);
        const iv = frame.subarray(4, 4 + ivBytes[dialect]);
        expect(hexOf(encodeSealedFrame({ key, iv, nonce: BigInt(nonce) }, payload, dialect))).toBe(bytes);
      }
    }
  });

  it('has every message of the dialect in it, or its payload stands among the others', () => {
    const seen = new Set(frames.map(({ message }) => message.type));
    for (const { bytes, reference } of payloadVectors(dialect))
      if (reference === 'goes on') seen.add(secondMessage(hexToBytes(bytes), dialect).type);
    expect([...seen].sort()).toEqual([...secondVariants[dialect]].sort());
  });

  it('is not opened when a byte of a ciphertext, of its tag or of a length is another', () => {
    const sealed = frames.filter(({ plain }) => plain !== undefined);
    for (const { bytes, plain } of sealed.slice(0, 6)) {
      for (const place of [0, secondHeaderBytes[dialect].sealed, bytes.length / 2 - 1]) {
        const frame = hexToBytes(bytes);
        frame[place] = (frame[place] as number) ^ 1;
        expect(openedOrNothing(key, frame, dialect)).not.toBe(plain);
      }
    }
  });
});

describe.each(dialects)('a payload of %s', (dialect) => {
  it.each(payloadVectors(dialect))('$name: the reference $reference, and it is read or not', ({ bytes, reference }) => {
    const payload = hexToBytes(bytes);
    if (reference === 'closes') expect(() => exactMessage(payload, dialect)).toThrow();
    else expect(hexOf(encodeMessage(exactMessage(payload, dialect), dialect))).toBe(bytes);
  });
});

describe('the two dialects', () => {
  it('have their messages under the numbers of wire.md', () => {
    expect(secondVariants.cbc).toHaveLength(8);
    expect(secondVariants['gcm-siv']).toHaveLength(9);
    expect(secondVariants['gcm-siv'].slice(1, 7)).toEqual(secondVariants.cbc.slice(2));
    expect(() => encodeMessage({ type: 'leave', pubkey: '02'.repeat(33) }, 'cbc')).toThrow('cbc has no leave');
  });

  it('are told apart by the fifth byte, and by no other', () => {
    expect(secondDialect(Uint8Array.of(9, 9, 9, 9, 1))).toBe('cbc');
    expect(secondDialect(Uint8Array.of(9, 9, 9, 9, 0))).toBe('gcm-siv');
    expect(() => secondDialect(Uint8Array.of(0, 0, 0, 0, 2))).toThrow();
    expect(() => secondDialect(new Uint8Array(4))).toThrow();
  });

  it('count exactly, and as the vectors do', () => {
    const count = 2n ** 64n - 1n;
    const payload = encodeMessage({ type: 'keepAlive', pubkey: '02'.repeat(33), count, sign: '00'.repeat(64) }, 'cbc');
    expect(exactMessage(payload, 'cbc')).toMatchObject({ count });
    expect(secondMessage(payload)).toMatchObject({ count: Number(count) });
  });
});

function openedOrNothing(key: Uint8Array, frame: Uint8Array, dialect: SecondDialect): string | undefined {
  try {
    return hexOf(secondOpen(key, frame, dialect).payload);
  } catch {
    return undefined;
  }
}
