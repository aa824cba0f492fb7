/**
 * The branded bytes of the field: keys, hashes, signatures, and their hex forms.
 *
 * Parsed once at the edge, never checked again. A `PublicKey` here has the length and a prefix of 02 or 03
 * (spec/safety.md, Blocks 3); whether it is a point is for `Curve.isPoint`, which costs more. Both parities of one x
 * are one holder. Sizes: spec/wire.md, first table.
 */
import { bytesToHex, compareBytes, equalBytes, hexToBytes } from '../codec/bytes.ts';
import { CodecError, CryptoError } from '../errors.ts';

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** 33 bytes, SEC1 compressed. */
export type PublicKey = Branded<Uint8Array, 'PublicKey'>;
/** 32 bytes, a scalar between 1 and n − 1. */
export type SecretKey = Branded<Uint8Array, 'SecretKey'>;
/** 32 bytes of SHA-256. */
export type Hash = Branded<Uint8Array, 'Hash'>;
/** 64 bytes, BIP340. */
export type Signature = Branded<Uint8Array, 'Signature'>;
/** SHA-256(author · data · sign) of a data item: what the pool is keyed by (spec/safety.md, Blocks 6). */
export type ItemId = Branded<Uint8Array, 'ItemId'>;

/** The same values as lower-case hex: they compare, key a Map and print as they are. */
export type PublicKeyHex = Branded<string, 'PublicKeyHex'>;
export type HashHex = Branded<string, 'HashHex'>;
export type SignatureHex = Branded<string, 'SignatureHex'>;
export type ItemIdHex = Branded<string, 'ItemIdHex'>;
/** The 32 bytes of x as hex, without the parity: who holds the secret (spec/safety.md, Blocks 3). */
export type Holder = Branded<string, 'Holder'>;

export const publicKeyBytes = 33;
export const secretKeyBytes = 32;
export const hashBytes = 32;
export const signatureBytes = 64;

/** Length and prefix are right; says nothing about the curve. */
export function isPublicKey(bytes: Uint8Array): bytes is PublicKey {
  return bytes.length === publicKeyBytes && (bytes[0] === 2 || bytes[0] === 3);
}

/** @throws CryptoError `bad-key` */
export function publicKeyFrom(bytes: Uint8Array): PublicKey {
  if (!isPublicKey(bytes)) throw new CryptoError('bad-key', 'a public key is 33 bytes that begin with 02 or 03');
  return bytes;
}

/** @throws CryptoError `bad-key`, CodecError `bad-hex` */
export function publicKeyFromHex(hex: string): PublicKey {
  return publicKeyFrom(hexToBytes(hex));
}

/** @throws CodecError `truncated` or `trailing` when the length is another. */
export function hashFrom(bytes: Uint8Array): Hash {
  return fixed(bytes, hashBytes) as Hash;
}

export function signatureFrom(bytes: Uint8Array): Signature {
  return fixed(bytes, signatureBytes) as Signature;
}

export function itemIdFrom(bytes: Uint8Array): ItemId {
  return fixed(bytes, hashBytes) as ItemId;
}

export function secretKeyFrom(bytes: Uint8Array): SecretKey {
  return fixed(bytes, secretKeyBytes) as SecretKey;
}

/** By all its bytes, as the reference compares them. @param keys at least one */
export function lowestKey(keys: readonly [PublicKey, ...PublicKey[]]): PublicKey {
  return keys.reduce((lowest, key) => (compareBytes(key, lowest) < 0 ? key : lowest));
}

export function keyHex(key: PublicKey): PublicKeyHex {
  return bytesToHex(key) as PublicKeyHex;
}

/** Also when there is neither: the parent of a first block and what is before it. */
export function isSameHash(a: Hash | undefined, b: Hash | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b);
}

export function hashHex(hash: Hash): HashHex {
  return bytesToHex(hash) as HashHex;
}

export function signatureHex(signature: Signature): SignatureHex {
  return bytesToHex(signature) as SignatureHex;
}

export function itemIdHex(id: ItemId): ItemIdHex {
  return bytesToHex(id) as ItemIdHex;
}

export function holderOf(key: PublicKey): Holder {
  return bytesToHex(key.subarray(1)) as Holder;
}

/** Without their hex: this is asked of each message. */
export function isSameHolder(a: PublicKey, b: PublicKey): boolean {
  for (let i = 1; i < publicKeyBytes; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function holderOfHex(key: PublicKeyHex): Holder {
  return key.slice(2) as string as Holder;
}

function fixed(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length < length) throw new CodecError('truncated', `${length} bytes wanted, ${bytes.length} given`);
  if (bytes.length > length) throw new CodecError('trailing', `${length} bytes wanted, ${bytes.length} given`);
  return bytes;
}
