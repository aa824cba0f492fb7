/**
 * What attackers sign or spoil: blocks and KeepAlives of any key whose secret they have, a block with bytes moved.
 */
import { type Block, type BlockContent, createBlock } from '../../../core/chain/block.ts';
import { concatBytes } from '../../../core/codec/bytes.ts';
import { encode, u64 } from '../../../core/codec/codec.ts';
import { sha256 } from '../../../core/crypto/hash.ts';
import type { PublicKey, SecretKey } from '../../../core/crypto/keys.ts';
import type { Message } from '../../../core/wire/messages.ts';
import type { World } from '../host.ts';

export function signedBlock(
  { crypto: { curve }, seeded }: World,
  secret: SecretKey,
  content: Omit<BlockContent, 'author'>,
): Block {
  return createBlock(curve, seeded.random, secret, { ...content, author: curve.publicKey(secret) });
}

export function keepAliveOf({ crypto: { curve }, seeded }: World, secret: SecretKey, count: bigint): Message {
  const sign = curve.sign(sha256(encode(u64, count)), secret, seeded.bytes(32));
  return { kind: 'keepAlive', pubkey: curve.publicKey(secret), count, sign };
}

/** Keys whose secrets nobody has; most are no points. */
export function keysOfNobody({ seeded }: World, count: number): PublicKey[] {
  return Array.from({ length: count }, () => {
    const key = seeded.bytes(33);
    key[0] = 2 + seeded.below(2);
    return key as PublicKey;
  });
}

/** The last candidate becomes the first item's first bytes: hash and signature of the block stay right. */
export function recut(block: Block): Block {
  const [first, ...rest] = block.data;
  const moved = block.nextChoices.at(-1);
  if (first === undefined || moved === undefined) return block;
  const data = [{ ...first, data: concatBytes(moved, first.data) }, ...rest];
  return { ...block, nextChoices: block.nextChoices.slice(0, -1), data };
}
