/**
 * Frames of the dialect `cbc`: the greeting with its nonce in front, the others with IV and ciphertext of nonce and
 * message (spec/wire.md, Frames).
 */
import { concatBytes } from '../codec/bytes.ts';
import { cbcBlockBytes, cbcCiphertextBytes, decryptCbc, encryptCbcInPlace } from '../crypto/cbc.ts';
import { CryptoError, SessionError } from '../errors.ts';
import { type Framing, lengthBytes, nonceBytes } from './framing.ts';

/** The greeting is a sender's first frame; byte 4 of the stream tells the dialects apart by it. */
const greetingNonce = 1n;
const sealedHeaderBytes = lengthBytes + cbcBlockBytes;

export const cbcFraming: Framing = {
  greetingHeaderBytes: lengthBytes + nonceBytes,
  sealedHeaderBytes,
  ivBytes: cbcBlockBytes,
  greetingNonce,
  staleNonceEnds: false,

  greetingFrame(payload) {
    const header = new DataView(new ArrayBuffer(lengthBytes + nonceBytes));
    header.setUint32(0, payload.length, true);
    header.setBigUint64(lengthBytes, greetingNonce, true);
    return concatBytes(new Uint8Array(header.buffer), payload);
  },

  checkGreetingHeader(header) {
    if (viewOf(header).getBigUint64(lengthBytes, true) === greetingNonce) return;
    throw new SessionError('bad-greeting', 'a greeting of this dialect carries the nonce 1');
  },

  isCiphertextLength(length) {
    return length > 0 && length % cbcBlockBytes === 0;
  },

  sealedFrame(key, iv, nonce, payload) {
    const plainBytes = nonceBytes + payload.length;
    const length = cbcCiphertextBytes(plainBytes);
    const frame = new Uint8Array(sealedHeaderBytes + length);
    const view = viewOf(frame);
    view.setUint32(0, length, true);
    frame.set(iv, lengthBytes);
    view.setBigUint64(sealedHeaderBytes, nonce, true);
    frame.set(payload, sealedHeaderBytes + nonceBytes);
    encryptCbcInPlace(key, iv, frame.subarray(sealedHeaderBytes), plainBytes);
    return frame;
  },

  openFrame(key, { header, ciphertext }) {
    const iv = header.subarray(lengthBytes, sealedHeaderBytes);
    const plain = decrypted(key, iv, ciphertext);
    if (plain.length < nonceBytes) throw new SessionError('bad-frame', 'a frame holds at least its nonce');
    return { iv, nonce: viewOf(plain).getBigUint64(0, true), payload: plain.subarray(nonceBytes) };
  },
};

function decrypted(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  try {
    return decryptCbc(key, iv, ciphertext);
  } catch (error) {
    if (error instanceof CryptoError) throw new SessionError('bad-frame', error.message);
    throw error;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
