import { describe, expect, it } from 'vitest';
import type { Block } from '../../../../core/chain/block.ts';
import { type Added, Tree, treeDepth } from '../../../../core/chain/tree.ts';
import { bytesToHex } from '../../../../core/codec/bytes.ts';
import { hashHex } from '../../../../core/crypto/keys.ts';
import { type Author, authors, candidateOf } from '../../../model/author.ts';
import { Seeded } from '../../../model/seeded.ts';
import { slowWalk } from '../../../model/slow-walk.ts';

const people = authors(4);
const [a, b, c] = people as [Author, Author, Author];
const hashes = (blocks: readonly Block[]) => blocks.map(({ hash }) => hashHex(hash));
const mainOf = (tree: Tree) => hashes(tree.main.map(({ block }) => block));

/** Follows what `add` says, as an application would. */
class Follower {
  readonly chain: string[] = [];

  follow(added: Added): void {
    if (added.kind !== 'moved') return;
    for (const { id } of added.reverted) if (this.chain.pop() !== id) throw new Error('reverted is not newest first');
    for (const { id, height } of added.applied) {
      if (this.chain.push(id) !== height + 1) throw new Error('applied is not oldest first');
    }
  }
}

/** A first block and up to 24 others, none deeper than 8. */
function randomTree(seeded: Seeded): Block[] {
  const choices = () => seeded.shuffled(people.map(({ key }) => key)).slice(0, seeded.below(4));
  const nodes = [{ block: seeded.pick(people).block(undefined, choices()), depth: 0 }];
  const size = 1 + seeded.below(25);
  while (nodes.length < size) {
    const { block, depth } = seeded.pick(nodes);
    if (depth < 8) nodes.push({ block: seeded.pick(people).block(block, choices()), depth: depth + 1 });
  }
  return nodes.map(({ block }) => block);
}

/** A random order in which no block comes before its parent. */
function arrival(seeded: Seeded, blocks: readonly Block[]): Block[] {
  const left = seeded.shuffled(blocks);
  const come: Block[] = [];
  const held = new Set<string>();
  while (left.length > 0) {
    const next = left.findIndex(({ parent }) => parent === undefined || held.has(bytesToHex(parent)));
    const [block] = left.splice(next, 1) as [Block];
    held.add(bytesToHex(block.hash));
    come.push(block);
  }
  return come;
}

describe('the walk', () => {
  it('ends at the same tip as the slow one, whatever the tree and the order of arrival', () => {
    const seeded = new Seeded(1);
    for (let round = 0; round < 1_000; round++) {
      const blocks = randomTree(seeded);
      const expected = hashes(slowWalk(blocks));
      for (let order = 0; order < 3; order++) {
        const tree = new Tree([], 0);
        const follower = new Follower();
        for (const block of arrival(seeded, blocks)) follower.follow(tree.add(candidateOf(block), 1));
        expect(mainOf(tree)).toEqual(expected);
        expect(follower.chain).toEqual(expected);
      }
    }
  });

  it('takes the best of 500 siblings in any order, and holds only so many', () => {
    const seeded = new Seeded(2);
    const root = a.block(undefined, [a.key, b.key, c.key]);
    const siblings = Array.from({ length: 500 }, () => seeded.pick(people).block(root));
    const expected = hashes(slowWalk([root, ...siblings]));
    for (const order of [siblings, [...siblings].reverse(), seeded.shuffled(siblings)]) {
      const tree = new Tree([candidateOf(root)], 0);
      for (const block of order) tree.add(candidateOf(block), 1);
      expect(mainOf(tree)).toEqual(expected);
      const held = siblings.filter((block) => tree.block(hashHex(block.hash)) !== undefined);
      expect(held.length).toBe(65);
    }
  });

  it('takes a better sibling of the tip although a candidate has filled the tree with its own', () => {
    const root = a.block(undefined, [a.key, b.key]);
    const tree = new Tree([candidateOf(root)], 0);
    for (let made = 0; made < 100; made++) tree.add(candidateOf(b.block(root)), 1);
    const better = a.block(root);
    expect(tree.add(candidateOf(better), 1).kind).toBe('moved');
    expect(tree.tip?.id).toBe(hashHex(better.hash));
  });

  it('refuses a loser, and what stands on one, when it holds too many', () => {
    const root = a.block(undefined, [a.key, b.key]);
    const winner = a.block(root, [a.key, b.key]);
    const tree = new Tree([root, winner].map(candidateOf), 0);
    const losers = Array.from({ length: 64 }, () => b.block(root));
    for (const block of losers) expect(tree.add(candidateOf(block), 1).kind).toBe('side');
    expect(tree.add(candidateOf(b.block(root)), 1)).toEqual({ kind: 'ignored' });
    expect(tree.add(candidateOf(a.block(losers[0])), 1)).toEqual({ kind: 'ignored' });
    expect(tree.add(candidateOf(a.block(winner)), 1).kind).toBe('moved');
  });
});

