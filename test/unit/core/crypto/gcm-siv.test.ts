/**
 * core/crypto/gcm-siv.ts against RFC 8452, the slow twin (test/model/slow-gcm-siv.ts) and what the reference has sealed.
 * Node's own cryptography has no such cipher to ask.
 */
import { describe, expect, it } from 'vitest';
import { bytesToHex, hexToBytes } from '../../../../core/codec/bytes.ts';
import { decryptGcmSiv, encryptGcmSiv, gcmSivIvBytes, gcmSivTagBytes } from '../../../../core/crypto/gcm-siv.ts';
import { Seeded } from '../../../model/seeded.ts';
import { slowOpen, slowSeal } from '../../../model/slow-gcm-siv.ts';
import { sessionVector } from '../../../model/vectors.ts';

const seeded = new Seeded(24);
const key = seeded.bytes(32);
const iv = seeded.bytes(gcmSivIvBytes);
const refused = expect.objectContaining({ name: 'CryptoError', code: 'bad-ciphertext' });

interface Vector {
  readonly name: string;
  readonly key: string;
  readonly nonce: string;
  readonly plain: string;
  readonly sealed: string;
}

const one = { key: `01${'00'.repeat(31)}`, nonce: `03${'00'.repeat(11)}` };
const zero = { key: '00'.repeat(32), nonce: '00'.repeat(12) };
const blocks = (...firstBytes: readonly string[]) => firstBytes.map((first) => first.padEnd(32, '0')).join('');

/** RFC 8452, Appendix C.2 and C.3: all that have no associated data. */
const vectors: readonly Vector[] = [
  { name: 'nothing', ...one, plain: '', sealed: '07f5f4169bbf55a8400cd47ea6fd400f' },
  {
    name: '8 bytes',
    ...one,
    plain: '0100000000000000',
    sealed: 'c2ef328e5c71c83b843122130f7364b761e0b97427e3df28',
  },
  {
    name: '12 bytes',
    ...one,
    plain: '010000000000000000000000',
    sealed: '9aab2aeb3faa0a34aea8e2b18ca50da9ae6559e48fd10f6e5c9ca17e',
  },
  {
    name: 'a block',
    ...one,
    plain: blocks('01'),
    sealed: '85a01b63025ba19b7fd3ddfc033b3e76c9eac6fa700942702e90862383c6c366',
  },
  {
    name: 'two blocks',
    ...one,
    plain: blocks('01', '02'),
    sealed: '4a6a9db4c8c6549201b9edb53006cba821ec9cf850948a7c86c68ac7539d027fe819e63abcd020b006a976397632eb5d',
  },
  {
    name: 'three blocks',
    ...one,
    plain: blocks('01', '02', '03'),
    sealed:
      'c00d121893a9fa603f48ccc1ca3c57ce7499245ea0046db16c53c7c66fe717e3' +
      '9cf6c748837b61f6ee3adcee17534ed5790bc96880a99ba804bd12c0e6a22cc4',
  },
  {
    name: 'four blocks',
    ...one,
    plain: blocks('01', '02', '03', '04'),
    sealed:
      'c2d5160a1f8683834910acdafc41fbb1632d4a353e8b905ec9a5499ac34f96c7' +
      'e1049eb080883891a4db8caaa1f99dd004d80487540735234e3744512c6f90ce112864c269fc0d9d88c61fa47e39aa08',
  },
  {
    name: 'nothing, under another key',
    key: 'e66021d5eb8e4f4066d4adb9c33560e4f46e44bb3da0015c94f7088736864200',
    nonce: 'e0eaf5284d884a0e77d31646',
    plain: '',
    sealed: '169fbb2fbf389a995f6390af22228a62',
  },
  {
    name: 'a counter that goes round',
    ...zero,
    plain: '000000000000000000000000000000004db923dc793ee6497c76dcc03a98e108',
    sealed: 'f3f80f2cf0cb2dd9c5984fcda908456cc537703b5ba70324a6793a7bf218d3eaffffffff000000000000000000000000',
  },
  {
    name: 'a counter that goes round within 24 bytes',
    ...zero,
    plain: 'eb3640277c7ffd1303c7a542d02d3e4c0000000000000000',
    sealed: '18ce4f0b8cb4d0cac65fea8f79257b20888e53e72299e56dffffffff000000000000000000000000',
  },
];

