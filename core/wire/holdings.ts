/**
 * What our peers say to each other of what they hold, in the extension carrier (docs/protocol.md, Extension carrier).
 *
 * Values and their codecs; the number of each is the carrier's (carrier.ts).
 */
import {
  byteVector,
  type Codec,
  encode,
  fixedBytes,
  option,
  struct,
  text,
  u8,
  u32,
  u64,
  vector,
} from '../codec/codec.ts';
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

/** Asks one of ours for the blocks after the newest of these that is on its main chain; of none: from the first on. */
export interface BlocksWanted {
  /** The asker's own number for it. */
  readonly request: number;
  /** Newest first. */
  readonly locator: readonly Hash[];
}

/** A part of the answer: blocks of one chain, in order. */
export interface BlockBatch {
  readonly request: number;
  /** One of `rangeEnds`. */
  readonly end: number;
  /** Borsh of each Block. */
  readonly blocks: readonly Uint8Array[];
}

export const rangeEnds = {
  /** More will come. */
  more: 0,
  /** This is all that there is. */
  last: 1,
  /** Nothing of the locator is on the chain. */
  nothingShared: 2,
} as const;

/** At 0, 1, 2, 4 … back from the tip: enough for 2³⁰ blocks. */
export const mostLocated = 32;
/** A batch leaves when it holds so much: on a slow link the first is there within the second that is waited for it. */
export const filledBytes = 32 * 1024;
/** A larger block goes alone, for the carrier holds twice as much. */
export const batchedBlockBytes = 256 * 1024;
/** A part that leaves when it holds 32 KiB holds fewer: no block is that small. */
export const mostBatched = 1_024;

export const blocksWantedCodec = struct({ request: u32, locator: vector(hashCodec, mostLocated) });
export const blockBatchCodec = struct({
  request: u32,
  end: u8,
  blocks: vector(byteVector(batchedBlockBytes), mostBatched),
});
