/**
 * Chains made at once, for scenarios that begin with a long one: right in everything, without anybody having waited.
 */
import { createBlock, encodeBlock } from '../../core/chain/block.ts';
import { createData, itemIdOf } from '../../core/chain/data.ts';
import type { Hash, SecretKey } from '../../core/crypto/keys.ts';
import { noChange, type StoredBlock } from '../../core/storage/store.ts';
import type { SimulatedPeer, World } from './host.ts';

export interface ChainPlan {
  readonly blocks: number;
  /** They write in turn, each named by the block before. */
  readonly authors: readonly SecretKey[];
  readonly itemsEach?: number;
  /** What it follows; without, it begins a chain. */
  readonly after?: readonly StoredBlock[];
}

/** @returns the blocks that were made, oldest first */
export function forgeChain(
  { crypto: { curve }, seeded }: World,
  { blocks, authors, itemsEach = 1, after = [] }: ChainPlan,
): StoredBlock[] {
  const chain: StoredBlock[] = [];
  const { random } = seeded;
  const authorAt = (height: number): SecretKey => authors[height % authors.length] as SecretKey;
  let parent: Hash | undefined = after.at(-1)?.hash;
  for (let height = after.length; height < after.length + blocks; height++) {
    const secret = authorAt(height);
    const author = curve.publicKey(secret);
    const data = Array.from({ length: itemsEach }, () => createData(curve, random, author, secret, random(50)));
    const nextChoices = [curve.publicKey(authorAt(height + 1))];
    const block = createBlock(curve, random, secret, { parent, author, nextChoices, data });
    parent = block.hash;
    chain.push({ height, hash: block.hash, items: data.map(itemIdOf), bytes: encodeBlock(block), unverified: [] });
  }
  return chain;
}

/** Puts a chain onto a peer's disk, before it is started. */
export function give({ disk }: SimulatedPeer, chain: readonly StoredBlock[]): void {
  disk.write({ ...noChange, durable: true, append: chain });
}
