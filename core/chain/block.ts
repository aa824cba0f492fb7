/**
 * A block: its parent, its items, who may write the next one, its author and the author's signature.
 *
 * The hash preimage carries no lengths (spec/safety.md, Blocks 2), so a hash alone does not fix the body: every item's
 * signature counts too. Layout and preimage: spec/wire.md, Data and Block.
 */
import { type Codec, decode, encode, option, struct, vector } from '../codec/codec.ts';
import type { Curve, SignatureCheck } from '../crypto/curve.ts';
import { sha256 } from '../crypto/hash.ts';
import { hashCodec, publicKeyCodec, signatureCodec } from '../crypto/key-codecs.ts';
import type { Hash, PublicKey, SecretKey, Signature } from '../crypto/keys.ts';
import type { Random } from '../random.ts';
import { type Data, dataCodec } from './data.ts';

export interface Block {
  readonly parent: Hash | undefined;
  readonly hash: Hash;
  readonly data: readonly Data[];
  readonly nextChoices: readonly PublicKey[];
  readonly author: PublicKey;
  readonly sign: Signature;
}

/** spec/safety.md, Blocks 7: "everywhere the same". */
export const acceptedBlockBytes = 64 * 1024 * 1024;
/** What ours write stays under (spec/safety.md, Blocks 7). */
export const writtenBlockBytes = 1024 * 1024;

/** Fewest bytes of an item and of a candidate: what bounds their number in a block of the accepted size. */
const mostItems = Math.floor(acceptedBlockBytes / 101);
const mostCandidates = Math.floor(acceptedBlockBytes / 33);

export const blockCodec: Codec<Block> = struct({
  parent: option(hashCodec),
  hash: hashCodec,
  data: vector(dataCodec, mostItems),
  nextChoices: vector(publicKeyCodec, mostCandidates),
  author: publicKeyCodec,
  sign: signatureCodec,
});

/** What a block says before it is signed. */
export type BlockContent = Omit<Block, 'hash' | 'sign'>;

export function createBlock(curve: Curve, random: Random, secret: SecretKey, content: BlockContent): Block {
  const hash = blockHash(content);
  return { ...content, hash, sign: curve.sign(hash, secret, random(32)) };
}

/** SHA-256(parent if any · author · each of next_choices · for each item: data, author, sign). */
export function blockHash({ parent, author, nextChoices, data }: BlockContent): Hash {
  const parts: Uint8Array[] = parent === undefined ? [author] : [parent, author];
  for (const choice of nextChoices) parts.push(choice);
  for (const item of data) parts.push(item.data, item.author, item.sign);
  return sha256(...parts);
}

export function blockCheck({ author, hash, sign }: Block): SignatureCheck {
  return { key: author, digest: hash, signature: sign };
}

export function encodeBlock(block: Block): Uint8Array {
  return encode(blockCodec, block);
}

/** @throws CodecError */
export function decodeBlock(bytes: Uint8Array): Block {
  return decode(blockCodec, bytes);
}
