/**
 * A data item: bytes, their author, and the author's signature (spec/wire.md, Data and Block).
 */
import { byteVector, type Codec, decode, encode, struct } from '../codec/codec.ts';
import type { Curve, SignatureCheck } from '../crypto/curve.ts';
import { sha256 } from '../crypto/hash.ts';
import { publicKeyCodec, signatureCodec } from '../crypto/key-codecs.ts';
import type { Hash, ItemId, PublicKey, SecretKey, Signature } from '../crypto/keys.ts';
import type { Random } from '../random.ts';

export interface Data {
  readonly data: Uint8Array;
  readonly author: PublicKey;
  readonly sign: Signature;
}

/** A block is at most 64 MiB (spec/safety.md, Blocks 7), so no item is longer. */
export const acceptedDataBytes = 64 * 1024 * 1024;
/** What `share` takes (spec/safety.md, Blocks 7). */
export const sharedDataBytes = 512 * 1024;

export const dataCodec: Codec<Data> = struct({
  data: byteVector(acceptedDataBytes),
  author: publicKeyCodec,
  sign: signatureCodec,
});

/** Makes and signs an item. */
export function createData(curve: Curve, random: Random, author: PublicKey, secret: SecretKey, data: Uint8Array): Data {
  return { data, author, sign: curve.sign(dataDigest(author, data), secret, random(32)) };
}

/** SHA-256(author · data): what the author signs. */
export function dataDigest(author: PublicKey, data: Uint8Array): Hash {
  return sha256(author, data);
}

/** SHA-256(author · data · sign): what the pool and the store know an item by. */
export function itemIdOf({ author, data, sign }: Data): ItemId {
  return sha256(author, data, sign) as Uint8Array as ItemId;
}

export function dataCheck({ author, data, sign }: Data): SignatureCheck {
  return { key: author, digest: dataDigest(author, data), signature: sign };
}

export function encodedDataBytes(data: Data): number {
  return 4 + data.data.length + data.author.length + data.sign.length;
}

export function encodeData(data: Data): Uint8Array {
  return encode(dataCodec, data);
}

/** @throws CodecError */
export function decodeData(bytes: Uint8Array): Data {
  return decode(dataCodec, bytes);
}