describe('a tree', () => {
  it('takes a first block only while it holds none', () => {
    const tree = new Tree([], 0);
    expect(tree.tip).toBeUndefined();
    const root = a.block(undefined);
    expect(tree.add(candidateOf(root), 5)).toMatchObject({
      kind: 'moved',
      reverted: [],
      applied: [{ height: 0, arrivedAt: 5 }],
    });
    expect(tree.add(candidateOf(b.block(undefined)), 6).kind).toBe('orphan');
    expect(mainOf(tree)).toEqual(hashes([root]));
  });

  it('takes a block once', () => {
    const [root, next] = a.chain(2) as [Block, Block];
    const tree = new Tree([], 0);
    for (const block of [root, next]) tree.add(candidateOf(block), 1);
    for (const block of [root, next]) expect(tree.add(candidateOf(block), 2)).toEqual({ kind: 'ignored' });
    expect(tree.tip?.arrivedAt).toBe(1);
  });

  it('does not take a block whose parent it does not hold', () => {
    const [root, , third] = a.chain(3) as [Block, Block, Block];
    const tree = new Tree([candidateOf(root)], 0);
    expect(tree.add(candidateOf(third), 1)).toEqual({ kind: 'orphan' });
    expect(tree.block(hashHex(third.hash))).toBeUndefined();
  });

  it('holds the newest blocks of the main chain and knows their heights', () => {
    const chain = a.chain(30);
    const tree = new Tree([], 0);
    for (const block of chain) tree.add(candidateOf(block), 1);
    expect(mainOf(tree)).toEqual(hashes(chain.slice(-treeDepth)));
    expect(tree.tip?.height).toBe(29);
    chain.forEach(({ hash }, height) => {
      const held = height >= 20;
      expect(tree.onMain(hashHex(hash))).toBe(held);
      expect(tree.mainAt(height)?.id).toBe(held ? hashHex(hash) : undefined);
    });
    expect(tree.mainAt(30)).toBeUndefined();
    expect(tree.mainAt(-1)).toBeUndefined();
  });

  it('goes on from a store as if it had never stopped', () => {
    const chain = people[0]?.chain(12) ?? [];
    const tree = new Tree(chain.slice(-10).map(candidateOf), 2);
    expect(tree.main.map(({ height }) => height)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(tree.add(candidateOf(a.block(chain.at(-1))), 1)).toMatchObject({ kind: 'moved', applied: [{ height: 12 }] });
  });

  /** A block on which b's child is better than a's. */
  const preferring = (author: Author, parent: Block | undefined) => author.block(parent, [b.key, a.key]);

  it.each([1, 2, 5, 9])('lets a better sibling of the block %i below the tip take the branch', (below) => {
    const chain: Block[] = [];
    for (let height = 0; height < 14; height++) chain.push(preferring(a, chain.at(-1)));
    const tree = new Tree([], 0);
    for (const block of chain) tree.add(candidateOf(block), 1);
    const place = chain.length - below;
    const better = preferring(b, chain[place - 1]);
    const added = tree.add(candidateOf(better), 2);
    expect(added).toMatchObject({ kind: 'moved', applied: [{ height: place }] });
    if (added.kind !== 'moved') throw new Error('it moved');
    expect(hashes(added.reverted.map(({ block }) => block))).toEqual(hashes(chain.slice(place)).reverse());
    expect(tree.tip?.id).toBe(hashHex(better.hash));
    expect(tree.add(candidateOf(preferring(a, chain.at(-1))), 3).kind).toBe('side');
  });

  it('does not know a sibling of the block 10 below the tip any more', () => {
    const chain: Block[] = [];
    for (let height = 0; height < 14; height++) chain.push(preferring(a, chain.at(-1)));
    const tree = new Tree([], 0);
    for (const block of chain) tree.add(candidateOf(block), 1);
    expect(tree.add(candidateOf(preferring(b, chain[3])), 2).kind).toBe('orphan');
  });

  it('holds a branch that lost as long as it hangs on the main chain, and forgets it then', () => {
    const chain: Block[] = [preferring(b, undefined)];
    for (let height = 1; height < 5; height++) chain.push(preferring(b, chain.at(-1)));
    const tree = new Tree(chain.map(candidateOf), 0);
    const side = a.block(chain[3], [a.key]);
    const onSide = a.block(side);
    expect(tree.add(candidateOf(side), 1).kind).toBe('side');
    expect(tree.add(candidateOf(onSide), 1).kind).toBe('side');
    for (let more = 0; more < 20; more++) {
      const held = tree.block(hashHex((chain[3] as Block).hash)) !== undefined;
      expect(tree.block(hashHex(side.hash)) !== undefined).toBe(held);
      expect(tree.block(hashHex(onSide.hash)) !== undefined).toBe(held);
      chain.push(preferring(b, chain.at(-1)));
      tree.add(candidateOf(chain.at(-1) as Block), 1);
    }
    expect(tree.add(candidateOf(a.block(onSide)), 2).kind).toBe('orphan');
  });

  it('comes back to a branch that it left when that grows a better child of the fork', () => {
    const root = a.block(undefined, [a.key, b.key, c.key]);
    const tree = new Tree([candidateOf(root)], 0);
    const [first, second, third] = [c, b, a].map((author) => author.block(root, [author.key])) as [Block, Block, Block];
    const onFirst = c.block(first);
    for (const block of [first, onFirst, second, third]) tree.add(candidateOf(block), 1);
    expect(mainOf(tree)).toEqual(hashes([root, third]));
    expect(tree.onMain(hashHex(onFirst.hash))).toBe(false);
    const onThird = a.block(third);
    expect(tree.add(candidateOf(onThird), 1)).toMatchObject({ kind: 'moved', reverted: [] });
  });
});
