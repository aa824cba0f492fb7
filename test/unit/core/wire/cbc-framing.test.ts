/**
 * core/wire/cbc-framing.ts: the frames of `cbc` byte by byte. What holds of both dialects is in frame.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { bytesToHex, concatBytes, hexToBytes } from '../../../../core/codec/bytes.ts';
import { encryptCbc } from '../../../../core/crypto/cbc.ts';
import { cbcFraming } from '../../../../core/wire/cbc-framing.ts';
import type { SealedFrame } from '../../../../core/wire/framing.ts';
import { secondGreetingPayload, secondOpen } from '../../../model/second-decoder.ts';
import { Seeded } from '../../../model/seeded.ts';

const seeded = new Seeded(27);
const key = seeded.bytes(32);
const iv = seeded.bytes(16);
const most = 2n ** 64n - 1n;
const error = (code: string) => expect.objectContaining({ name: 'SessionError', code });

function parts(frame: Uint8Array): SealedFrame {
  return { kind: 'sealed', header: frame.slice(0, 20), ciphertext: frame.slice(20), bytes: frame.length };
}

describe('a greeting', () => {
  it('is its length, the nonce 1 and the payload', () => {
    expect(bytesToHex(cbcFraming.greetingFrame(Uint8Array.of(0xab)))).toBe('010000000100000000000000ab');
    for (const length of [0, 1, 255, 256, 70_000]) {
      const payload = seeded.bytes(length);
      const read = secondGreetingPayload(cbcFraming.greetingFrame(payload), 'cbc');
      expect(bytesToHex(read)).toBe(bytesToHex(payload));
    }
  });

  it('has a header of 12 bytes, whose nonce is 1 and nothing else', () => {
    expect(cbcFraming.greetingHeaderBytes).toBe(12);
    expect(cbcFraming.greetingNonce).toBe(1n);
    const header = (nonce: string) => hexToBytes(`05000000${nonce}`);
    cbcFraming.checkGreetingHeader(header('0100000000000000'));
    for (const nonce of ['0000000000000000', '0200000000000000', '0101000000000000', '0100000000000001']) {
      expect(() => cbcFraming.checkGreetingHeader(header(nonce)), nonce).toThrow(error('bad-greeting'));
    }
  });

  it('has a header that may lie anywhere in a larger array', () => {
    const whole = hexToBytes('eeeeee050000000100000000000000eeeeee');
    cbcFraming.checkGreetingHeader(whole.subarray(3));
    expect(() => cbcFraming.checkGreetingHeader(whole.subarray(2))).toThrow(error('bad-greeting'));
  });
});

describe('a sealed frame', () => {
  it('is its length, the IV and the ciphertext of nonce and payload', () => {
    const payload = seeded.bytes(7);
    const plain = concatBytes(hexToBytes('0201000000000000'), payload);
    const expected = `10000000${bytesToHex(iv)}${bytesToHex(encryptCbc(key, iv, plain))}`;
    expect(bytesToHex(cbcFraming.sealedFrame(key, iv, 258n, payload))).toBe(expected);
    expect(cbcFraming.sealedHeaderBytes).toBe(20);
    expect(cbcFraming.ivBytes).toBe(16);
  });

  it('grows by a block for every 16 bytes: nonce, payload and at least a byte of padding', () => {
    const lengths = [0, 7, 8, 23, 24].map((bytes) => cbcFraming.sealedFrame(key, iv, 2n, new Uint8Array(bytes)).length);
    expect(lengths).toEqual([36, 36, 52, 52, 68]);
  });

  it('is opened by the second decoder and by ours to the same', () => {
    for (const length of [0, 1, 7, 8, 9, 24, 1_000]) {
      for (const nonce of [0n, 1n, 77n, 2n ** 32n, most]) {
        const payload = seeded.bytes(length);
        const frame = cbcFraming.sealedFrame(key, iv, nonce, payload);
        expect(secondOpen(key, frame, 'cbc')).toEqual({ nonce, payload });
        expect(cbcFraming.openFrame(key, parts(frame))).toEqual({ iv, nonce, payload });
      }
    }
  });

  it('leaves the payload as it was', () => {
    const payload = seeded.bytes(50);
    const before = payload.slice();
    cbcFraming.sealedFrame(key, iv, 2n, payload);
    expect(payload).toEqual(before);
  });

  it.each([0, 7])('is none when it holds %d bytes, less than a nonce', (length) => {
    const ciphertext = encryptCbc(key, iv, new Uint8Array(length));
    const frame = parts(concatBytes(new Uint8Array(4), iv, ciphertext));
    expect(() => cbcFraming.openFrame(key, frame)).toThrow(error('bad-frame'));
    expect(cbcFraming.openFrame(key, parts(cbcFraming.sealedFrame(key, iv, 2n, new Uint8Array(0)))).nonce).toBe(2n);
  });

  it('is none when its padding is none', () => {
    const frame = cbcFraming.sealedFrame(key, iv, 2n, seeded.bytes(20));
    const last = frame.length - 17;
    frame[last] = (frame[last] as number) ^ 0x80;
    expect(() => cbcFraming.openFrame(key, parts(frame))).toThrow(error('bad-frame'));
  });

  it('says nothing of who wrote it: a bit of the IV is a bit of the nonce', () => {
    const payload = seeded.bytes(20);
    const frame = cbcFraming.sealedFrame(key, iv, 2n, payload);
    frame[4] = (frame[4] as number) ^ 1;
    expect(cbcFraming.openFrame(key, parts(frame))).toMatchObject({ nonce: 3n, payload });
  });
});

describe('a ciphertext', () => {
  it('has a whole number of blocks, and at least one', () => {
    const lengths = Array.from({ length: 65 }, (_, length) => length).filter(cbcFraming.isCiphertextLength);
    expect(lengths).toEqual([16, 32, 48, 64]);
  });
});

it('a nonce that has not risen does not end a connection of this dialect', () => {
  expect(cbcFraming.staleNonceEnds).toBe(false);
});
