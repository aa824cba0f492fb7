/**
 * AES-256-GCM-SIV without associated data, the cipher of the dialect `gcm-siv` (spec/wire.md, Two dialects).
 *
 * Unlike `cbc` it tells a changed ciphertext from a whole one. The frame's nonce stands outside of it and is covered by
 * nothing: a recorded frame under a higher nonce opens again (spec/safety.md, Frames and sessions).
 */
import { gcmsiv } from '@noble/ciphers/aes.js';
import { CryptoError } from '../errors.ts';

/** Of the cipher's own nonce, which stands in the place of an IV. */
export const gcmSivIvBytes = 12;
/** What a ciphertext has more than its plain text. */
export const gcmSivTagBytes = 16;

/** @param key 32 bytes */
export function encryptGcmSiv(key: Uint8Array, iv: Uint8Array, plain: Uint8Array): Uint8Array {
  return gcmsiv(key, iv).encrypt(plain);
}

/** @throws CryptoError `bad-ciphertext` when it is not what somebody with the key made */
export function decryptGcmSiv(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  try {
    return gcmsiv(key, iv).decrypt(ciphertext);
  } catch {
    throw new CryptoError('bad-ciphertext', 'the ciphertext does not open');
  }
}
