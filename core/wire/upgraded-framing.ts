/**
 * Frames of an upgraded link: IV, ciphertext, MAC (spec/safety.md, Secure upgrade; docs/protocol.md, Upgraded frames).
 *
 * Encrypt-then-MAC: the MAC covers direction, counter, IV and ciphertext and is looked at before anything is decrypted.
 * The counter is not sent: a frame that is played again, left out, or sent back where it came from has another one and
 * does not verify. Stateless: which counter comes next is upgrade.ts's.
 */
import { cbcBlockBytes, cbcCiphertextBytes, decryptCbc, encryptCbcInPlace } from '../crypto/cbc.ts';
import { isSameMac, macBytes, macOf } from '../crypto/mac.ts';
import { CryptoError, SessionError } from '../errors.ts';
import { type FrameShape, lengthBytes, type SealedFrame } from './framing.ts';

/** What one direction's frames are sealed and opened with. */
export interface DirectionKeys {
  /** 0 from who dialled, 1 from who was dialled. */
  readonly direction: 0 | 1;
  readonly encryption: Uint8Array;
  readonly mac: Uint8Array;
}

const headerBytes = lengthBytes + cbcBlockBytes;

export const upgradedIvBytes = cbcBlockBytes;

export const upgradedShape: FrameShape = {
  sealedHeaderBytes: headerBytes,
  isCiphertextLength: (length) => length >= cbcBlockBytes + macBytes && length % cbcBlockBytes === 0,
};

/** What a header announces for a payload of so many bytes: the ciphertext and its MAC. */
export function upgradedBytes(payloadBytes: number): number {
  return cbcCiphertextBytes(payloadBytes) + macBytes;
}

/** @param iv 16 bytes that nobody can foretell */
export function upgradedFrame(keys: DirectionKeys, iv: Uint8Array, counter: bigint, payload: Uint8Array): Uint8Array {
  const length = upgradedBytes(payload.length);
  const frame = new Uint8Array(headerBytes + length);
  new DataView(frame.buffer).setUint32(0, length, true);
  frame.set(iv, lengthBytes);
  frame.set(payload, headerBytes);
  const macAt = frame.length - macBytes;
  encryptCbcInPlace(keys.encryption, iv, frame.subarray(headerBytes, macAt), payload.length);
  frame.set(frameMac(keys, counter, iv, frame.subarray(headerBytes, macAt)), macAt);
  return frame;
}

/** @returns the payload @throws SessionError `bad-frame` when it is not the frame with this counter */
export function openUpgradedFrame(
  keys: DirectionKeys,
  counter: bigint,
  { header, ciphertext }: SealedFrame,
): Uint8Array {
  const iv = header.subarray(lengthBytes, headerBytes);
  const macAt = ciphertext.length - macBytes;
  const sealed = ciphertext.subarray(0, macAt);
  if (!isSameMac(frameMac(keys, counter, iv, sealed), ciphertext.subarray(macAt))) {
    throw new SessionError('bad-frame', 'a frame is not the one that comes next');
  }
  try {
    return decryptCbc(keys.encryption, iv, sealed);
  } catch (error) {
    if (error instanceof CryptoError) throw new SessionError('bad-frame', error.message);
    throw error;
  }
}

function frameMac({ direction, mac }: DirectionKeys, counter: bigint, iv: Uint8Array, sealed: Uint8Array): Uint8Array {
  const place = new Uint8Array(1 + 8);
  place[0] = direction;
  new DataView(place.buffer).setBigUint64(1, counter, true);
  return macOf(mac, place, iv, sealed);
}
