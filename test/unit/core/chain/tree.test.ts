import { describe, expect, it } from 'vitest';
import type { Block } from '../../../../core/chain/block.ts';
import { deepestFork } from '../../../../core/chain/fork-choice.ts';
import { mostSideBlocks } from '../../../../core/chain/side-blocks.ts';
import { type Candidate, Tree, treeDepth } from '../../../../core/chain/tree.ts';
import { type HashHex, hashHex } from '../../../../core/crypto/keys.ts';
import { type Author, authors, candidateOf } from '../../../model/author.ts';
import { forkChoiceRun, settle } from '../../../model/fork-choice-run.ts';
import { Seeded } from '../../../model/seeded.ts';
import { slowWalk } from '../../../model/slow-walk.ts';

const people = authors(6);
const [a, b, c, d, e, f] = people as [Author, Author, Author, Author, Author, Author];
const idOf = (block: Block) => hashHex(block.hash);
const hashes = (blocks: readonly Block[]) => blocks.map(idOf);

/** A tree with the bodies that a store would have, and what an application knows of its main chain. */
class Bench {
  readonly tree: Tree;
  readonly bodies = new Map<HashHex, Candidate>();
  readonly chain: HashHex[] = [];
  reverted = 0;

  constructor(main: readonly Block[] = [], height = 0) {
    for (const block of main) this.bodies.set(idOf(block), candidateOf(block));
    this.chain = hashes(main);
    this.tree = new Tree(main.map(candidateOf), height);
  }

  add(block: Block, link = 1, at = 1): string {
    this.bodies.set(idOf(block), candidateOf(block));
    const held = this.tree.add(candidateOf(block), at, link);
    this.reverted += settle(this.tree, this.bodies, this.chain);
    this.tree.limit();
    return held.kind;
  }

  addAll(blocks: readonly Block[], link = 1): void {
    for (const block of blocks) this.add(block, link);
  }

  get main(): HashHex[] {
    return this.tree.headers.map(({ id }) => id);
  }
}

/** Blocks in a row by these authors in turn, each naming all of them. */
function by(writers: readonly Author[], count: number, parent?: Block): Block[] {
  const blocks: Block[] = [];
  for (let made = 0; made < count; made++) {
    const writer = writers[made % writers.length] as Author;
    const choices = writers.map(({ key }) => key);
    blocks.push(writer.block(blocks.at(-1) ?? parent, choices, []));
  }
  return blocks;
}

describe('the walk', () => {
  it('ends at the tip that the slow one finds, whatever the tree and the order of arrival', { timeout: 60_000 }, () => {
    const { trees, wrong, differing, decidedBySupport, moved } = forkChoiceRun(600, 4, 1);
    expect({ wrong, differing }).toEqual({ wrong: 0, differing: 0 });
    for (const often of [decidedBySupport, moved]) expect(often).toBeGreaterThan(trees / 4);
  });

  it('takes the branch on which more established keys go on, however long the other is', () => {
    const trunk = by([a, b, c], 9);
    const lonely = by([a], 40, trunk.at(-1));
    const bench = new Bench();
    bench.addAll([...trunk, ...lonely]);
    const [one, two] = by([b, c], 2, trunk.at(-1)) as [Block, Block];
    bench.add(one);
    expect(bench.tree.onMain(idOf(two))).toBe(false);
    bench.add(two);
    expect(bench.chain).toEqual(hashes([...trunk, one, two]));
    expect(bench.reverted).toBe(40);
  });

  it('counts nothing for keys that nobody knew before the fork, though there be many', () => {
    const trunk = by([a, b], 6);
    const next = by([a], 1, trunk.at(-1));
    const bench = new Bench();
    bench.addAll([...trunk, ...next]);
    const strangers = authors(30, 9);
    bench.addAll(by(strangers, 30, trunk.at(-1)));
    expect(bench.chain).toEqual(hashes([...trunk, ...next]));
  });

  it('counts only authors of the fork and of its 63 ancestors, and the first 3 that it names', () => {
    const old = by([e], 1);
    const named = [a, a, a, f].map(({ key }) => key);
    for (const [length, isEligible] of [
      [62, true],
      [63, false],
    ] as const) {
      const trunk = [...old, ...by([a], length, old.at(-1))];
      const fork = a.block(trunk.at(-1), named, []);
      const [mine, theirs] = [a.block(fork, [a.key], []), e.block(fork, [a.key], [])];
      const also = f.block(theirs, [a.key], []);
      const bench = new Bench();
      bench.addAll([...trunk, fork, mine, theirs, also]);
      // One for each: a's rank decides; and f, named fourth, counts nowhere.
      expect(bench.tree.onMain(idOf(mine))).toBe(true);
      const other = new Bench();
      other.addAll([...trunk, fork, d.block(fork, [a.key], []), theirs]);
      const listed = idOf(slowWalk([...trunk, fork, ...[theirs]]).at(-1) as Block);
      expect(listed).toBe(idOf(theirs));
      if (isEligible) expect(other.tree.onMain(idOf(theirs))).toBe(true);
    }
  });

  it('counts a key that signed two children of one parent nowhere, and tells which block showed it', () => {
    const trunk = by([a, b, c], 6);
    const [ours, theirs] = [by([a], 1, trunk.at(-1)), by([b, c], 2, trunk.at(-1))];
    const bench = new Bench();
    bench.addAll([...trunk, ...ours, ...theirs]);
    expect(bench.chain).toEqual(hashes([...trunk, ...theirs]));
    const twin = candidateOf(c.block(theirs[0], [d.key], []));
    bench.bodies.set(hashHex(twin.block.hash), twin);
    expect(bench.tree.add(twin, 1, 1)).toMatchObject({ kind: 'held', counts: true });
    settle(bench.tree, bench.bodies, bench.chain);
    expect(bench.chain).toEqual(hashes(slowWalk([...trunk, ...ours, ...theirs, twin.block])));
    const third = candidateOf(c.block(theirs[0], [e.key], []));
    expect(bench.tree.add(third, 1, 1)).toMatchObject({ kind: 'held', counts: false });
  });
});

