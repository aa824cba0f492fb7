/**
 * core/wire/gcm-siv-framing.ts: the frames of `gcm-siv` byte by byte. What holds of both dialects is in frame.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { bytesToHex, hexToBytes } from '../../../../core/codec/bytes.ts';
import { encryptGcmSiv } from '../../../../core/crypto/gcm-siv.ts';
import type { SealedFrame } from '../../../../core/wire/framing.ts';
import { gcmSivFraming } from '../../../../core/wire/gcm-siv-framing.ts';
import { secondGreetingPayload, secondOpen } from '../../../model/second-decoder.ts';
import { Seeded } from '../../../model/seeded.ts';

const seeded = new Seeded(28);
const key = seeded.bytes(32);
const iv = seeded.bytes(12);
const most = 2n ** 64n - 1n;
const badFrame = expect.objectContaining({ name: 'SessionError', code: 'bad-frame' });

function parts(frame: Uint8Array): SealedFrame {
  return { kind: 'sealed', header: frame.slice(0, 24), ciphertext: frame.slice(24), bytes: frame.length };
}

describe('a greeting', () => {
  it('is its length and the payload', () => {
    expect(bytesToHex(gcmSivFraming.greetingFrame(Uint8Array.of(0, 0xab)))).toBe('0200000000ab');
    for (const length of [1, 255, 256, 70_000]) {
      const payload = seeded.bytes(length);
      const read = secondGreetingPayload(gcmSivFraming.greetingFrame(payload), 'gcm-siv');
      expect(bytesToHex(read)).toBe(bytesToHex(payload));
    }
  });

  it('has a header of 4 bytes, in which nothing can be wrong, and counts for no nonce', () => {
    expect(gcmSivFraming.greetingHeaderBytes).toBe(4);
    expect(gcmSivFraming.greetingNonce).toBe(0n);
    expect(() => gcmSivFraming.checkGreetingHeader(hexToBytes('ffffffff'))).not.toThrow();
  });
});

describe('a sealed frame', () => {
  it('is its length, the IV, the nonce in plain and the ciphertext of the payload with its tag', () => {
    const payload = seeded.bytes(7);
    const expected = `17000000${bytesToHex(iv)}0201000000000000${bytesToHex(encryptGcmSiv(key, iv, payload))}`;
    expect(bytesToHex(gcmSivFraming.sealedFrame(key, iv, 258n, payload))).toBe(expected);
    expect(gcmSivFraming.sealedHeaderBytes).toBe(24);
    expect(gcmSivFraming.ivBytes).toBe(12);
  });

  it('is opened by the second decoder and by ours to the same', () => {
    for (const length of [0, 1, 7, 8, 9, 24, 1_000]) {
      for (const nonce of [0n, 1n, 77n, 2n ** 32n, most]) {
        const payload = seeded.bytes(length);
        const frame = gcmSivFraming.sealedFrame(key, iv, nonce, payload);
        expect(secondOpen(key, frame, 'gcm-siv')).toEqual({ nonce, payload });
        expect(gcmSivFraming.openFrame(key, parts(frame))).toEqual({ iv, nonce, payload });
      }
    }
  });

  it('is opened when its header lies in a larger array', () => {
    const payload = seeded.bytes(20);
    const frame = parts(gcmSivFraming.sealedFrame(key, iv, 5n, payload));
    const whole = new Uint8Array(40);
    whole.set(frame.header, 7);
    const header = whole.subarray(7, 31);
    expect(gcmSivFraming.openFrame(key, { ...frame, header })).toEqual({ iv, nonce: 5n, payload });
  });

  it('leaves the payload as it was', () => {
    const payload = seeded.bytes(50);
    const before = payload.slice();
    gcmSivFraming.sealedFrame(key, iv, 1n, payload);
    expect(payload).toEqual(before);
  });

  it('does not open with any one bit of IV or ciphertext another', () => {
    const frame = gcmSivFraming.sealedFrame(key, iv, 1n, seeded.bytes(20));
    for (let bit = 0; bit < 8 * frame.length; bit++) {
      const place = bit >> 3;
      if (place < 4 || (place >= 16 && place < 24)) continue;
      const changed = frame.slice();
      changed[place] = (changed[place] as number) ^ (1 << (bit & 7));
      expect(() => gcmSivFraming.openFrame(key, parts(changed)), `bit ${bit}`).toThrow(badFrame);
    }
  });

  it('opens whatever its nonce says: nothing covers it', () => {
    const payload = seeded.bytes(20);
    const frame = gcmSivFraming.sealedFrame(key, iv, 1n, payload);
    frame.fill(0xff, 16, 24);
    expect(gcmSivFraming.openFrame(key, parts(frame))).toEqual({ iv, nonce: most, payload });
  });

  it('does not open with another key', () => {
    const frame = parts(gcmSivFraming.sealedFrame(key, iv, 1n, seeded.bytes(20)));
    expect(() => gcmSivFraming.openFrame(seeded.bytes(32), frame)).toThrow(badFrame);
  });
});

describe('a ciphertext', () => {
  it('is at least its tag, and any length from there', () => {
    const lengths = Array.from({ length: 20 }, (_, length) => length).filter(gcmSivFraming.isCiphertextLength);
    expect(lengths).toEqual([16, 17, 18, 19]);
    expect(gcmSivFraming.isCiphertextLength(64 * 1024 * 1024 + 17)).toBe(true);
  });
});

it('a nonce that has not risen ends a connection of this dialect', () => {
  expect(gcmSivFraming.staleNonceEnds).toBe(true);
});
