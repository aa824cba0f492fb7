/**
 * The newest blocks of the main chain, their side branches, and the walk that says which branch is the main one.
 *
 * Holds the tip and its ancestors down to `depth`, so that a sibling of the tip or of one of its last 8 ancestors can
 * replace the branch (spec/safety.md, Fork choice; rules 2–4). Older blocks are the store's. Blocks come here verified;
 * the tree checks nothing but that a parent is held. It is pure: `add` says what changed and stores nothing.
 */

import type { Milliseconds } from '../config.ts';
import { type HashHex, hashHex, type ItemId } from '../crypto/keys.ts';
import { invariant } from '../errors.ts';
import type { KeptBlock } from '../storage/store.ts';
import { type Block, decodeBlock } from './block.ts';
import { itemIdOf } from './data.ts';
import { compareStandings, type Standing, standingOf } from './fork-choice.ts';

/** A verified block on its way into the tree. */
export interface Candidate {
  readonly block: Block;
  /** Borsh of the block. */
  readonly bytes: Uint8Array;
  readonly ids: readonly ItemId[];
  readonly verified: readonly boolean[];
}

export interface TreeBlock extends Candidate {
  readonly id: HashHex;
  readonly height: number;
  readonly standing: Standing;
  /** When it came here; 0 for what was read from the store. */
  readonly arrivedAt: Milliseconds;
}

export type Added =
  /** Already held, or one of too many side blocks. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'orphan' }
  /** Held beside the main chain. */
  | { readonly kind: 'side' }
  /** The main chain lost `reverted` (newest first) and gained `applied` (oldest first). */
  | { readonly kind: 'moved'; readonly reverted: readonly TreeBlock[]; readonly applied: readonly TreeBlock[] };

/** The tip, its 8 ancestors, and the parent of the oldest, whose children are compared. */
export const treeDepth = 10;
/** Side blocks held at most: a candidate can sign as many siblings as it likes, and a loser stays one. */
const mostSideBlocks = 64;

export class Tree {
  readonly #blocks = new Map<HashHex, TreeBlock>();
  readonly #children = new Map<HashHex, TreeBlock[]>();
  /** Oldest first; the last is the tip. */
  #main: TreeBlock[] = [];

  /** @param main the newest blocks of the stored main chain, oldest first; `height` is that of the first of them */
  constructor(main: readonly Candidate[], height: number) {
    let parent: TreeBlock | undefined;
    for (const candidate of main) {
      parent = treeBlock(candidate, parent, parent === undefined ? height : parent.height + 1, 0);
      this.#hold(parent);
      this.#main.push(parent);
    }
  }

  get tip(): TreeBlock | undefined {
    return this.#main.at(-1);
  }

  /** Blocks of the main chain held here, oldest first. */
  get main(): readonly TreeBlock[] {
    return this.#main;
  }

  block(id: HashHex): TreeBlock | undefined {
    return this.#blocks.get(id);
  }

  onMain(id: HashHex): boolean {
    const block = this.#blocks.get(id);
    return block !== undefined && this.mainAt(block.height) === block;
  }

  mainAt(height: number): TreeBlock | undefined {
    const first = this.#main[0];
    return first === undefined ? undefined : this.#main[height - first.height];
  }

  /** A first block is taken only while there is none: which of several roots holds is decided elsewhere (roots.ts). */
  add(candidate: Candidate, now: Milliseconds): Added {
    const id = hashHex(candidate.block.hash);
    if (this.#blocks.has(id)) return { kind: 'ignored' };
    const { parent: parentHash } = candidate.block;
    if (parentHash === undefined) {
      if (this.tip !== undefined) return { kind: 'orphan' };
      return this.#moveTo(this.#held(treeBlock(candidate, undefined, 0, now)));
    }
    const parent = this.#blocks.get(hashHex(parentHash));
    if (parent === undefined) return { kind: 'orphan' };
    const block = treeBlock(candidate, parent, parent.height + 1, now);
    if (this.#sideBlocks >= mostSideBlocks && !this.#leads(block)) return { kind: 'ignored' };
    return this.#moveTo(this.#held(block));
  }

  get #sideBlocks(): number {
    return this.#blocks.size - this.#main.length;
  }

  /** Whether the main chain goes on with this block: however many losers are held, a winner is never refused. */
  #leads(block: TreeBlock): boolean {
    const parent = this.#parentOf(block);
    if (parent === undefined || !this.onMain(parent.id)) return false;
    const rival = this.mainAt(block.height);
    return rival === undefined || compareStandings(block.standing, rival.standing) < 0;
  }

