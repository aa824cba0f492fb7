/**
 * Fork choice without memory: from all blocks there are, walk from the first and take the best child at each step.
 *
 * The twin of core/chain/tree.ts and fork-choice.ts, written from spec/safety.md (Fork choice, rules 2 to 4) in strings.
 */

import type { Block } from '../../core/chain/block.ts';
import { bytesToHex, concatBytes, utf8Bytes } from '../../core/codec/bytes.ts';
import { sha256 } from '../../core/crypto/hash.ts';

/** The main chain, oldest first. @param blocks one first block and any that follow it, in any order */
export function slowWalk(blocks: readonly Block[]): Block[] {
  const [first] = blocks.filter(({ parent }) => parent === undefined);
  if (first === undefined) return [];
  const chain = [first];
  for (;;) {
    const last = chain.at(-1) ?? first;
    const hash = bytesToHex(last.hash);
    const children = blocks.filter(({ parent }) => parent !== undefined && bytesToHex(parent) === hash);
    const [best] = children.sort((a, b) => (place(a, last) < place(b, last) ? -1 : 1));
    if (best === undefined) return chain;
    chain.push(best);
  }
}

/** Rank, lot and hash in one string that sorts as they do. */
function place(block: Block, parent: Block): string {
  const x = (key: Uint8Array) => bytesToHex(key).slice(2);
  const listed = parent.nextChoices.map(x).indexOf(x(block.author));
  const rank = listed < 0 || listed > 99 ? 99 : listed;
  const lot = sha256(concatBytes(utf8Bytes('mcfc'), parent.hash, block.author));
  return [String(rank).padStart(2, '0'), bytesToHex(lot), bytesToHex(block.hash)].join(':');
}
