/**
 * Keys and signatures for simulated peers: the real curve, or one that is a thousand times cheaper.
 *
 * Both remember every secret whose key was asked for, ephemeral ones too, so that the witness can open what is sent.
 * The cheap one keeps a book of all secrets: a signature is a hash over secret, digest and nonce, and is checked by
 * looking the secret up. Within a simulation it cannot be forged or changed (nobody but the curve reads the book), keys
 * have the shape of real ones, and a key that is not in the book is no point of the curve.
 */
import { schnorr } from '@noble/secp256k1';
import { bytesToHex, concatBytes, equalBytes } from '../../core/codec/bytes.ts';
import type { Curve, SignatureCheck } from '../../core/crypto/curve.ts';
import { sha256 } from '../../core/crypto/hash.ts';
import {
  type Holder,
  holderOf,
  isPublicKey,
  type PublicKey,
  type SecretKey,
  type Signature,
} from '../../core/crypto/keys.ts';
import { nobleCurve } from '../../core/crypto/noble-curve.ts';
import { CryptoError } from '../../core/errors.ts';

export interface SimulatedCrypto {
  readonly curve: Curve;
  verify(check: SignatureCheck): boolean;
  /** x of the ECDH of the holders of two keys, of which one was made here. */
  agreed(one: PublicKey, other: PublicKey): Uint8Array;
}

export function cheapCrypto(): SimulatedCrypto {
  const book = new Map<Holder, SecretKey>();
  const shared = new Map<string, Uint8Array>();
  const publicKey = (secret: SecretKey): PublicKey => {
    const digest = sha256(keyTag, secret);
    const key = concatBytes(Uint8Array.of(2 + ((digest[31] as number) & 1)), digest) as PublicKey;
    // A peer overwrites the ephemeral ones.
    book.set(holderOf(key), secret.slice() as SecretKey);
    return key;
  };
  const isPoint = (key: PublicKey): boolean => isPublicKey(key) && book.has(holderOf(key));
  const agreed = (one: PublicKey, other: PublicKey): Uint8Array => {
    const pair = [holderOf(one), holderOf(other)].sort().join();
    const known = shared.get(pair) ?? sha256(new TextEncoder().encode(pair));
    shared.set(pair, known);
    return known;
  };
  const sharedX = (secret: SecretKey, other: PublicKey): Uint8Array => {
    if (!isPoint(other)) throw new CryptoError('bad-key', 'the key is no point of the curve');
    return agreed(publicKey(secret), other);
  };
  return {
    agreed,
    curve: {
      publicKey,
      sign: (digest, secret, auxiliary) =>
        concatBytes(auxiliary, sha256(signTag, secret, digest, auxiliary)) as Signature,
      sharedX,
      isPoint,
    },
    verify({ key, digest, signature }) {
      const secret = isPublicKey(key) ? book.get(holderOf(key)) : undefined;
      if (secret === undefined || signature.length !== 64) return false;
      return equalBytes(signature.subarray(32), sha256(signTag, secret, digest, signature.subarray(0, 32)));
    },
  };
}

/** Each signature is checked once, however many peers ask. */
export function realCrypto(): SimulatedCrypto {
  const checked = new Map<string, boolean>();
  const book = new Map<Holder, SecretKey>();
  const publicKey = (secret: SecretKey): PublicKey => {
    const key = nobleCurve.publicKey(secret);
    book.set(holderOf(key), secret.slice() as SecretKey);
    return key;
  };
  return {
    curve: { ...nobleCurve, publicKey },
    agreed(one, other) {
      const [secret, key] = book.has(holderOf(one))
        ? [book.get(holderOf(one)), other]
        : [book.get(holderOf(other)), one];
      if (secret === undefined) throw new Error('neither key was made here');
      return nobleCurve.sharedX(secret, key);
    },
    verify({ key, digest, signature }) {
      const name = bytesToHex(concatBytes(key, digest, signature));
      const known = checked.get(name);
      if (known !== undefined) return known;
      const holds = isPublicKey(key) && signature.length === 64 && schnorr.verify(signature, digest, key.subarray(1));
      checked.set(name, holds);
      return holds;
    },
  };
}

const keyTag = new TextEncoder().encode('simulated key');
const signTag = new TextEncoder().encode('simulated signature');
