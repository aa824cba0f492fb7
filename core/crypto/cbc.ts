/**
 * AES-256-CBC with PKCS#7 padding, the cipher of the dialect `cbc` (spec/wire.md, Two dialects).
 *
 * It says nothing of who wrote a ciphertext: about one changed ciphertext in 256 still opens, to other bytes. What
 * rests on it checks signatures (spec/safety.md, Blocks and data).
 */
import { cbc } from '@noble/ciphers/aes.js';
import { CryptoError } from '../errors.ts';

/** Of a block of AES, and so of an IV. */
export const cbcBlockBytes = 16;

/** What `plainBytes` bytes become: at least one byte of padding, up to a whole block. */
export function cbcCiphertextBytes(plainBytes: number): number {
  return plainBytes - (plainBytes % cbcBlockBytes) + cbcBlockBytes;
}

/** @param key 32 bytes */
export function encryptCbc(key: Uint8Array, iv: Uint8Array, plain: Uint8Array): Uint8Array {
  const ciphertext = new Uint8Array(cbcCiphertextBytes(plain.length));
  ciphertext.set(plain);
  encryptCbcInPlace(key, iv, ciphertext, plain.length);
  return ciphertext;
}

/**
 * Encrypts the first `plainBytes` of `bytes` to all of `bytes`, which saves a large frame two copies.
 * @param bytes of `cbcCiphertextBytes(plainBytes)`, at an offset in its buffer that four divides
 */
export function encryptCbcInPlace(key: Uint8Array, iv: Uint8Array, bytes: Uint8Array, plainBytes: number): void {
  cbc(key, iv).encrypt(bytes.subarray(0, plainBytes), bytes);
}

/** @throws CryptoError `bad-ciphertext` when it is no whole number of blocks, or the padding is none. */
export function decryptCbc(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  try {
    return cbc(key, iv).decrypt(ciphertext);
  } catch {
    throw new CryptoError('bad-ciphertext', 'the ciphertext does not open');
  }
}
