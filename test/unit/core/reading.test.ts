import { describe, expect, it } from 'vitest';
import type { Block } from '../../../core/chain/block.ts';
import { encodeBlock } from '../../../core/chain/block.ts';
import type { BlockView } from '../../../core/face.ts';
import { Reading } from '../../../core/reading.ts';
import { blockView } from '../../../core/views.ts';
import { Author, candidateOf } from '../../model/author.ts';
import { all } from '../../model/house.ts';

const author = new Author(3);

/** A chain of which the store holds the first blocks only. */
class Bench {
  readonly views: BlockView[];
  readonly reads: [number, number][] = [];
  readonly reading: Reading;
  count: number;
  readonly #chain: readonly Block[];

  constructor(stored: number, blocks = stored) {
    this.#chain = author.chain(blocks);
    this.count = blocks;
    this.views = this.#chain.map((block, height) => blockView({ height, ...candidateOf(block) }));
    const store = {
      blocks: async (from: number, count: number) => {
        this.reads.push([from, count]);
        const end = Math.min(from + count, stored);
        return this.#chain.slice(from, end).map((block) => ({ bytes: encodeBlock(block), unverified: [] }));
      },
    };
    this.reading = new Reading(store, () => this.count);
  }
}

const hashes = (views: readonly BlockView[]) => views.map(({ hash }) => hash);

describe('reading a chain', () => {
  it('takes old blocks from the store by batches, and new ones as they were delivered', async () => {
    const bench = new Bench(200, 210);
    for (const view of bench.views.slice(200)) bench.reading.applied(view);
    expect(hashes(await all(bench.reading.blocks()))).toEqual(hashes(bench.views));
    expect(bench.reads).toEqual([
      [0, 128],
      [128, 72],
    ]);
  });

  it('waits for blocks that are on their way, and ends when the peer does', async () => {
    const bench = new Bench(2, 3);
    const reading = all(bench.reading.blocks());
    await expect.poll(() => bench.reads.length).toBe(2);
    bench.reading.applied(bench.views[2] as BlockView);
    bench.reading.wake();
    expect(hashes(await reading)).toEqual(hashes(bench.views));
    const waiting = all(new Bench(2, 3).reading.blocks({ from: 3 }));
    expect(await waiting).toEqual([]);
    const stuck = new Bench(2, 3);
    const ending = all(stuck.reading.blocks());
    await expect.poll(() => stuck.reads.length).toBe(2);
    stuck.reading.close();
    expect(hashes(await ending)).toEqual(hashes(stuck.views.slice(0, 2)));
  });

  it('forgets what was delivered longest ago, and what the chain has left', () => {
    const bench = new Bench(0, 3);
    const [first, second] = bench.views as [BlockView, BlockView];
    bench.reading.applied(first);
    expect(bench.reading.recentHash(0)).toBe(first.hash);
    bench.reading.applied({ ...second, height: 1_024 });
    expect([bench.reading.recentHash(0), bench.reading.recentHash(1_024)]).toEqual([undefined, second.hash]);
    bench.reading.reverted([{ ...second, height: 1_024 }]);
    expect(bench.reading.recentHash(1_024)).toBeUndefined();
  });
});

describe('new blocks', () => {
  it('come one by one, and once more from where a reorganisation began', async () => {
    const bench = new Bench(0, 0);
    const [one, two, other] = [...author.chain(2), author.block(undefined)].map((block, height) =>
      blockView({ height: height % 2, ...candidateOf(block) }),
    ) as [BlockView, BlockView, BlockView];
    const news = bench.reading.newBlocks();
    const next = async (): Promise<string | undefined> => ((await news.next()).value as BlockView | undefined)?.hash;
    for (const view of [one, two]) {
      const coming = next();
      bench.reading.applied(view);
      bench.count++;
      bench.reading.wake();
      expect(await coming).toBe(view.hash);
    }
    bench.reading.reverted([two, one]);
    bench.count = 0;
    const coming = next();
    bench.reading.applied(other);
    bench.count = 1;
    bench.reading.wake();
    expect(await coming).toBe(other.hash);
    const last = next();
    bench.reading.close();
    expect(await last).toBeUndefined();
  });
});
