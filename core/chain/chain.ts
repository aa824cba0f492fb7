/**
 * The main chain as one peer holds it: tree and pool moved together, stored and delivered.
 *
 * Every step is one: the tree moves, the store is told in one change, items that a block took leave the pool, items
 * that a left branch alone held come back to it, and the application hears of it in order. Takes verified blocks only.
 */
import { hexToBytes } from '../codec/bytes.ts';
import type { Milliseconds } from '../config.ts';
import {
  type Hash,
  type HashHex,
  type Holder,
  hashFrom,
  hashHex,
  holderOf,
  type ItemIdHex,
  itemIdHex,
  type PublicKey,
} from '../crypto/keys.ts';
import type { Effects } from '../effects.ts';
import type { ChainBlock, LinkId, Loaded, RequestId } from '../events.ts';
import type { Random } from '../random.ts';
import type { Recorder, Token } from '../storage/recorder.ts';
import { Bodies } from './bodies.ts';
import { chainBlock, isBetterBody, type Moved, noMove, storedBlock, unverifiedOf } from './body.ts';
import { encodeData } from './data.ts';
import { Doubts } from './doubts.ts';
import { GivenBack, verifiedItems } from './given-back.ts';
import { noLink, type TreeNode } from './node.ts';
import { Pool, type PoolItem } from './pool.ts';
import { RecentItems } from './recent-items.ts';
import { type Candidate, Tree, type TreeBlock } from './tree.ts';

/** One store transaction of a reorganisation (spec/safety.md, Fork choice). */
const batchBlocks = 64;
const batchBytes = 4 * 1024 * 1024;
/** Better bodies that wait until the main chain has left the block. */
const mostRecuts = 64;

/** What became of a block that was added. */
export type Added =
  | { readonly kind: 'ignored' }
  | { readonly kind: 'orphan' }
  | {
      /** On the main chain now, on the branch that this is on its way to, or beside it. */
      readonly kind: 'moved' | 'moving' | 'side';
      readonly counts: boolean;
    };

type Applied = Candidate & ChainBlock & { readonly id: HashHex };

export interface ChainState {
  readonly count: number;
  readonly root: Hash | undefined;
  /** The newest blocks, oldest first. */
  readonly recent: readonly Candidate[];
  /** When there are any, only these keys support a branch (spec/safety.md, Fork choice). */
  readonly anchors?: readonly PublicKey[];
}

export class Chain {
  readonly pool = new Pool();
  /** Blocks with an item that nobody signed. */
  readonly doubts = new Doubts();
  /** While the stored side blocks are read none of them moves: they are read by their places. */
  isOpening = false;
  readonly #effects: Effects;
  readonly #recorder: Recorder;
  readonly #random: Random;
  readonly #own: Holder;
  /** Items of the newest blocks, some of which the store may not have yet. */
  readonly #recent: RecentItems;
  /** Blocks of our own that are not on the disk yet. */
  readonly #unstored = new Set<HashHex>();
  readonly #bodies: Bodies;
  readonly #givenBack: GivenBack;
  readonly #recuts = new Map<HashHex, Candidate>();
  readonly #anchors: ReadonlySet<Holder>;
  #isMoving = false;
  #turned = false;
  #tree: Tree;
  #root: HashHex | undefined;

  constructor(state: ChainState, own: PublicKey, random: Random, effects: Effects, recorder: Recorder) {
    this.#anchors = new Set((state.anchors ?? []).map(holderOf));
    this.#tree = new Tree(state.recent, state.count - state.recent.length, this.#anchors);
    this.#bodies = new Bodies(effects, recorder);
    this.#givenBack = new GivenBack(effects);
    this.#root = state.root === undefined ? undefined : hashHex(state.root);
    this.#own = holderOf(own);
    this.#recent = new RecentItems(state.count === state.recent.length);
    for (const body of state.recent) {
      this.#recent.add(body.ids);
      // There may still be a better one; its grace time was over long ago.
      if (body.verified.includes(false)) this.doubts.begin(body, 0, []);
    }
    this.#random = random;
    this.#effects = effects;
    this.#recorder = recorder;
  }

  get tree(): Tree {
    return this.#tree;
  }

  get count(): number {
    return this.#tree.count;
  }

  /** Whether a block of our own is on its way to the disk. Until it is there, no further one is written. */
  get isSigning(): boolean {
    return this.#unstored.size > 0;
  }

