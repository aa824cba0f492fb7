/**
 * Fork choice without memory: from all blocks there are, walk from the first and take the best child at each step.
 *
 * The twin of core/chain/tree.ts, support.ts and fork-choice.ts, written from spec/safety.md (Fork choice) in strings.
 */

import type { Block } from '../../core/chain/block.ts';
import { bytesToHex, concatBytes, utf8Bytes } from '../../core/codec/bytes.ts';
import { sha256 } from '../../core/crypto/hash.ts';
import type { PublicKey } from '../../core/crypto/keys.ts';

interface Named {
  readonly block: Block;
  readonly id: string;
  readonly parent: string | undefined;
  /** x of its author's key. */
  readonly by: string;
}

/** The main chain, oldest first. @param blocks one first block and any that follow it, in any order */
export function slowWalk(blocks: readonly Block[], anchors: readonly PublicKey[] = []): Block[] {
  const named = blocks.map((block): Named => {
    const { hash, parent, author } = block;
    return { block, id: bytesToHex(hash), parent: parent && bytesToHex(parent), by: x(author) };
  });
  const chain = named.filter(({ parent }) => parent === undefined).slice(0, 1);
  for (;;) {
    const fork = chain.at(-1);
    const children = named.filter(({ parent }) => parent !== undefined && parent === fork?.id);
    if (fork === undefined || children.length === 0) return chain.map(({ block }) => block);
    const lines = children.length < 2 ? [] : supporters(named, chain, anchors);
    const [best] = children.sort((a, b) => (place(a, fork, lines) < place(b, fork, lines) ? -1 : 1));
    if (best !== undefined) chain.push(best);
  }
}

/** For each key that counts at the end of this chain: its newest block, and all those that one stands on. */
function supporters(all: readonly Named[], chain: readonly Named[], anchors: readonly PublicKey[]): string[][] {
  const choices = chain.at(-1)?.block.nextChoices.slice(0, 3) ?? [];
  const established = [...choices.map(x), ...chain.slice(-64).map(({ by }) => by)];
  const eligible = new Set(anchors.length > 0 ? anchors.map(x) : established);
  const byId = new Map(all.map((block) => [block.id, block]));
  return [...eligible].flatMap((key) => {
    const own = all.filter(({ by }) => by === key);
    const hasForked = new Set(own.map(({ parent }) => parent)).size < own.length;
    const lines = own.map((block) => line(byId, block));
    const [newest] = lines.sort((a, b) => b.length - a.length || ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1));
    return hasForked || newest === undefined ? [] : [newest];
  });
}

/** The block and all those it stands on, newest first. */
function line(byId: ReadonlyMap<string, Named>, block: Named): string[] {
  const ids: string[] = [];
  for (let next: Named | undefined = block; next !== undefined; next = byId.get(next.parent ?? '')) ids.push(next.id);
  return ids;
}

/** Support, rank, lot and hash in one string that sorts as they do. */
function place({ id, by, block }: Named, fork: Named, lines: readonly (readonly string[])[]): string {
  const listed = fork.block.nextChoices.map(x).indexOf(by);
  const rank = listed < 0 || listed > 99 ? 99 : listed;
  const support = lines.filter((ids) => ids.includes(id)).length;
  const lot = sha256(concatBytes(utf8Bytes('mcfc'), fork.block.hash, block.author));
  return [999 - support, String(rank).padStart(2, '0'), bytesToHex(lot), id].join(':');
}

function x(key: Uint8Array): string {
  return bytesToHex(key).slice(2);
}