describe('a tree', () => {
  it('takes a first block only while it holds none', () => {
    const bench = new Bench();
    expect(bench.tree.tip).toBeUndefined();
    const root = a.block(undefined);
    expect(bench.add(root, 1, 5)).toBe('held');
    expect(bench.tree.tip).toMatchObject({ height: 0, arrivedAt: 5 });
    expect(bench.add(b.block(undefined))).toBe('orphan');
    expect(bench.main).toEqual(hashes([root]));
  });

  it('takes a block once, and none whose parent it does not hold', () => {
    const [root, next, third, fourth] = a.chain(4) as [Block, Block, Block, Block];
    const bench = new Bench();
    bench.addAll([root, next]);
    for (const block of [root, next]) expect(bench.add(block)).toBe('ignored');
    expect(bench.add(fourth)).toBe('orphan');
    expect([bench.tree.holds(idOf(fourth)), bench.tree.holds(idOf(third))]).toEqual([false, false]);
  });

  it('holds bodies of the newest blocks of the main chain only, and headers of the rest', () => {
    const chain = a.chain(30);
    const bench = new Bench();
    bench.addAll(chain);
    expect(bench.tree.main.map(({ id }) => id)).toEqual(hashes(chain.slice(-treeDepth)));
    chain.forEach((block, height) => {
      expect([bench.tree.onMain(idOf(block)), bench.tree.headerAt(height)?.id]).toEqual([true, idOf(block)]);
      expect(bench.tree.mainAt(height)?.id).toBe(height < 20 ? undefined : idOf(block));
      expect(bench.tree.block(idOf(block))?.id).toBe(height < 20 ? undefined : idOf(block));
    });
    expect([bench.tree.mainAt(30), bench.tree.mainAt(-1), bench.tree.count]).toEqual([undefined, undefined, 30]);
  });

  it('goes on from a store as if it had never stopped, and learns what stands below', () => {
    const chain = by([a, b, c], 100);
    const tree = new Bench(chain.slice(-10), 90).tree;
    expect([tree.lowest, tree.count]).toEqual([90, 100]);
    expect(tree.lower(chain.slice(20, 80).map(candidateOf))).toBe(false);
    expect(tree.lower(chain.slice(20, 90).map(candidateOf))).toBe(true);
    expect([tree.lowest, tree.headers.map(({ id }) => id)]).toEqual([20, hashes(chain.slice(20))]);
    expect(tree.add(candidateOf(b.block(chain[30])), 1)).toMatchObject({ kind: 'held', node: { height: 31 } });
  });

  it('decides anew when it has learnt whose authors count at a fork', () => {
    const trunk = by([d, ...Array.from({ length: 20 }, () => a)], 21);
    const [ours, theirs] = [a.block(trunk.at(-1), [a.key], []), d.block(trunk.at(-1), [a.key], [])];
    const whole = [...trunk, ours, theirs, d.block(theirs, [a.key], []), a.block(theirs, [a.key], [])];
    const bench = new Bench(trunk.slice(-10), 11);
    for (const block of trunk) bench.bodies.set(idOf(block), candidateOf(block));
    bench.addAll(whole.slice(21));
    bench.tree.lower(trunk.slice(0, 11).map(candidateOf));
    settle(bench.tree, bench.bodies, bench.chain);
    expect(bench.main).toEqual(hashes(slowWalk(whole)));
  });

  it('does not compare branches that leave the main chain more than 4,096 back, and forgets them then', () => {
    const seeded = new Seeded(3);
    const bench = new Bench();
    const chain = by([a, b], 4_200);
    const side = c.block(chain[20], [a.key], []);
    chain.forEach((block, height) => {
      bench.add(block);
      if (height === 30) bench.add(side);
      const reaches = height - 20 <= deepestFork;
      if (height >= 30 && seeded.chance(0.02)) expect(bench.tree.holds(idOf(side))).toBe(reaches);
    });
    expect([bench.tree.holds(idOf(side)), bench.tree.floor]).toEqual([false, 4_199 - deepestFork]);
    expect(bench.add(c.block(chain[bench.tree.floor - 1], [a.key], []))).toBe('ignored');
    expect(bench.add(c.block(chain[bench.tree.floor], [a.key], []))).toBe('held');
  });

  it('moves nothing below the last final block', () => {
    const trunk = by([a, b, c], 12);
    const bench = new Bench();
    bench.addAll(trunk);
    const late = by([b, c], 2, trunk[4]);
    bench.tree.finalise(idOf(trunk[8] as Block));
    expect(late.map((block) => bench.add(block))).toEqual(['ignored', 'orphan']);
    expect(bench.chain).toEqual(hashes(trunk));
  });
});