  /**
   * The newest block that others may hear of: one of our own that a crash could make us forget is shown to nobody, for
   * we might sign its sibling then (spec/safety.md, Writing); nor is one of which there may be a better body.
   */
  get shown(): TreeBlock | undefined {
    const { tip } = this.#tree;
    if (tip === undefined) return undefined;
    return this.#tree.mainAt(Math.min(this.#unstored.has(tip.id) ? tip.height - 1 : tip.height, this.#doubtedFrom - 1));
  }

  /** The height from which on a body is in doubt. */
  get #doubtedFrom(): number {
    const heights = this.doubts.ids.map((id) => this.#tree.header(id));
    return Math.min(
      Number.POSITIVE_INFINITY,
      ...heights.map((header) => (header?.onMain ? header.height : Number.POSITIVE_INFINITY)),
    );
  }

  /** There may be a better body of this block. @param holders whom it can be asked of @returns whom to ask */
  doubt(body: Candidate, until: Milliseconds, holders: readonly LinkId[]): readonly LinkId[] {
    const ask = this.doubts.begin(body, until, holders);
    this.#tree.bodiesFrom = this.#doubtedFrom - 1;
    return ask;
  }

  /** Whether neighbours may still show a better body of a block of the main chain up to this height. */
  isDoubtfulUpTo(height: number, now: Milliseconds): boolean {
    return this.doubts.unanswered(now).some((id) => {
      const header = this.#tree.header(id);
      return header?.onMain === true && header.height <= height;
    });
  }

