/**
 * Signatures good and nearly good, and whether each must hold: what every verifier is held against.
 *
 * Made with tiny-secp256k1 (libsecp256k1), not with a curve of ours. Rules: BIP340; spec/safety.md, Blocks 3.
 */
import { signSchnorr, xOnlyPointFromScalar } from 'tiny-secp256k1';
import { concatBytes, hexToBytes } from '../../core/codec/bytes.ts';
import type { SignatureCheck } from '../../core/crypto/curve.ts';
import type { Hash, PublicKey, Signature } from '../../core/crypto/keys.ts';
import { Seeded } from './seeded.ts';

export interface SignatureCase {
  readonly name: string;
  readonly check: SignatureCheck;
  readonly holds: boolean;
}

const order = hexToBytes('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141');
const prime = hexToBytes('fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f');
/** x³ + 7 has no root for this x. */
const offCurve = hexToBytes('0000000000000000000000000000000000000000000000000000000000000005');

export function signatureCases(): readonly SignatureCase[] {
  const seeded = new Seeded(7);
  const secret = seeded.bytes(32);
  const digest = seeded.bytes(32);
  const x = xOnlyPointFromScalar(secret);
  const signature = new Uint8Array(signSchnorr(digest, secret, seeded.bytes(32)));
  const otherX = xOnlyPointFromScalar(seeded.bytes(32));
  const [r, s] = [signature.slice(0, 32), signature.slice(32)];

  const made = (name: string, holds: boolean, parts: Partial<Record<'key' | 'digest' | 'signature', Uint8Array>>) => ({
    name,
    holds,
    check: {
      key: (parts.key ?? prefixed(2, x)) as PublicKey,
      digest: (parts.digest ?? digest) as Hash,
      signature: (parts.signature ?? signature) as Signature,
    },
  });

  return [
    made('an honest one', true, {}),
    made('the other parity of the key: the same holder', true, { key: prefixed(3, x) }),
    ...[0, 1, 4, 5, 6, 7, 255].map((prefix) =>
      made(`a key with prefix ${prefix}`, false, { key: prefixed(prefix, x) }),
    ),
    made('a key of zeros', false, { key: new Uint8Array(33) }),
    made('a key that is no point', false, { key: prefixed(2, offCurve) }),
    made('a key with x = p', false, { key: prefixed(2, prime) }),
    made('a key with x past p', false, { key: prefixed(2, new Uint8Array(32).fill(255)) }),
    made("another's key", false, { key: prefixed(2, otherX) }),
    made('another digest', false, { digest: flipped(digest, 31) }),
    made('a bit of r flipped', false, { signature: flipped(signature, 31) }),
    made('a bit of s flipped', false, { signature: flipped(signature, 63) }),
    made('r and s exchanged', false, { signature: concatBytes(s, r) }),
    made('a signature of zeros', false, { signature: new Uint8Array(64) }),
    made('a signature of ones', false, { signature: new Uint8Array(64).fill(255) }),
    made('r = p', false, { signature: concatBytes(prime, s) }),
    made('s = n', false, { signature: concatBytes(r, order) }),
    made('s of zeros', false, { signature: concatBytes(r, new Uint8Array(32)) }),
  ];
}

/** A key as the wire carries it. */
export function prefixed(prefix: number, x: Uint8Array): PublicKey {
  return concatBytes(Uint8Array.of(prefix), x) as PublicKey;
}

function flipped(bytes: Uint8Array, index: number): Uint8Array {
  const copy = bytes.slice();
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}