describe('a flood of side blocks', () => {
  const trunk = by([a, b, c], 40);

  it('of a stranger pushes out itself, and neither an honest branch nor what was here before', () => {
    const bench = new Bench();
    bench.addAll(trunk);
    const honest = by([b], 12, trunk[30]);
    const earlier = by([e], 3, trunk[20]);
    bench.addAll(honest, 1);
    bench.addAll(earlier, 1);
    const [stranger] = authors(1, 77) as [Author];
    for (let made = 0; made < 6_000; made++) bench.add(stranger.block(trunk[made % 39], [], []), 2);
    expect(bench.tree.sideBlocks.length).toBeLessThanOrEqual(mostSideBlocks);
    const later = by([f], 3, trunk[25]);
    bench.addAll(later, 3);
    for (const block of [...honest, ...earlier, ...later]) expect(bench.tree.holds(idOf(block))).toBe(true);
    expect(bench.chain).toEqual(hashes(trunk));
  }, 30_000);

  it('does not keep the main chain from going on, nor from moving to a better branch', () => {
    const bench = new Bench();
    bench.addAll(trunk);
    for (let made = 0; made < 4_500; made++) bench.add(e.block(trunk[made % 39], [], []), 2);
    const better = by([b, c], 30, trunk[20]);
    bench.addAll(better, 1);
    expect(bench.chain).toEqual(hashes([...trunk.slice(0, 21), ...better]));
    expect(bench.tree.sideBlocks.length).toBeLessThanOrEqual(mostSideBlocks);
  }, 30_000);

  it('costs memory for bodies within a bound', () => {
    const bench = new Bench();
    bench.addAll(trunk);
    const large = Array.from({ length: 40 }, () => e.block(trunk[30], [], [e.item('', 500_000)]));
    bench.addAll(large, 2);
    const held = large.filter((block) => bench.tree.block(idOf(block)) !== undefined);
    expect(held.length).toBeLessThan(18);
    expect(held.at(-1)).toBe(large.at(-1));
    for (const block of large) expect(bench.tree.header(idOf(block))?.parentId).toBe(idOf(trunk[30] as Block));
  });
});
