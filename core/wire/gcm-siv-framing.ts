/**
 * Frames of the dialect `gcm-siv`: the greeting with nothing but its length in front, the others with IV, nonce in plain
 * and ciphertext with its tag (spec/wire.md, Frames).
 */
import { concatBytes } from '../codec/bytes.ts';
import { decryptGcmSiv, encryptGcmSiv, gcmSivIvBytes, gcmSivTagBytes } from '../crypto/gcm-siv.ts';
import { CryptoError, SessionError } from '../errors.ts';
import { type Framing, lengthBytes, nonceBytes } from './framing.ts';

const nonceAt = lengthBytes + gcmSivIvBytes;
const sealedHeaderBytes = nonceAt + nonceBytes;

export const gcmSivFraming: Framing = {
  greetingHeaderBytes: lengthBytes,
  sealedHeaderBytes,
  ivBytes: gcmSivIvBytes,
  greetingNonce: 0n,
  staleNonceEnds: true,

  greetingFrame(payload) {
    const header = new DataView(new ArrayBuffer(lengthBytes));
    header.setUint32(0, payload.length, true);
    return concatBytes(new Uint8Array(header.buffer), payload);
  },

  checkGreetingHeader() {},

  isCiphertextLength(length) {
    return length >= gcmSivTagBytes;
  },

  sealedFrame(key, iv, nonce, payload) {
    const ciphertext = encryptGcmSiv(key, iv, payload);
    const frame = new Uint8Array(sealedHeaderBytes + ciphertext.length);
    const view = new DataView(frame.buffer);
    view.setUint32(0, ciphertext.length, true);
    frame.set(iv, lengthBytes);
    view.setBigUint64(nonceAt, nonce, true);
    frame.set(ciphertext, sealedHeaderBytes);
    return frame;
  },

  openFrame(key, { header, ciphertext }) {
    const iv = header.subarray(lengthBytes, nonceAt);
    const nonce = new DataView(header.buffer, header.byteOffset).getBigUint64(nonceAt, true);
    return { iv, nonce, payload: decrypted(key, iv, ciphertext) };
  },
};

function decrypted(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  try {
    return decryptGcmSiv(key, iv, ciphertext);
  } catch (error) {
    if (error instanceof CryptoError) throw new SessionError('bad-frame', error.message);
    throw error;
  }
}
