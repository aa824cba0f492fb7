import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Block, encodeBlock } from '../../../core/chain/block.ts';
import { utf8Bytes } from '../../../core/codec/bytes.ts';
import type { Signature } from '../../../core/crypto/keys.ts';
import type { Peer } from '../../../core/host.ts';
import { MemoryStore } from '../../../core/storage/memory.ts';
import { Author } from '../../model/author.ts';
import { all, House, storeWith, text } from '../../model/house.ts';
import { settled } from '../../model/platforms.ts';

const author = new Author(9);
const chain = author.chain(300);
const within = 20_000;

async function* parts(blocks: readonly Block[], size = 40): AsyncGenerator<readonly Uint8Array[], void> {
  for (let start = 0; start < blocks.length; start += size) {
    await setImmediate();
    yield blocks.slice(start, start + size).map(encodeBlock);
  }
}

const hashes = async (peer: Peer) => (await all(peer.blocks())).map(({ hash }) => hash);

describe('importing blocks into a peer', () => {
  it('takes the whole chain, stores it, and tells of every block in order', async () => {
    const store = new MemoryStore();
    const house = new House();
    const { peer } = await house.open('a', new Author(1), store);
    const heights: number[] = [];
    peer.on('block', ({ height }) => heights.push(height));
    expect(await peer.importBlocks(parts(chain))).toBe(300);
    expect(peer.status.height).toBe(300);
    expect(heights).toEqual(chain.map((_, height) => height));
    const kept = await store.blocks(0, 999, Number.MAX_SAFE_INTEGER);
    expect(kept.map(({ bytes }) => bytes)).toEqual(chain.map(encodeBlock));
    expect(house.crashes()).toEqual([]);
  });

  it('takes what follows the chain that it holds, and nothing the second time', async () => {
    const { peer } = await new House().open('a', new Author(1), await storeWith(0));
    expect(await peer.importBlocks(parts(chain.slice(0, 120)))).toBe(120);
    expect(await peer.importBlocks(parts(chain))).toBe(180);
    expect(await peer.importBlocks(parts(chain))).toBe(0);
    await expect(peer.importBlocks(parts(chain.slice(0, 299)))).rejects.toMatchObject({ code: 'shorter' });
    expect(peer.status.height).toBe(300);
  });

  it('refuses another chain, and holds then what it held', async () => {
    const { peer } = await new House().open('a', new Author(1), await storeWith(20));
    const before = await hashes(peer);
    await expect(peer.importBlocks(parts(new Author(4).chain(50)))).rejects.toMatchObject({ code: 'other-chain' });
    expect(await hashes(peer)).toEqual(before);
  });

  it('keeps what stood before a block that is not valid', async () => {
    const { peer } = await new House().open('a', new Author(1));
    const broken = chain.map((block, at) => (at === 90 ? { ...block, sign: new Uint8Array(64) as Signature } : block));
    await expect(peer.importBlocks(parts(broken))).rejects.toMatchObject({ name: 'TransferError', code: 'bad-block' });
    expect(peer.status.height).toBe(90);
    expect(await peer.importBlocks(parts(chain))).toBe(210);
  });

  it('keeps of an item that nobody signed that it is unverified', async () => {
    const forged = { ...author.item('not mine'), author: new Author(5).key };
    const block = author.block(undefined, [author.key], [author.item('mine'), forged]);
    const { peer } = await new House().open('a', new Author(1));
    await peer.importBlocks(parts([block]));
    const [view] = await all(peer.blocks());
    expect(view?.items.map(({ verified }) => verified)).toEqual([true, false]);
  });

  it('is done by one at a time', async () => {
    const { peer } = await new House().open('a', new Author(1));
    const first = peer.importBlocks(parts(chain));
    await expect(peer.importBlocks(parts(chain))).rejects.toMatchObject({ name: 'TransferError', code: 'busy' });
    expect(await first).toBe(300);
    expect(await peer.importBlocks(parts(chain))).toBe(0);
  });

  it('ends when the peer is closed, and is refused afterwards', async () => {
    const { peer } = await new House().open('a', new Author(1));
    const importing = peer.importBlocks(parts(chain));
    peer.on('block', ({ height }) => {
      if (height === 100) void peer.close();
    });
    await expect(importing).rejects.toMatchObject({ name: 'PeerError', code: 'closed' });
    await expect(peer.importBlocks(parts(chain))).rejects.toMatchObject({ name: 'PeerError', code: 'closed' });
  });

  it('waits for the disk: it reads no further than what is stored', async () => {
    const store = new MemoryStore();
    const gate = { open: false };
    const change = store.change.bind(store);
    store.change = async (asked) => {
      while (!gate.open) await setImmediate();
      await change(asked);
    };
    const { peer } = await new House().open('a', new Author(1), store);
    let given = 0;
    const source = async function* () {
      for await (const part of parts(chain)) {
        given++;
        yield part;
      }
    };
    const importing = peer.importBlocks(source());
    for (let turns = 0; turns < 100; turns++) await setImmediate();
    expect(given).toBe(1);
    gate.open = true;
    expect(await importing).toBe(300);
  });

  it('writes no block meanwhile, and writes what waited on the end of what came', async () => {
    const house = new House();
    const [a] = await house.pair();
    const held: { release: () => void } = { release: () => undefined };
    const source = async function* () {
      yield* parts(chain.slice(0, 40));
      await new Promise<void>((resolve) => {
        held.release = resolve;
      });
      yield* parts(chain.slice(40, 60));
    };
    const importing = a.peer.importBlocks(source());
    await house.pass(1_000, () => a.peer.status.height === 40);
    a.peer.share(utf8Bytes('waits'));
    await house.pass(within);
    expect([a.peer.status.height, a.peer.pending.size]).toEqual([40, 1]);
    held.release();
    await settled();
    expect(await importing).toBe(20 + 40);
    await house.pass(within, () => house.here.every(({ peer }) => peer.status.height === 61));
    for (const { peer } of house.here) {
      const blocks = await all(peer.blocks());
      expect(blocks.slice(0, 60).map(({ author: by }) => by)).toEqual(chain.slice(0, 60).map(() => author.hex));
      expect(text(blocks[60] as (typeof blocks)[number])).toEqual(['waits']);
    }
    expect(house.crashes()).toEqual([]);
  });

  it('and from a neighbour at once come to one chain', async () => {
    const house = new House();
    const a = await house.open('a', author, await storeWith(300, new Author(9)));
    const b = await house.open('b', new Author(2));
    const blocks = await all(a.peer.blocks());
    b.peer.connect('room:a');
    const held = (await a.platform.store.blocks(0, 999, Number.MAX_SAFE_INTEGER)).map(({ bytes }) => bytes);
    const source = async function* () {
      for (let start = 0; start < held.length; start += 50) {
        await house.pass(50);
        yield held.slice(start, start + 50);
      }
    };
    const taken = await b.peer.importBlocks(source());
    expect(taken).toBe(300);
    await house.pass(within, () => b.peer.status.height === 300);
    expect(await hashes(b.peer)).toEqual(blocks.map(({ hash }) => hash));
    expect(house.crashes()).toEqual([]);
  });

  it('is refused when another chain has come from a neighbour meanwhile', async () => {
    const house = new House();
    await house.open('a', new Author(3), await storeWith(100, new Author(3)));
    const b = await house.open('b', new Author(2));
    b.peer.connect('room:a');
    const source = async function* () {
      await house.pass(within, () => b.peer.status.height === 100);
      yield* parts(chain);
    };
    await expect(b.peer.importBlocks(source())).rejects.toMatchObject({ code: 'other-chain' });
    expect(b.peer.status.height).toBe(100);
    expect(house.crashes()).toEqual([]);
  });
});
