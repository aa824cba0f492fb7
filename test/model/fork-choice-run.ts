/**
 * Random trees in random orders of arrival: equal trees must give equal tips, and the one that the slow twin finds.
 *
 * The trees hold what fork choice can go wrong at: keys of both parities, keys that sign two children of one parent,
 * branches that leave far back, long trunks on which the authors of a fork are no longer eligible.
 */

import { type Block, createBlock } from '../../core/chain/block.ts';
import { type Candidate, Tree } from '../../core/chain/tree.ts';
import { equalBytes } from '../../core/codec/bytes.ts';
import { type HashHex, hashHex, holderOf, type PublicKey } from '../../core/crypto/keys.ts';
import { type Author, authors, candidateOf } from './author.ts';
import { fakeCurve } from './fake-curve.ts';
import { Seeded } from './seeded.ts';
import { slowWalk } from './slow-walk.ts';

export interface ForkChoiceResult {
  readonly trees: number;
  /** In how many the main chain was another than the slow twin's, after some order. */
  readonly wrong: number;
  /** In how many two orders led to two tips. */
  readonly differing: number;
  /** In how many a branch won that rank and lot alone would not have chosen. */
  readonly decidedBySupport: number;
  /** In how many the main chain left a branch on the way, in some order. */
  readonly moved: number;
}

export function forkChoiceRun(trees: number, orders: number, seed: number): ForkChoiceResult {
  const seeded = new Seeded(seed);
  const people = authors(9, seed);
  const result = { trees, wrong: 0, differing: 0, decidedBySupport: 0, moved: 0 };
  for (let made = 0; made < trees; made++) {
    const blocks = randomBranches(seeded, people);
    const candidates = blocks.map(candidateOf);
    const anchors = seeded.chance(0.1) ? people.slice(0, 3).map(({ key }) => key) : [];
    const expected = slowWalk(blocks, anchors)
      .map(({ hash }) => hashHex(hash))
      .join();
    const tips = new Set<string>();
    let isWrong = false;
    let hasMoved = false;
    for (let order = 0; order < orders; order++) {
      const grown = grow(arrival(seeded, candidates), anchors);
      tips.add(grown.tree.tip?.id ?? '');
      isWrong ||= grown.chain.join() !== expected;
      hasMoved ||= grown.reverted > 0;
    }
    if (isWrong) result.wrong++;
    if (tips.size !== 1) result.differing++;
    if (hasMoved) result.moved++;
    if (
      expected !==
      slowWalk(blocks, [stranger])
        .map(({ hash }) => hashHex(hash))
        .join()
    )
      result.decidedBySupport++;
  }
  return result;
}

/** An anchor that writes nothing, so that no branch has any support. */
const stranger = new Uint8Array(33).fill(2) as PublicKey;

/** A tree into which these came in this order, followed by its main chain after each. */
export function grow(arrived: readonly Candidate[], anchors: readonly PublicKey[] = []) {
  const tree = new Tree([], 0, new Set(anchors.map(holderOf)));
  const bodies = new Map<HashHex, Candidate>();
  const chain: HashHex[] = [];
  let reverted = 0;
  for (const candidate of arrived) {
    bodies.set(hashHex(candidate.block.hash), candidate);
    tree.add(candidate, 1);
    reverted += settle(tree, bodies, chain);
  }
  return { tree, chain, reverted };
}

/** Moves the main chain to where the walk ends, and a follower's with it. @returns blocks that were reverted */
export function settle(tree: Tree, bodies: ReadonlyMap<HashHex, Candidate>, chain: HashHex[]): number {
  let reverted = 0;
  const give = (id: HashHex): void => {
    const body = bodies.get(id);
    if (body !== undefined) tree.give(id, body);
  };
  for (let step = tree.next(64); step !== undefined; step = tree.next(64)) {
    for (const node of step.nodes) {
      give(node.id);
      if (step.kind === 'apply') chain.push(node.id);
      else {
        if (chain.pop() !== node.id) throw new Error('reverted is not newest first');
        if (node.parentId !== undefined) give(node.parentId);
        reverted++;
      }
    }
    tree.make(step);
  }
  return reverted;
}

/** A first block and up to 24 others; now and then on a trunk of more than 64. */
export function randomBranches(seeded: Seeded, people: readonly Author[]): Block[] {
  const blocks: Block[] = [];
  const children = new Map<Block, Set<Author>>();
  const add = (author: Author, parent: Block | undefined): void => {
    const key = seeded.chance(0.1) ? otherParity(author.key) : author.key;
    const named = seeded.shuffled(people).slice(0, seeded.below(5));
    const nextChoices = named.map((choice) => (seeded.chance(0.1) ? otherParity(choice.key) : choice.key));
    const content = { parent: parent?.hash, author: key, nextChoices, data: [] };
    const block = createBlock(fakeCurve, seeded.random, author.secret, content);
    // The same content by the same author on the same parent is the same block.
    if (blocks.some(({ hash }) => equalBytes(hash, block.hash))) return;
    blocks.push(block);
    children.set(block, new Set());
    if (parent !== undefined) children.get(parent)?.add(author);
  };
  add(seeded.pick(people), undefined);
  const trunk = seeded.chance(0.03) ? 60 + seeded.below(30) : 0;
  const few = people.slice(0, 1 + seeded.below(people.length));
  while (blocks.length <= trunk) add(seeded.pick(few), blocks.at(-1));
  const size = blocks.length + seeded.below(25);
  const forksOften = seeded.chance(0.3);
  while (blocks.length < size) {
    const parent = seeded.chance(0.5)
      ? (blocks.at(-1 - seeded.below(Math.min(3, blocks.length))) as Block)
      : seeded.pick(blocks);
    const author = seeded.pick(people);
    if (forksOften || children.get(parent)?.has(author) !== true) add(author, parent);
  }
  return blocks;
}

/** A random order in which no block comes before its parent. */
export function arrival(seeded: Seeded, candidates: readonly Candidate[]): Candidate[] {
  const after = new Map<HashHex | undefined, Candidate[]>();
  for (const candidate of candidates) {
    const { parent } = candidate.block;
    const place = parent === undefined ? undefined : hashHex(parent);
    after.set(place, [...(after.get(place) ?? []), candidate]);
  }
  const ready = [...(after.get(undefined) ?? [])];
  const come: Candidate[] = [];
  while (ready.length > 0) {
    const [next] = ready.splice(seeded.below(ready.length), 1) as [Candidate];
    come.push(next);
    ready.push(...(after.get(hashHex(next.block.hash)) ?? []));
  }
  return come;
}

function otherParity(key: PublicKey): PublicKey {
  const other = key.slice();
  other[0] = (key[0] ?? 2) ^ 1;
  return other as PublicKey;
}