  /** Side blocks on which the walk rests and that others may hear of. */
  decisive(): TreeBlock[] {
    const hidden = new Set([...this.#unstored, ...this.doubts.ids]);
    return this.#tree.decisive().filter(({ id }) => !hidden.has(id));
  }

  get root(): HashHex | undefined {
    return this.#root;
  }

  /** The parent of one of the newest blocks. */
  parentOf(hash: Hash): Hash | undefined {
    return this.#tree.header(hashHex(hash))?.parentHash;
  }

  get rootHash(): Hash | undefined {
    return this.#root === undefined ? undefined : hashFrom(hexToBytes(this.#root));
  }

  /** The first block, when there is one that others may hear of. */
  get shownRoot(): Hash | undefined {
    return this.shown === undefined ? undefined : this.rootHash;
  }

  /** Of a left branch. Not while the blocks of the better one, which may hold them, are on their way. */
  dueToShareAgain(now: Milliseconds): PoolItem[] {
    return this.#isMoving ? [] : this.pool.dueToShareAgain(now);
  }

  get deadline(): Milliseconds | undefined {
    return this.#isMoving ? undefined : this.pool.deadline;
  }

  /** Whether one of the newest blocks holds the item; for older ones the store is asked. */
  heldRecently(id: ItemIdHex): boolean {
    return this.#recent.has(id);
  }

  /** Whether no block holds the item, as far as that is known here; if not, the store is asked. */
  surelyLacks(id: ItemIdHex): boolean {
    return this.#recent.isAll && !this.#recent.has(id);
  }

  /**
   * Whether it is on its way to another branch: the tip is one in between, so nothing is written on it. What is done so
   * far is stored, so that after a crash the walk finds the better branch again and goes on.
   */
  get isMoving(): boolean {
    return this.#isMoving;
  }

  /** Whether it has left a branch for one that ends with another block than the one that came. Told once. */
  takeTurned(): boolean {
    const turned = this.#turned && !this.#isMoving;
    if (turned) this.#turned = false;
    return turned;
  }

  /** A verified block, its parent held or not. @param link that brought it */
  add(candidate: Candidate, now: Milliseconds, link: LinkId = noLink): Added {
    const held = this.#tree.add(candidate, now, link);
    if (held.kind !== 'held') return held;
    const { node, counts } = held;
    const { cutTo, append } = this.#go(now, [node]);
    this.#recorder.chainMoved(cutTo, append);
    if (cutTo !== undefined && this.#tree.tip?.id !== node.id) this.#turned = true;
    if (!this.#tree.holds(node.id)) return { kind: 'ignored' };
    return { kind: node.onMain ? 'moved' : this.#isMoving ? 'moving' : 'side', counts };
  }

  /** A block we signed on the tip. @param token called when it is on the disk, if it stood on the main chain till then */
  addSigned(candidate: Candidate, now: Milliseconds, token: Token): void {
    const { parent, hash } = candidate.block;
    const held = this.#tree.add(candidate, now);
    const { cutTo, append } = this.#go(now, held.kind === 'held' ? [held.node] : []);
    const id = hashHex(hash);
    this.#unstored.add(id);
    this.#recorder.signed({ parent, hash, bytes: candidate.bytes }, cutTo, append, () => {
      this.#unstored.delete(id);
      token();
    });
  }

  /** A side block as the store gave it when the peer opened. @returns whether it stays one there */
  restore(candidate: Candidate): boolean {
    const { hash } = candidate.block;
    const held = this.#tree.add(candidate, 0);
    if (held.kind === 'held') held.node.isStoredAside = true;
    const stays = this.#tree.holds(hashHex(hash)) && !this.#tree.onMain(hashHex(hash));
    if (!stays) this.#recorder.sideRemoved(hash);
    return stays;
  }

  /** Blocks of the main chain below those held, oldest first. @returns whether they were the ones that stand there */
  lower(candidates: readonly Candidate[]): boolean {
    return this.#tree.lower(candidates);
  }

  /** @param held the body of a block that is held @returns whether this other one is better, and takes its place */
  recut(candidate: Candidate, held: Candidate, now: Milliseconds): boolean {
    const id = hashHex(candidate.block.hash);
    const before = this.#recuts.get(id) ?? held;
    if (!isBetterBody(candidate, before) || this.#recuts.size >= mostRecuts) return false;
    this.#recuts.set(id, candidate);
    this.#tree.leave(id);
    this.settle(now);
    return true;
  }

  /** Goes on to where the walk ends, as far as bodies are at hand. Called at the end of every event. */
  settle(now: Milliseconds): void {
    this.#tree.bodiesFrom = this.#doubtedFrom - 1;
    for (const id of this.#bodies.takeLost()) this.#forget(this.#tree.drop(id));
    const { cutTo, append } = this.#go(now, []);
    if (cutTo !== undefined || append.length > 0) this.#turned = true;
    if (this.#turned) this.#recorder.chainMoved(cutTo, append);
    if (!this.#isMoving && this.#recorder.isIdle) this.#givenBack.ask();
  }

  /** @returns whether the result was asked for here */
  loaded(request: RequestId, result: Loaded): boolean {
    const contained = this.#givenBack.loaded(request, result);
    for (const id of contained ?? []) this.dropPending(id);
    return contained !== undefined || this.#bodies.loaded(request, result);
  }

  /**
   * Another root's chain takes the place of this one (spec/safety.md, Roots).
   * @param left the blocks of the chain that is left, oldest first, for what they hold
   */
  replace(blocks: readonly Candidate[], left: readonly ChainBlock[], now: Milliseconds): void {
    this.#forget(this.#tree.sideBlocks);
    this.#bodies.reset();
    this.#recuts.clear();
    this.#isMoving = false;
    this.#tree = new Tree(blocks, 0, this.#anchors);
    const applied = blocks.map((block, height) => ({ ...block, id: hashHex(block.block.hash), height }));
    this.#recorder.chainMoved(0, this.#moved([...left].reverse(), applied, now).append);
  }

  /** An item of our own, new. */
  share(item: PoolItem): void {
    if (!this.pool.add(item)) return;
    this.#recorder.pendingAdded({ id: item.id, bytes: encodeData(item.data) });
    this.#deliverPending(item);
  }

  /** An item of another, verified and not on the chain. @returns whether it is new here */
  accept(item: PoolItem): boolean {
    if (!this.pool.add(item)) return false;
    this.#deliverPending(item);
    return true;
  }

  /** One that turned out to stand on the chain already. */
  dropPending(id: ItemIdHex): void {
    const item = this.pool.remove(id);
    if (item === undefined) return;
    if (item.mine) this.#recorder.pendingRemoved(item.id);
    this.#effects.put({ kind: 'deliver', delivery: { kind: 'pendingRemoved', id: item.id } });
  }

  /**
   * A batch to leave and a batch to take. The next ones wait until these are stored, so that a crash finds at most one
   * batch undone. @param come what has just come into the tree
   */
  #go(now: Milliseconds, come: readonly TreeNode<TreeBlock>[]): Moved {
    const bodies = new Map<TreeNode<TreeBlock>, TreeBlock>();
    const keep = (node: TreeNode<TreeBlock>) => node.body !== undefined && bodies.set(node, node.body);
    for (const node of come) keep(node);
    const reverted: TreeBlock[] = [];
    const applied: TreeBlock[] = [];
    const mayMove = !this.#isMoving || this.#recorder.isIdle;
    for (;;) {
      for (const node of this.#recutNow()) keep(node);
      const step = this.#tree.next(batchBlocks, batchBytes);
      this.#isMoving = step !== undefined;
      const blocks = step?.kind === 'revert' ? reverted : applied;
      if (step === undefined || !mayMove || blocks.length > 0) break;
      if (step.kind === 'revert' && applied.length > 0) break;
      if (this.isOpening && (step.kind === 'revert' || step.nodes.some((node) => node.isStoredAside))) break;
      if (!this.#bodies.gather(this.#tree, step)) break;
      for (const node of step.nodes) {
        keep(node);
        if (node.body !== undefined) blocks.push(node.body);
      }
      this.#tree.make(step);
    }
    for (const [node, body] of bodies) if (!node.onMain) this.#storeAside(node, body);
    const moved = reverted.length + applied.length > 0 ? this.#moved(reverted, applied, now) : noMove;
    for (const [node] of bodies) if (node.onMain && node.isStoredAside) this.#forget([node]);
    if (!this.isOpening) this.#forget(this.#tree.limit());
    return moved;
  }

  /** Bodies that were to be others, of blocks that were left. */
  #recutNow(): TreeNode<TreeBlock>[] {
    const left = [...this.#recuts].filter(([id]) => !this.#tree.onMain(id));
    for (const [id] of left) this.#recuts.delete(id);
    return left.flatMap(([, candidate]) => this.#tree.recut(candidate) ?? []);
  }

  #storeAside(node: TreeNode<TreeBlock>, { block, bytes, verified }: TreeBlock): void {
    const { hash, height } = node;
    if (block.parent === undefined) return;
    node.isStoredAside = true;
    this.#recorder.sideAdded({ hash, parent: block.parent, height, bytes, unverified: unverifiedOf(verified) });
  }

  #forget(nodes: readonly TreeNode<TreeBlock>[]): void {
    for (const node of nodes) {
      if (node.isStoredAside) this.#recorder.sideRemoved(node.hash);
      node.isStoredAside = false;
    }
  }

  #moved(reverted: readonly ChainBlock[], applied: readonly Applied[], now: Milliseconds): Moved {
    for (const block of reverted) this.#recent.remove(block.ids);
    for (const block of applied) this.#recent.add(block.ids);
    if (reverted.length > 0) {
      this.#effects.put({ kind: 'deliver', delivery: { kind: 'reverted', blocks: reverted.map(chainBlock) } });
      this.#giveBack(reverted, now);
    }
    for (const block of applied) {
      if (block.height === 0) this.#root = block.id;
      for (const id of block.ids) this.dropPending(itemIdHex(id));
      this.#effects.put({ kind: 'deliver', delivery: { kind: 'applied', block: chainBlock(block) } });
    }
    this.#effects.put({ kind: 'deliver', delivery: { kind: 'changed' } });
    const cutTo = reverted.length > 0 ? reverted.at(-1)?.height : undefined;
    return { cutTo, append: applied.map(storedBlock) };
  }

  /** What the left branch alone held. */
  #giveBack(reverted: readonly ChainBlock[], now: Milliseconds): void {
    const lacking = verifiedItems(reverted).filter(({ id }) => !this.heldRecently(itemIdHex(id)));
    const items = lacking.map((item) => ({ ...item, mine: holderOf(item.data.author) === this.#own, arrivedAt: now }));
    this.#givenBack.cut();
    for (const item of this.pool.giveBack(items, now, this.#random)) {
      if (!this.surelyLacks(itemIdHex(item.id))) this.#givenBack.add(item.id);
      if (item.mine) this.#recorder.pendingAdded({ id: item.id, bytes: encodeData(item.data) });
      this.#deliverPending(item);
    }
  }

  #deliverPending({ id, data }: PoolItem): void {
    this.#effects.put({ kind: 'deliver', delivery: { kind: 'pendingAdded', item: { id, data } } });
  }
}
