/**
 * A curve that costs one hash: for tests in which signatures must hold or fail, but prove nothing.
 *
 * The x of a key is its secret, so anybody could sign for anybody, and nobody may use it for anything else. Like the
 * real one it does not look at a key's parity when it checks, and like ours it signs the same digest twice differently.
 */
import { concatBytes, equalBytes } from '../../core/codec/bytes.ts';
import type { Curve, SignatureCheck } from '../../core/crypto/curve.ts';
import { sha256 } from '../../core/crypto/hash.ts';
import { isPublicKey, type PublicKey, type SecretKey, type Signature } from '../../core/crypto/keys.ts';
import { CryptoError } from '../../core/errors.ts';

export const fakeCurve: Curve = {
  publicKey: (secret) => concatBytes(Uint8Array.of(2 + ((secret[31] ?? 0) & 1)), secret) as PublicKey,
  sign: (digest, secret, auxiliary) => concatBytes(auxiliary, sha256(secret, digest, auxiliary)) as Signature,
  sharedX(secret, other) {
    if (!fakeCurve.isPoint(other)) throw new CryptoError('bad-key', 'the key is no point');
    const x = other.subarray(1);
    return sha256(secret.map((byte, place) => byte ^ (x[place] ?? 0)));
  },
  isPoint: (key) => isPublicKey(key) && key.some((byte, place) => place > 0 && byte !== 0xff),
};

/** What a verifier answers. */
export function fakeVerify(checks: readonly SignatureCheck[]): boolean[] {
  return checks.map(({ key, digest, signature }) => {
    if (!isPublicKey(key) || signature.length !== 64) return false;
    return equalBytes(signature.subarray(32), sha256(key.subarray(1), digest, signature.subarray(0, 32)));
  });
}

/** The same key with the other parity: the same holder (spec/safety.md, Blocks 3). */
export function otherParity(key: PublicKey): PublicKey {
  return concatBytes(Uint8Array.of((key[0] ?? 0) ^ 1), key.subarray(1)) as PublicKey;
}

export function fakeSecret(bytes: Uint8Array): SecretKey {
  return bytes as SecretKey;
}
