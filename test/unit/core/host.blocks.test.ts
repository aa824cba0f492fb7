import { describe, expect, it } from 'vitest';
import type { Block } from '../../../core/chain/block.ts';
import { bytesToHex, hexToBytes, utf8Bytes } from '../../../core/codec/bytes.ts';
import type { Signature } from '../../../core/crypto/keys.ts';
import type { BlockView } from '../../../core/face.ts';
import { MemoryStore } from '../../../core/storage/memory.ts';
import { noChange } from '../../contract/material.ts';
import { Author } from '../../model/author.ts';
import { all, House, storeWith, text } from '../../model/house.ts';
import { settled } from '../../model/platforms.ts';
import { Speaker } from '../../model/speaker.ts';
import { storedBlocks } from '../../model/stage.ts';

describe('reading blocks', () => {
  it('gives those between two heights, from the store and of late', async () => {
    const house = new House();
    const store = await storeWith(300);
    const a = await house.open('a', new Author(1), store);
    const b = await house.open('b', new Author(2));
    b.peer.connect('room:a');
    await house.pass(20_000, () => b.peer.status.height === 300);
    for (const { peer } of [a, b]) {
      const blocks = await all(peer.blocks());
      expect(blocks.map(({ height }) => height)).toEqual(Array.from({ length: 300 }, (_, height) => height));
      expect(blocks.slice(1).every(({ parent }, place) => parent === blocks[place]?.hash)).toBe(true);
      expect((await all(peer.blocks({ from: 290 }))).map(({ hash }) => hash)).toEqual(
        blocks.slice(290).map(({ hash }) => hash),
      );
      expect(await all(peer.blocks({ from: 5, to: 9 }))).toEqual(blocks.slice(5, 9));
      expect(await all(peer.blocks({ from: 5, to: 5 }))).toEqual([]);
      expect(await all(peer.blocks({ from: 300 }))).toEqual([]);
      expect(await all(peer.blocks({ from: 298, to: 1_000 }))).toHaveLength(2);
    }
  });

  it.each([{ from: -1 }, { from: 0.5 }, { from: 3, to: 2 }, { from: Number.NaN }])('refuses %j', async (range) => {
    const { peer } = await new House().open('a', new Author(1));
    await expect(all(peer.blocks(range))).rejects.toMatchObject({ code: 'bad-range' });
  });

  it('tells which items nobody signed, also those of before', async () => {
    const author = new Author(9);
    const store = new MemoryStore();
    const [block] = storedBlocks(author.chain(1));
    if (block === undefined) throw new Error('one block');
    await store.change({ ...noChange, append: [{ ...block, unverified: [0] }] });
    const { peer } = await new House().open('a', new Author(1), store);
    const [view] = await all(peer.blocks());
    expect(view?.items.map(({ verified }) => verified)).toEqual([false]);
  });
});

describe('blocks that come', () => {
  it('are given to each who waits for them, from the moment of asking', async () => {
    const house = new House();
    const [a, b] = await house.pair();
    const [early, late] = [a.peer.newBlocks(), a.peer.newBlocks()];
    b.peer.share(utf8Bytes('one'));
    await house.pass(10_000, () => a.peer.status.height === 1);
    const third = a.peer.newBlocks();
    b.peer.share(utf8Bytes('two'));
    await house.pass(10_000, () => a.peer.status.height === 2);
    const take = async (blocks: AsyncIterable<BlockView>, count: number) => {
      const words: string[] = [];
      for await (const block of blocks) {
        words.push(...text(block));
        if (words.length === count) break;
      }
      return words;
    };
    expect(await take(early, 2)).toEqual(['one', 'two']);
    expect(await take(late, 2)).toEqual(['one', 'two']);
    expect(await take(third, 1)).toEqual(['two']);
  });

  it('are not waited for any more when the peer closes', async () => {
    const house = new House();
    const { peer } = await house.open('a', new Author(1));
    const waiting = all(peer.newBlocks());
    await settled();
    await peer.close();
    expect(await waiting).toEqual([]);
    expect(await all(peer.newBlocks())).toEqual([]);
  });
});

