import { describe, expect, it } from 'vitest';
import type { Block } from '../../../core/chain/block.ts';
import { type Author, authors } from '../../model/author.ts';
import { SlowStore } from '../../model/slow-store.ts';
import { Stage, storedBlocks } from '../../model/stage.ts';

const [a, b, c, d, self] = authors(5) as [Author, Author, Author, Author, Author];

const root = a.block(undefined, [b.key, c.key]);
const second = b.block(root, [d.key]);
const third = d.block(second, [a.key]);

function report(...chain: readonly Block[]) {
  const store = new SlowStore();
  store.blocks = storedBlocks(chain);
  const stage = new Stage({ self, store });
  // Headers below the newest blocks are read from the store.
  stage.pass(1);
  return stage.machine.chainReport;
}

function holders(...of: readonly Author[]) {
  return new Set(of.map(({ holder }) => holder));
}

describe('whose word counts at a block of the main chain', () => {
  it('is that of those who wrote before it and whom its parent names; at a first block, of those it names', () => {
    const { eligibleBefore } = bound(report(root, second, third));
    expect([0, 1, 2, 3].map(eligibleBefore)).toEqual([
      holders(a, b, c),
      holders(a, b, c),
      holders(a, b, d),
      holders(a, b, d),
    ]);
  });

  it('is nobody’s where nothing is known of what was before it', () => {
    const { eligibleBefore } = bound(report());
    expect([0, 1, 7].map(eligibleBefore)).toEqual([holders(), holders(), holders()]);
  });

  it('is never that of later authors, however far back it is asked for', () => {
    const chain = [root];
    for (let height = 1; height < 40; height++) chain.push(d.block(chain.at(-1), [d.key]));
    expect(
      bound(report(...chain))
        .eligibleBefore(1)
        .has(d.holder),
    ).toBe(false);
  });

  it('is that of the authors of 64 blocks and no more', () => {
    const people = authors(70, 2);
    const chain: Block[] = [];
    for (const author of people) chain.push(author.block(chain.at(-1), []));
    expect(bound(report(...chain)).eligibleBefore(70)).toEqual(holders(...people.slice(6)));
  });
});

describe('what is told of the newest blocks', () => {
  it('is the blocks, and their health', () => {
    const of = report(root, second, third);
    expect(of.newest.map(({ height }) => height)).toEqual([0, 1, 2]);
    expect(of.health).toMatchObject({ ofBlocks: 3, authors: 3, candidates: 4, captured: false });
  });
});

function bound(of: ReturnType<typeof report>) {
  return { eligibleBefore: (height: number) => of.eligibleBefore(height) };
}
