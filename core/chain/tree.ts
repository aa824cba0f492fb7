/**
 * The main chain as far back as it can still move, its side branches, and the walk that says which branch is the main one.
 *
 * Headers are held of the newest 4,096 blocks, the 64 below them and every side block; bodies only of the newest and,
 * while there is room, of side blocks. The rest is the store's. The walk begins at the floor (the last final block, or
 * 4,096 below the tip) and takes at each block the child that fork-choice.ts prefers. Where it ends is where the main
 * chain must come to; `next` says by which step, and the caller, who has the bodies, makes it. Blocks come here
 * verified; the tree checks nothing but that a parent is held, and stores nothing.
 */

import type { Milliseconds } from '../config.ts';
import { type HashHex, type Holder, hashHex, holderOf, type ItemId } from '../crypto/keys.ts';
import { invariant } from '../errors.ts';
import type { KeptBlock } from '../storage/store.ts';
import { type Block, decodeBlock } from './block.ts';
import { itemIdOf } from './data.ts';
import { deepestFork, eligibleAncestors } from './fork-choice.ts';
import { Forks } from './forks.ts';
import { type Arrival, type Bringer, firstNodes, noLink, TreeNode } from './node.ts';
import { SideBlocks } from './side-blocks.ts';

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
  /** When it came here; 0 for what was read from the store. */
  readonly arrivedAt: Milliseconds;
}

/** What is held of a block whose body may be in the store only. */
export type TreeHeader = Pick<
  TreeNode<TreeBlock>,
  'id' | 'hash' | 'parentHash' | 'parentId' | 'author' | 'holder' | 'height' | 'nextChoices' | 'arrivedAt' | 'onMain'
>;

export type Held =
  /** Held already, or of no use: it stands on what does not move any more. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'orphan' }
  | {
      readonly kind: 'held';
      readonly node: TreeNode<TreeBlock>;
      /** Whether it is the one by which an eligible key counts, or shows that the key counts nowhere. */
      readonly counts: boolean;
    };

/** What brings the main chain nearer to where the walk ends: newest first, or oldest first. */
export interface Step {
  readonly kind: 'revert' | 'apply';
  readonly nodes: readonly TreeNode<TreeBlock>[];
}

/** Bodies of the main chain that are held: the tip, its 8 ancestors, and the parent of the oldest. */
export const treeDepth = 10;
/** Headers of the main chain that are held below the newest 4,096: whose authors count at the lowest fork. */
const belowDeepest = eligibleAncestors;
/** So many more are held for a while. */
const trimmedAtOnce = 512;

export class Tree {
  readonly #nodes = new Map<HashHex, TreeNode<TreeBlock>>();
  readonly #forks: Forks<TreeBlock>;
  readonly #side: SideBlocks<TreeBlock>;
  /** Oldest first; the last is the tip. */
  #main: TreeNode<TreeBlock>[] = [];
  /** Side blocks that hung below the floor and were not told of yet. */
  readonly #unreachable: TreeNode<TreeBlock>[] = [];
  /** Where the walk ends; undefined when that must be found anew. */
  #best: TreeNode<TreeBlock> | undefined;
  /** Below this height nothing moves. */
  #floor = 0;
  /** Where the walk begins when it is held above the floor, on whatever branch. */
  #start: HashHex | undefined;
  /** From this height on the main chain is to be left, for a body of it is to be another. */
  #leaveFrom = Number.POSITIVE_INFINITY;
  /** Above this height no body of the main chain is let go. */
  bodiesFrom = Number.POSITIVE_INFINITY;

