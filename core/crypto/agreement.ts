/**
 * The key of a session, from what two identities share (spec/wire.md, Session key).
 */
import { sha256 } from './hash.ts';

/**
 * SHA-256(x): the same for both sides, both directions and every connection of the two.
 * @param sharedX the 32 bytes of `Curve.sharedX`
 */
export function sessionKey(sharedX: Uint8Array): Uint8Array {
  return sha256(sharedX);
}