describe('AES-256-GCM-SIV', () => {
  it.each(vectors)('seals as RFC 8452 does: $name', ({ key: hexKey, nonce, plain, sealed }) => {
    const [ownKey, ownIv] = [hexToBytes(hexKey), hexToBytes(nonce)];
    for (const seal of [encryptGcmSiv, slowSeal]) {
      expect(bytesToHex(seal(ownKey, ownIv, hexToBytes(plain)))).toBe(sealed);
    }
    expect(bytesToHex(decryptGcmSiv(ownKey, ownIv, hexToBytes(sealed)))).toBe(plain);
    expect(slowOpen(ownKey, ownIv, hexToBytes(sealed))).toEqual(hexToBytes(plain));
  });

  it('makes what the slow twin makes, for every length around a block, and opens it again', () => {
    for (const length of [0, 1, 15, 16, 17, 31, 32, 33, 1_000, 4_097]) {
      const plain = seeded.bytes(length);
      const before = bytesToHex(plain);
      const [ownKey, ownIv] = [seeded.bytes(32), seeded.bytes(gcmSivIvBytes)];
      const sealed = encryptGcmSiv(ownKey, ownIv, plain);
      expect(sealed.length).toBe(length + gcmSivTagBytes);
      expect(bytesToHex(sealed)).toBe(bytesToHex(slowSeal(ownKey, ownIv, plain)));
      expect(bytesToHex(decryptGcmSiv(ownKey, ownIv, sealed))).toBe(before);
      expect(bytesToHex(plain)).toBe(before);
    }
  });

  it('opens and makes again what the reference has sealed', () => {
    const { sessionKey, frames } = sessionVector('gcm-siv');
    let opened = 0;
    for (const { bytes, plain } of frames) {
      if (plain === undefined) continue;
      const frame = hexToBytes(bytes);
      const recordedIv = frame.subarray(4, 16);
      expect(bytesToHex(decryptGcmSiv(hexToBytes(sessionKey), recordedIv, frame.subarray(24)))).toBe(plain);
      const again = encryptGcmSiv(hexToBytes(sessionKey), recordedIv, hexToBytes(plain));
      expect(bytesToHex(again)).toBe(bytes.slice(2 * 24));
      opened++;
    }
    expect(opened).toBe(15);
  });

  it('works at any offset of a larger array, and leaves what it is given as it was', () => {
    const plain = seeded.bytes(40);
    const sealed = encryptGcmSiv(key, iv, plain);
    for (let offset = 0; offset < 8; offset++) {
      const shifted = (bytes: Uint8Array) => {
        const whole = new Uint8Array(offset + bytes.length + 3);
        whole.set(bytes, offset);
        return whole.subarray(offset, offset + bytes.length);
      };
      const given = { key: shifted(key), iv: shifted(iv), plain: shifted(plain), sealed: shifted(sealed) };
      expect(encryptGcmSiv(given.key, given.iv, given.plain)).toEqual(sealed);
      expect(decryptGcmSiv(given.key, given.iv, given.sealed)).toEqual(plain);
      expect(given).toEqual({ key, iv, plain, sealed });
    }
  });
});

describe('a ciphertext', () => {
  it('does not open with any one bit of it another', () => {
    const sealed = encryptGcmSiv(key, iv, seeded.bytes(21));
    for (let bit = 0; bit < 8 * sealed.length; bit++) {
      const changed = sealed.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => decryptGcmSiv(key, iv, changed)).toThrow(refused);
    }
  });

  it('does not open under another IV or another key', () => {
    const sealed = encryptGcmSiv(key, iv, seeded.bytes(21));
    expect(() => decryptGcmSiv(key, seeded.bytes(gcmSivIvBytes), sealed)).toThrow(refused);
    expect(() => decryptGcmSiv(seeded.bytes(32), iv, sealed)).toThrow(refused);
  });

  it('does not open with bytes missing or more', () => {
    const sealed = encryptGcmSiv(key, iv, seeded.bytes(21));
    for (let length = 0; length < sealed.length; length++) {
      expect(() => decryptGcmSiv(key, iv, sealed.subarray(0, length))).toThrow(refused);
    }
    expect(() => decryptGcmSiv(key, iv, Uint8Array.of(...sealed, 0))).toThrow(refused);
    expect(() => decryptGcmSiv(key, iv, Uint8Array.of(0, ...sealed))).toThrow(refused);
  });

  it('opens or not as for the slow twin, for 500 random and spoilt ones', () => {
    let opened = 0;
    for (let i = 0; i < 500; i++) {
      const sealed = seeded.chance(0.5)
        ? seeded.bytes(seeded.below(64))
        : encryptGcmSiv(key, iv, seeded.bytes(seeded.below(64)));
      if (seeded.chance(0.5) && sealed.length > 0) {
        const place = seeded.below(sealed.length);
        sealed[place] = (sealed[place] as number) ^ seeded.between(1, 255);
      }
      const expected = slowOpen(key, iv, sealed);
      if (expected === undefined) {
        expect(() => decryptGcmSiv(key, iv, sealed)).toThrow(refused);
        continue;
      }
      opened++;
      expect(decryptGcmSiv(key, iv, sealed)).toEqual(expected);
    }
    expect(opened).toBeGreaterThan(50);
    expect(opened).toBeLessThan(450);
  });
});