  /**
   * @param main the newest blocks of the stored main chain, oldest first; `height` is that of the first of them
   * @param anchors when there are any, only these keys support a branch
   */
  constructor(main: readonly Candidate[], height: number, anchors: ReadonlySet<Holder> = new Set()) {
    this.#forks = new Forks(anchors, (at) => this.headerAt(at));
    this.#side = new SideBlocks((node) => this.#forks.supportOf(node));
    for (const candidate of main) {
      const node = this.#hold(candidate, this.#main.at(-1), {
        at: 0,
        link: noLink,
        height: height + this.#main.length,
      });
      node.onMain = true;
      this.#main.push(node);
    }
    this.#raiseFloor();
    this.#best = this.#main.at(-1);
  }

  get tip(): TreeBlock | undefined {
    const node = this.#main.at(-1);
    invariant(node === undefined || node.body !== undefined, 'the body of the tip is held');
    return node?.body;
  }

  /** Number of blocks of the main chain. */
  get count(): number {
    return (this.#main.at(-1)?.height ?? -1) + 1;
  }

  /** Blocks of the main chain whose bodies are held, oldest first. */
  get main(): readonly TreeBlock[] {
    const blocks: TreeBlock[] = [];
    for (let place = this.#main.length - 1; place >= 0; place--) {
      const body = this.#main[place]?.body;
      if (body === undefined) break;
      blocks.push(body);
    }
    return blocks.reverse();
  }

  /** Headers of the main chain that are held, oldest first. */
  get headers(): readonly TreeHeader[] {
    return this.#main;
  }

  /** The height of the lowest header of the main chain that is held. */
  get lowest(): number {
    return this.#main[0]?.height ?? 0;
  }

  /** How many blocks are held, on all branches. */
  get size(): number {
    return this.#nodes.size;
  }

  get floor(): number {
    return this.#floor;
  }

  get sideBlocks(): TreeNode<TreeBlock>[] {
    return [...this.#side.nodes()];
  }

  holds(id: HashHex): boolean {
    return this.#nodes.has(id);
  }

  header(id: HashHex): TreeHeader | undefined {
    return this.#nodes.get(id);
  }

  /** A block whose body is held. */
  block(id: HashHex): TreeBlock | undefined {
    return this.#nodes.get(id)?.body;
  }

  onMain(id: HashHex): boolean {
    return this.#nodes.get(id)?.onMain === true;
  }

  /** A block of the main chain whose body is held. */
  mainAt(height: number): TreeBlock | undefined {
    return this.headerAt(height)?.body;
  }

  headerAt(height: number): TreeNode<TreeBlock> | undefined {
    return this.#main[height - this.lowest];
  }

  /** A first block is taken only while there is none: which of several roots holds is decided elsewhere (roots.ts). */
  add(candidate: Candidate, at: Milliseconds, link: Bringer = noLink): Held {
    const { block } = candidate;
    if (this.#nodes.has(hashHex(block.hash))) return { kind: 'ignored' };
    const parent = block.parent === undefined ? undefined : this.#nodes.get(hashHex(block.parent));
    if (parent === undefined && (block.parent !== undefined || this.#main.length > 0)) return { kind: 'orphan' };
    if (parent !== undefined && parent.height < this.#floor) return { kind: 'ignored' };
    const height = parent === undefined ? 0 : parent.height + 1;
    const holder = holderOf(block.author);
    const newest = this.#forks.counted(holder);
    const hadForked = this.#forks.hasForked(holder);
    const node = this.#hold(candidate, parent, { at, link, height });
    this.#side.added(node);
    // On the way to the newest block support only grows by one on top of it, so the walk ends there.
    const follows = (parent === undefined || (parent === this.#best && parent.onMain)) && node.id !== this.#start;
    if (follows && (newest === undefined || newest.onMain)) this.#best = node;
    else this.#changed(holder);
    const isSeen = hadForked !== this.#forks.hasForked(holder) || this.#forks.counted(holder) === node;
    return { kind: 'held', node, counts: isSeen && this.#forks.isEligible(holder) };
  }

  /** Another body of a block that is held takes its place. One on the main chain must have left it before. */
  recut(candidate: Candidate): TreeNode<TreeBlock> | undefined {
    const node = this.#nodes.get(hashHex(candidate.block.hash));
    if (node === undefined || node.onMain) return undefined;
    this.#side.removed(node);
    node.recut(candidate.block, candidate.bytes.length);
    node.body = bodyOf(candidate, node);
    this.#side.added(node);
    this.#best = undefined;
    return node;
  }

  /** The main chain is to be left down to below this block, whose body is to be another. */
  leave(id: HashHex): void {
    const node = this.#nodes.get(id);
    if (node?.onMain === true) this.#leaveFrom = Math.min(this.#leaveFrom, node.height);
  }

  /** Nothing below this block moves any more. */
  finalise(id: HashHex): void {
    const node = this.#nodes.get(id);
    if (node?.onMain === true) this.#raiseFloor(node.height);
  }

  /** From now on the walk begins at this block, on whatever branch it stands, while it is held above the floor. */
  beginWalkAt(id: HashHex): void {
    if (this.#start === id) return;
    this.#start = id;
    this.#best = undefined;
  }

  /** At most so many blocks, and bytes of them, but one. @returns undefined when the main chain is where the walk ends */
  next(most: number, mostBytes = Number.POSITIVE_INFINITY): Step | undefined {
    const best = this.#walk();
    if (best === undefined) return undefined;
    const path: TreeNode<TreeBlock>[] = [];
    let fork: TreeNode<TreeBlock> | undefined = best;
    while (fork !== undefined && (!fork.onMain || fork.height >= this.#leaveFrom)) {
      if (!fork.onMain) path.push(fork);
      fork = fork.parent;
    }
    const stays = fork === undefined ? 0 : fork.height - this.lowest + 1;
    const leaves = this.#main.slice(stays).reverse();
    if (leaves.length > 0) return { kind: 'revert', nodes: firstNodes(leaves, most, mostBytes) };
    this.#leaveFrom = Number.POSITIVE_INFINITY;
    return path.length === 0 ? undefined : { kind: 'apply', nodes: firstNodes(path.reverse(), most, mostBytes) };
  }

  /** Side blocks on which the walk rests, each after the one it stands on; of those whose bodies are held. */
  decisive(): TreeBlock[] {
    return this.#forks.decisive(this.#side.nodes()).flatMap(({ body }) => body ?? []);
  }

  /** Makes a step; the bodies of its blocks, and of what is the tip then, must be held. */
  make({ kind, nodes }: Step): void {
    for (const node of nodes) {
      if (kind === 'apply') {
        this.#side.removed(node);
        node.onMain = true;
        this.#main.push(node);
      } else {
        invariant(this.#main.pop() === node, 'what is reverted is the newest');
        node.onMain = false;
        this.#side.added(node);
      }
    }
    if (kind === 'apply') this.#raiseFloor();
    this.#letBodiesGo();
  }

  /** The body of a block that was read from the store. */
  give(id: HashHex, candidate: Candidate): void {
    const node = this.#nodes.get(id);
    if (node === undefined || node.body !== undefined) return;
    node.body = bodyOf(candidate, node);
    if (!node.onMain) this.#side.given(node);
  }

  /** A side block that is held nowhere after all, with all that stands on it. @returns what is held no more */
  drop(id: HashHex): TreeNode<TreeBlock>[] {
    const node = this.#nodes.get(id);
    return node === undefined || node.onMain ? [] : this.#cut(node);
  }

  /** Blocks of the main chain below those held, oldest first. @returns whether they were the ones that stand there */
  lower(candidates: readonly Candidate[]): boolean {
    const [oldest] = this.#main;
    const last = candidates.at(-1);
    if (oldest === undefined || last === undefined || oldest.parentId !== hashHex(last.block.hash)) return false;
    const first = oldest.height - candidates.length;
    const below: TreeNode<TreeBlock>[] = [];
    for (const candidate of candidates) {
      const node = this.#hold(candidate, below.at(-1), { at: 0, link: noLink, height: first + below.length });
      node.body = undefined;
      node.onMain = true;
      below.push(node);
    }
    const parent = below.at(-1);
    oldest.parent = parent;
    parent?.children.push(oldest);
    this.#main = [...below, ...this.#main];
    this.#forks.reconsider();
    this.#best = undefined;
    return true;
  }

  /** Side blocks that are one too many, and those that hang below the floor, leave. @returns them */
  limit(): TreeNode<TreeBlock>[] {
    const dropped = this.#side.tooMany((node) => this.#leadsToBest(node)).flatMap((node) => this.#cut(node));
    return [...this.#unreachable.splice(0), ...dropped];
  }

  #hold(candidate: Candidate, parent: TreeNode<TreeBlock> | undefined, come: Omit<Arrival, 'size'>) {
    const node = new TreeNode<TreeBlock>(candidate.block, { ...come, size: candidate.bytes.length });
    node.parent = parent;
    node.body = bodyOf(candidate, node);
    this.#nodes.set(node.id, node);
    parent?.children.push(node);
    this.#forks.added(node);
    return node;
  }

  #changed(holder: Holder): void {
    this.#forks.changed(holder);
    this.#best = undefined;
  }

  /** Where the walk from the floor ends; undefined when there is no block. */
  #walk(): TreeNode<TreeBlock> | undefined {
    const begun = this.#start === undefined ? undefined : this.#nodes.get(this.#start);
    const floor = this.headerAt(Math.max(this.#floor, this.lowest)) ?? this.#nodes.values().next().value;
    const start = begun !== undefined && begun.height > this.#floor ? begun : floor;
    this.#best ??= start === undefined ? undefined : this.#forks.walk(start);
    return this.#best;
  }

  #leadsToBest(node: TreeNode<TreeBlock>): boolean {
    const best = this.#walk();
    let above = best;
    while (above !== undefined && above.height > node.height && !above.onMain) above = above.parent;
    return above === node;
  }

  /** A block and all that stands on it. */
  #cut(node: TreeNode<TreeBlock>): TreeNode<TreeBlock>[] {
    if (!this.#nodes.has(node.id)) return [];
    const cut = [node];
    for (const above of cut) cut.push(...above.children);
    for (const leaf of [...cut].reverse()) {
      this.#side.removed(leaf);
      this.#forget(leaf);
      const siblings = leaf.parent?.children ?? [];
      siblings.splice(siblings.indexOf(leaf), 1);
      this.#changed(leaf.holder);
    }
    return cut;
  }

  #forget(node: TreeNode<TreeBlock>): void {
    this.#forks.removed(node);
    this.#nodes.delete(node.id);
  }

  #raiseFloor(final = 0): void {
    const before = this.#floor;
    this.#floor = Math.max(before, final, this.count - 1 - deepestFork);
    for (let height = Math.max(before, this.lowest); height < this.#floor; height++) {
      for (const child of [...(this.headerAt(height)?.children ?? [])]) {
        if (!child.onMain) this.#unreachable.push(...this.#cut(child));
      }
    }
    const kept = this.#floor - belowDeepest;
    if (this.lowest + trimmedAtOnce > kept) return;
    for (const node of this.#main.splice(0, kept - this.lowest)) this.#forget(node);
    const [oldest] = this.#main;
    if (oldest !== undefined) oldest.parent = undefined;
  }

  #letBodiesGo(): void {
    const last = Math.min(this.count - treeDepth, this.bodiesFrom);
    for (let height = last - 1; ; height--) {
      const node = this.headerAt(height);
      if (node?.body === undefined) return;
      node.body = undefined;
    }
  }
}

function bodyOf(candidate: Candidate, { id, height, arrivedAt }: TreeNode<TreeBlock>): TreeBlock {
  return { ...candidate, id, height, arrivedAt };
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
