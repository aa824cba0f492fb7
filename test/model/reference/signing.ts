/**
 * What the reference hashes and signs, and what it takes for signed (spec/wire.md, Data and Block, KeepAlive).
 *
 * It signs without fresh randomness, so the same words are the same bytes. It looks at neither the hash that a block
 * names nor the first byte of its author's key (test/vectors/blocks.json): both may say anything.
 */
import { createHash } from 'node:crypto';
import type { Curve, SignatureCheck } from '../../../core/crypto/curve.ts';
import type { Hash, PublicKey, SecretKey, Signature } from '../../../core/crypto/keys.ts';
import type { SecondBlock, SecondData } from '../second-decoder.ts';
import { bytesOf, hexOf, u64 } from './encoder.ts';

export interface Crypto {
  readonly curve: Curve;
  verify(check: SignatureCheck): boolean;
}

export type UnsignedBlock = Omit<SecondBlock, 'hash' | 'sign'>;

export class Signer {
  /** Hex. */
  readonly key: string;
  readonly #crypto: Crypto;
  readonly #secret: SecretKey;

  constructor(crypto: Crypto, secret: SecretKey) {
    this.#crypto = crypto;
    this.#secret = secret;
    this.key = hexOf(crypto.curve.publicKey(secret));
  }

  data(data: string): SecondData {
    return { data, author: this.key, sign: this.#sign(dataDigest(this.key, data)) };
  }

  block(content: UnsignedBlock): SecondBlock {
    const digest = blockDigest(content);
    return { ...content, hash: hexOf(digest), sign: this.#sign(digest) };
  }

  keepAlive(count: bigint): { readonly type: 'keepAlive'; pubkey: string; count: bigint; sign: string } {
    return { type: 'keepAlive', pubkey: this.key, count, sign: this.#sign(countDigest(count)) };
  }

  #sign(digest: Uint8Array): string {
    return hexOf(this.#crypto.curve.sign(digest as Hash, this.#secret, new Uint8Array(32)));
  }
}

export function blockHolds(crypto: Crypto, block: SecondBlock): boolean {
  return holds(crypto, block.author, blockDigest(block), block.sign);
}

export function keepAliveHolds(crypto: Crypto, pubkey: string, count: bigint, sign: string): boolean {
  return holds(crypto, pubkey, countDigest(count), sign);
}

/** SHA-256(author · data). */
export function dataDigest(author: string, data: string): Uint8Array {
  return sha256(author, data);
}

/** SHA-256(parent if any · author · each of next_choices · for each data: data, author, sign). */
export function blockDigest({ parent, author, nextChoices, data }: UnsignedBlock): Uint8Array {
  const items = data.flatMap((item) => [item.data, item.author, item.sign]);
  return sha256(parent ?? '', author, ...nextChoices, ...items);
}

/** SHA-256(count as 8 bytes). */
export function countDigest(count: bigint): Uint8Array {
  return sha256(hexOf(u64(count)));
}

/** SHA-256(author · data · sign): what our own peers know an item by, for checkers that look at both. */
export function secondItemId({ author, data, sign }: SecondData): string {
  return hexOf(sha256(author, data, sign));
}

/** The verifying key is the key without its first byte, which is therefore free. */
function holds(crypto: Crypto, key: string, digest: Uint8Array, sign: string): boolean {
  const even = bytesOf(`02${key.slice(2)}`) as PublicKey;
  return crypto.verify({ key: even, digest: digest as Hash, signature: bytesOf(sign) as Signature });
}

function sha256(...hexes: readonly string[]): Uint8Array {
  const hash = createHash('sha256');
  for (const hex of hexes) hash.update(bytesOf(hex));
  return new Uint8Array(hash.digest());
}
