/**
 * How peers that nobody can dial by host and port are named: `<hex key in two labels>.webrtc.invalid:1`.
 *
 * The name parses as `host:port` (the reference closes otherwise), resolves to nothing, and tells ours to reach the
 * key by signaling (design.md, Links and addresses). `127.0.0.1:1` parses too and is never dialled by ours.
 */

import { keyHex, type PublicKey, type PublicKeyHex, publicKeyFromHex } from '../crypto/keys.ts';
import { CodecError, CryptoError } from '../errors.ts';

const suffix = '.webrtc.invalid:1';
/** A DNS label holds at most 63 characters, a key's hex has 66. */
const labelCut = 33;

/** What a peer that cannot be dialled says it listens on. */
export const unreachableAddress = '127.0.0.1:1';

export function signaledAddress(key: PublicKey | PublicKeyHex): string {
  const hex = typeof key === 'string' ? key : keyHex(key);
  return `${hex.slice(0, labelCut)}.${hex.slice(labelCut)}${suffix}`;
}

/** The key of a signaled address, or undefined when it is another kind of address. */
export function signaledKey(address: string): PublicKey | undefined {
  if (!address.endsWith(suffix)) return undefined;
  const name = address.slice(0, -suffix.length);
  if (name[labelCut] !== '.') return undefined;
  try {
    return publicKeyFromHex(name.slice(0, labelCut) + name.slice(labelCut + 1));
  } catch (error) {
    if (error instanceof CodecError || error instanceof CryptoError) return undefined;
    throw error;
  }
}
