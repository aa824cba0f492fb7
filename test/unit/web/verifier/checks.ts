/**
 * Signatures to check, the same in every run: good ones, and such as differ from a good one by one bit.
 */
import type { SignatureCheck } from '../../../../core/crypto/curve.ts';
import { sha256 } from '../../../../core/crypto/hash.ts';
import type { Hash, PublicKey, SecretKey, Signature } from '../../../../core/crypto/keys.ts';
import { nobleCurve } from '../../../../core/crypto/noble-curve.ts';

export function secretOf(index: number): SecretKey {
  return sha256(Uint8Array.of(index, index >> 8, 7)) as Uint8Array as SecretKey;
}

export function digestOf(index: number): Hash {
  return sha256(Uint8Array.of(index, index >> 8, 8));
}

export function goodChecks(count: number): SignatureCheck[] {
  return Array.from({ length: count }, (_, index) => {
    const secret = secretOf(index);
    const digest = digestOf(index);
    return {
      key: nobleCurve.publicKey(secret),
      digest,
      signature: nobleCurve.sign(digest, secret, digestOf(index + 1)),
    };
  });
}

/** Each with one bit changed: in turn in the key's x, the digest and the signature, somewhere else each time. */
export function alteredChecks(good: readonly SignatureCheck[]): SignatureCheck[] {
  return good.map(({ key, digest, signature }, index) => {
    if (index % 3 === 0) return { key: flipped(key, 8 + ((index * 7) % 256)) as PublicKey, digest, signature };
    if (index % 3 === 1) return { key, digest: flipped(digest, (index * 7) % 256) as Hash, signature };
    return { key, digest, signature: flipped(signature, (index * 7) % 512) as Signature };
  });
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
}