  #held(block: TreeBlock): TreeBlock {
    this.#hold(block);
    return block;
  }

  #moveTo(added: TreeBlock): Added {
    const best = this.#walk();
    if (best === this.tip) return { kind: 'side' };
    const applied: TreeBlock[] = [];
    let ancestor: TreeBlock | undefined = best;
    while (ancestor !== undefined && this.mainAt(ancestor.height) !== ancestor) {
      applied.unshift(ancestor);
      ancestor = this.#parentOf(ancestor);
    }
    const kept = ancestor === undefined ? 0 : this.#main.indexOf(ancestor) + 1;
    invariant(kept > 0 || added.height === 0, 'a branch of the tree begins on the main chain');
    const reverted = this.#main.slice(kept).reverse();
    this.#main = [...this.#main.slice(0, kept), ...applied];
    this.#forgetOld();
    this.#limitSideBlocks();
    return { kind: 'moved', reverted, applied };
  }

  /** From the oldest block held, at each block take the best child. */
  #walk(): TreeBlock {
    let block = this.#main[0] ?? this.#blocks.values().next().value;
    invariant(block !== undefined, 'the walk begins at a block');
    for (;;) {
      const children = this.#children.get(block.id);
      if (children === undefined || children.length === 0) return block;
      block = children.reduce((best, child) => (compareStandings(child.standing, best.standing) < 0 ? child : best));
    }
  }

  #hold(block: TreeBlock): void {
    this.#blocks.set(block.id, block);
    if (block.block.parent === undefined) return;
    const parent = hashHex(block.block.parent);
    const siblings = this.#children.get(parent);
    if (siblings === undefined) this.#children.set(parent, [block]);
    else siblings.push(block);
  }

  #parentOf(block: TreeBlock): TreeBlock | undefined {
    return block.block.parent === undefined ? undefined : this.#blocks.get(hashHex(block.block.parent));
  }

  /** Blocks older than the depth leave, and with them every side branch that no longer hangs on the main chain. */
  #forgetOld(): void {
    if (this.#main.length <= treeDepth) return;
    this.#main = this.#main.slice(-treeDepth);
    const oldest = this.#main[0];
    invariant(oldest !== undefined, 'the main chain is not empty');
    const reachable = new Set<TreeBlock>([oldest]);
    for (const block of reachable) for (const child of this.#children.get(block.id) ?? []) reachable.add(child);
    for (const block of this.#blocks.values()) {
      if (reachable.has(block)) continue;
      this.#blocks.delete(block.id);
      this.#children.delete(block.id);
      if (block.block.parent !== undefined) this.#children.delete(hashHex(block.block.parent));
    }
  }

  /** A branch that has just lost may be one too many. Newest first, for a block goes after those on it. */
  #limitSideBlocks(): void {
    for (const block of [...this.#blocks.values()].reverse()) {
      if (this.#sideBlocks <= mostSideBlocks) return;
      const parent = this.#parentOf(block);
      if (parent === undefined || this.onMain(block.id)) continue;
      this.#blocks.delete(block.id);
      this.#children.set(
        parent.id,
        (this.#children.get(parent.id) ?? []).filter((sibling) => sibling !== block),
      );
    }
  }
}

function treeBlock(
  candidate: Candidate,
  parent: TreeBlock | undefined,
  height: number,
  arrivedAt: Milliseconds,
): TreeBlock {
  return {
    ...candidate,
    id: hashHex(candidate.block.hash),
    height,
    standing: standingOf(candidate.block, parent?.block),
    arrivedAt,
  };
}

/** A block as a store gives it back: it was verified before it was stored. */
export function keptCandidate({ bytes, unverified }: KeptBlock): Candidate {
  const block = decodeBlock(bytes);
  return {
    block,
    bytes,
    ids: block.data.map(itemIdOf),
    verified: block.data.map((_, place) => !unverified.includes(place)),
  };
}
