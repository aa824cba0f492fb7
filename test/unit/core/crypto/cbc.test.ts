/**
 * core/crypto/cbc.ts against Node's AES.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesToHex } from '../../../../core/codec/bytes.ts';
import { cbcCiphertextBytes, decryptCbc, encryptCbc, encryptCbcInPlace } from '../../../../core/crypto/cbc.ts';
import { Seeded } from '../../../model/seeded.ts';

const seeded = new Seeded(13);
const key = seeded.bytes(32);
const iv = seeded.bytes(16);

function nodeEncrypted(plain: Uint8Array): string {
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  return Buffer.concat([cipher.update(plain), cipher.final()]).toString('hex');
}

function nodeDecrypted(ciphertext: Uint8Array): string | undefined {
  const decipher = createDecipheriv('aes-256-cbc', key, iv);
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('hex');
  } catch {
    return undefined;
  }
}

describe('AES-256-CBC', () => {
  it('makes what Node makes, for every length around a block, and opens it again', () => {
    for (const length of [0, 1, 15, 16, 17, 31, 32, 33, 1_000, 65_536]) {
      const plain = seeded.bytes(length);
      const before = bytesToHex(plain);
      const ciphertext = encryptCbc(key, iv, plain);
      expect(bytesToHex(ciphertext)).toBe(nodeEncrypted(plain));
      expect(ciphertext.length).toBe(cbcCiphertextBytes(length));
      expect(bytesToHex(decryptCbc(key, iv, ciphertext))).toBe(before);
      expect(bytesToHex(plain)).toBe(before);
    }
  });

  it('works on the place itself, and on no byte beside it', () => {
    const plain = seeded.bytes(21);
    const whole = new Uint8Array(4 + 32 + 4).fill(0xee);
    whole.set(plain, 4);
    encryptCbcInPlace(key, iv, whole.subarray(4, 36), plain.length);
    expect(bytesToHex(whole)).toBe(`eeeeeeee${nodeEncrypted(plain)}eeeeeeee`);
  });

  it('opens what lies at any offset of a larger array, and leaves it as it was', () => {
    const ciphertext = encryptCbc(key, iv, seeded.bytes(40));
    for (let offset = 0; offset < 8; offset++) {
      const whole = new Uint8Array(offset + ciphertext.length);
      whole.set(ciphertext, offset);
      const opened = decryptCbc(key, iv, whole.subarray(offset));
      expect(bytesToHex(opened)).toBe(nodeDecrypted(ciphertext));
      expect(bytesToHex(whole.subarray(offset))).toBe(bytesToHex(ciphertext));
    }
  });

  it.each([0, 1, 15, 17, 31])('refuses %d bytes: no whole number of blocks', (length) => {
    const refused = expect.objectContaining({ name: 'CryptoError', code: 'bad-ciphertext' });
    expect(() => decryptCbc(key, iv, new Uint8Array(length))).toThrow(refused);
  });

  it('opens and refuses exactly what Node does, for 5,000 random ciphertexts', () => {
    let opened = 0;
    for (let i = 0; i < 5_000; i++) {
      const ciphertext = seeded.bytes(16 * seeded.between(1, 3));
      const expected = nodeDecrypted(ciphertext);
      if (expected === undefined) {
        expect(() => decryptCbc(key, iv, ciphertext)).toThrow(expect.objectContaining({ code: 'bad-ciphertext' }));
        continue;
      }
      opened++;
      expect(bytesToHex(decryptCbc(key, iv, ciphertext))).toBe(expected);
    }
    // One random last byte in 256 is a padding of one byte.
    expect(opened).toBeGreaterThan(5);
  });
});
