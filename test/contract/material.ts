/**
 * Chains for the contract of stores: hashes, links and item ids are right, signatures are noise, for a store judges
 * nothing; so every item is unverified.
 */
import { blockHash, encodeBlock } from '../../core/chain/block.ts';
import { type Data, encodeData, itemIdOf } from '../../core/chain/data.ts';
import type { Hash, PublicKey, Signature } from '../../core/crypto/keys.ts';
import {
  noChange,
  type PendingItem,
  type SideBlock,
  type SignedBlock,
  type StoredBlock,
} from '../../core/storage/store.ts';
import { Seeded } from '../model/seeded.ts';

export { noChange };

/** Makes blocks that follow each other; two makers of different seeds make different ones. */
export class ChainMaker {
  readonly #seeded: Seeded;

  constructor(seed: number) {
    this.#seeded = new Seeded(seed);
  }

  data(length = 20): Data {
    return { data: this.bytes(length), author: this.#key(), sign: this.bytes(64) as Signature };
  }

  pending(length?: number): PendingItem {
    const data = this.data(length);
    return { id: itemIdOf(data), bytes: encodeData(data) };
  }

  block(parent: StoredBlock | undefined, items: readonly Data[] = [this.data()]): StoredBlock {
    const content = { parent: parent?.hash, author: this.#key(), nextChoices: [this.#key()], data: items };
    const hash = blockHash(content);
    const bytes = encodeBlock({ ...content, hash, sign: this.bytes(64) as Signature });
    const unverified = items.map((_, place) => place);
    return {
      height: parent === undefined ? 0 : parent.height + 1,
      hash,
      items: items.map(itemIdOf),
      bytes,
      unverified,
    };
  }

  /** `count` blocks on `parent`, of one item each. */
  chain(count: number, parent?: StoredBlock): StoredBlock[] {
    const blocks: StoredBlock[] = [];
    for (let i = 0; i < count; i++) blocks.push(this.block(blocks.at(-1) ?? parent));
    return blocks;
  }

  /** `count` blocks on `parent`, of one item each, as they are kept beside the main chain. */
  branch(count: number, parent: StoredBlock): SideBlock[] {
    return this.chain(count, parent).map((block, place, blocks) => besideMain(block, blocks[place - 1] ?? parent));
  }

  signed(parent: Hash | undefined): SignedBlock {
    return { parent, hash: this.bytes(32) as Hash, bytes: this.bytes(100) };
  }

  bytes(length: number): Uint8Array {
    return this.#seeded.bytes(length);
  }

  #key(): PublicKey {
    const key = this.bytes(33);
    key[0] = 2 + ((key[0] as number) & 1);
    return key as PublicKey;
  }
}

/** A block of the main chain as it is kept when it has left it. */
export function besideMain({ hash, height, bytes, unverified }: StoredBlock, parent: StoredBlock): SideBlock {
  return { hash, parent: parent.hash, height, bytes, unverified };
}