describe('a reorganisation', () => {
  /** A peer that holds a root on which a child of `b` beats one of `c`, and somebody who tells it of both. */
  async function fork() {
    const house = new House();
    const [self, b, c] = [new Author(1), new Author(2), new Author(3)];
    const root = b.block(undefined, [b.key, c.key]);
    const store = new MemoryStore();
    await store.change({ ...noChange, append: storedBlocks([root]) });
    const { peer, transport, platform } = await house.open('a', self, store);
    const speaker = new Speaker(c, transport, 'test');
    await house.pass(100);
    const hear = async (block: Block) => {
      speaker.say({ kind: 'shareBlock', block });
      await house.pass(100);
    };
    return { peer, platform, root, b, c, self, hear, store };
  }

  it('is told before what comes in its place, and is in the store', async () => {
    const { peer, root, b, c, hear, store } = await fork();
    const told: string[] = [];
    peer.on('block', ({ hash, height }) => told.push(`${height} ${hash}`));
    peer.on('revert', (blocks) => told.push(...blocks.map(({ hash, height }) => `back ${height} ${hash}`)));
    const first = c.block(root, [c.key]);
    const second = c.block(first, [c.key]);
    const better = b.block(root, [b.key]);
    for (const block of [first, second, better]) await hear(block);
    const hex = (block: Block) => bytesToHex(block.hash);
    expect(told).toEqual([
      `1 ${hex(first)}`,
      `2 ${hex(second)}`,
      `back 2 ${hex(second)}`,
      `back 1 ${hex(first)}`,
      `1 ${hex(better)}`,
    ]);
    expect((await all(peer.blocks())).map(({ hash }) => hash)).toEqual([root, better].map(hex));
    expect((await new MemoryStore(store).open()).count).toBe(2);
  });

  it('lets receipts go back to pending, and on', async () => {
    const { peer, root, b, c, hear } = await fork();
    const receipt = peer.share(utf8Bytes('mine'));
    const levels: string[] = [];
    receipt.onProgress(({ level }) => {
      if (levels.at(-1) !== level) levels.push(level);
    });
    const [pending] = [...peer.pending.values()];
    if (pending === undefined) throw new Error('it is pending');
    const data = { data: pending.data, author: new Author(1).key, sign: hexToBytes(pending.signature) as Signature };
    await hear(c.block(root, [c.key], [data]));
    expect([receipt.progress.level, peer.pending.size]).toEqual(['included', 0]);
    const better = b.block(root, [b.key]);
    await hear(better);
    expect([receipt.progress.level, [...peer.pending.keys()]]).toEqual(['pending', [receipt.item.id]]);
    expect(receipt.progress).toMatchObject({ gaveWay: { height: 1 } });
    await hear(b.block(better, [b.key], [data]));
    expect(levels.slice(levels.indexOf('included'))).toEqual(['included', 'pending', 'included']);
    expect((await receipt.included).height).toBe(1);
    expect(receipt.progress).toMatchObject({ height: 2 });
  });

  it('gives who waits for new blocks those of the new branch, from the fork on', async () => {
    const { peer, root, b, c, hear } = await fork();
    const heights: string[] = [];
    const waiting = (async () => {
      for await (const { height, author } of peer.newBlocks())
        heights.push(`${height} ${author === b.hex ? 'b' : 'c'}`);
    })();
    const first = c.block(root, [c.key]);
    const better = b.block(root, [b.key]);
    for (const block of [first, c.block(first, [c.key]), better, b.block(better, [b.key])]) await hear(block);
    expect(heights).toEqual(['1 c', '2 c', '1 b', '2 b']);
    await peer.close();
    await waiting;
  });
});
