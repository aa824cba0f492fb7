/**
 * Somebody who signs items, blocks and KeepAlives, on the fake curve: what tests of the chain are made of.
 */
import { type Block, createBlock, encodeBlock } from '../../core/chain/block.ts';
import { createData, type Data, itemIdOf } from '../../core/chain/data.ts';
import type { PoolItem } from '../../core/chain/pool.ts';
import type { Candidate } from '../../core/chain/tree.ts';
import { utf8Bytes } from '../../core/codec/bytes.ts';
import { encode, u64 } from '../../core/codec/codec.ts';
import { sha256 } from '../../core/crypto/hash.ts';
import {
  type Holder,
  holderOf,
  keyHex,
  type PublicKey,
  type PublicKeyHex,
  type SecretKey,
} from '../../core/crypto/keys.ts';
import type { KeepAlive } from '../../core/wire/messages.ts';
import { fakeCurve, fakeSecret } from './fake-curve.ts';
import { Seeded } from './seeded.ts';

export class Author {
  readonly secret: SecretKey;
  readonly key: PublicKey;
  readonly #seeded: Seeded;

  constructor(seed: number) {
    this.#seeded = new Seeded(seed + 1);
    this.secret = fakeSecret(this.#seeded.bytes(32));
    this.key = fakeCurve.publicKey(this.secret);
  }

  get hex(): PublicKeyHex {
    return keyHex(this.key);
  }

  get holder(): Holder {
    return holderOf(this.key);
  }

  item(text = 'an item', bytes = 0): Data {
    const data = bytes === 0 ? utf8Bytes(text) : new Uint8Array(bytes);
    return createData(fakeCurve, this.#seeded.random, this.key, this.secret, data);
  }

  block(
    parent: Block | undefined,
    nextChoices: readonly PublicKey[] = [this.key],
    data: readonly Data[] = [this.item()],
  ): Block {
    const content = { parent: parent?.hash, author: this.key, nextChoices, data };
    return createBlock(fakeCurve, this.#seeded.random, this.secret, content);
  }

  /** `count` blocks in a row, each naming its author. */
  chain(count: number, parent?: Block): Block[] {
    const blocks: Block[] = [];
    for (let made = 0; made < count; made++) blocks.push(this.block(blocks.at(-1) ?? parent));
    return blocks;
  }

  keepAlive(count: bigint | number): KeepAlive {
    const digest = sha256(encode(u64, BigInt(count)));
    const sign = fakeCurve.sign(digest, this.secret, this.#seeded.bytes(32));
    return { pubkey: this.key, count: BigInt(count), sign };
  }
}

/** The authors with the smallest keys first. */
export function authors(count: number, seed = 1): Author[] {
  const made = Array.from({ length: count }, (_, place) => new Author(seed * 1_000 + place));
  return made.sort((a, b) => (a.hex < b.hex ? -1 : 1));
}

/** A block as the tree takes it: verified. */
export function candidateOf(block: Block): Candidate {
  return { block, bytes: encodeBlock(block), ids: block.data.map(itemIdOf), verified: block.data.map(() => true) };
}

export function poolItem(data: Data, arrivedAt = 0, mine = false): PoolItem {
  return { id: itemIdOf(data), data, mine, arrivedAt };
}
