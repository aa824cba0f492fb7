/**
 * What our peers say to each other of what they hold, in the extension carrier (docs/protocol.md, Extension carrier).
 *
 * Values and their codecs; the number of each is the carrier's (carrier.ts).
 */
import { type Codec, encode, fixedBytes, option, struct, text, u32, u64, vector } from '../codec/codec.ts';
import { taggedHash } from '../crypto/hash.ts';
import { hashCodec, publicKeyCodec, signatureCodec } from '../crypto/key-codecs.ts';
import type { Hash, PublicKey, Signature } from '../crypto/keys.ts';

/** The newest block of the chain of whoever says it. */
export interface Head {
  /** Of that block; 0 for the first. */
  readonly height: number;
  readonly tip: Hash;
  /** The chain's first block. */
  readonly root: Hash;
}

export const headCodec: Codec<Head> = struct({ height: u32, tip: hashCodec, root: hashCodec });

/** The promise of a next candidate not to write on a sibling of a block. */
export interface Acknowledgement {
  readonly block: Hash;
  readonly key: PublicKey;
  readonly sign: Signature;
}

export const acknowledgementCodec: Codec<Acknowledgement> = struct({
  block: hashCodec,
  key: publicKeyCodec,
  sign: signatureCodec,
});

/** A network's name (config.ts). */
const networkBytes = 64;
const promise = struct({ network: text(networkBytes), block: hashCodec, parent: option(hashCodec) });

/** What is signed. @param content `parent`: the block's, undefined for a first block */
export function acknowledgementDigest(content: {
  readonly network: string;
  readonly block: Hash;
  readonly parent: Hash | undefined;
}): Hash {
  return taggedHash('acknowledgement', encode(promise, content));
}

/** Items that wait for a block, by short ids: the first 8 bytes of SHA-256(salt · id) as a number. */
export interface PoolDigest {
  readonly salt: Uint8Array;
  readonly ids: readonly bigint[];
}

/** Those of the other's last digest that are lacking. */
export interface ItemsWanted {
  readonly ids: readonly bigint[];
}

export const saltBytes = 16;
/** 8 KiB; the rest is named when these have left. */
export const mostDigested = 1_024;
const shortIds = vector(u64, mostDigested);

export const poolDigestCodec = struct({ salt: fixedBytes(saltBytes), ids: shortIds });
export const itemsWantedCodec = struct({ ids: shortIds });
