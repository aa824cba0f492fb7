/**
 * secp256k1 in JavaScript: the curve every peer starts with, and the verifier of last resort.
 *
 * The verifier yields to nobody while it works through its list; a host that checks many signatures brings a faster
 * one, in WASM or in workers (curve.ts). Signatures: BIP340, spec/wire.md, first table; prefixes: spec/safety.md,
 * Blocks 3.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { etc, getPublicKey, hashes, Point, schnorr, utils } from '@noble/secp256k1';
import { CryptoError } from '../errors.ts';
import type { Curve, SignatureCheck, Verifier } from './curve.ts';
import { isPublicKey, type PublicKey, type SecretKey, type Signature, signatureBytes } from './keys.ts';

// The package brings no hash of its own; without these its synchronous half throws.
hashes.sha256 = sha256;
hashes.hmacSha256 = (key, message) => hmac(sha256, key, message);

export const nobleCurve: Curve = {
  publicKey: (secret) => getPublicKey(checkedSecret(secret), true) as Uint8Array as PublicKey,
  sign: (digest, secret, auxiliary) =>
    schnorr.sign(digest, checkedSecret(secret), auxiliary) as Uint8Array as Signature,
  sharedX: (secret, other) => pointOf(other).multiply(scalarOf(secret)).toBytes(true).slice(1),
  isPoint: (key) => utils.isValidPublicKey(key, true),
};

export const nobleVerifier: Verifier = {
  verify: async (checks) => checks.map(holds),
};

function holds({ key, digest, signature }: SignatureCheck): boolean {
  if (!isPublicKey(key) || signature.length !== signatureBytes) return false;
  return schnorr.verify(signature, digest, key.subarray(1));
}

function pointOf(key: PublicKey): Point {
  if (!nobleCurve.isPoint(key)) throw new CryptoError('bad-key', 'the key is no point of the curve');
  return Point.fromBytes(key);
}

function scalarOf(secret: SecretKey): bigint {
  return etc.secretKeyToScalar(checkedSecret(secret));
}

function checkedSecret(secret: SecretKey): SecretKey {
  if (!utils.isValidSecretKey(secret)) throw new CryptoError('bad-secret', 'a secret is between 1 and the order');
  return secret;
}
