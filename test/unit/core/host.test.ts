import { describe, expect, it } from 'vitest';
import type { Block } from '../../../core/chain/block.ts';
import { encodeData, itemIdOf, sharedDataBytes } from '../../../core/chain/data.ts';
import { bytesToHex, hexToBytes, utf8Bytes } from '../../../core/codec/bytes.ts';
import { itemIdHex, type Signature } from '../../../core/crypto/keys.ts';
import type { BlockView, Progress } from '../../../core/face.ts';
import { Peer } from '../../../core/host.ts';
import { MemoryStore } from '../../../core/storage/memory.ts';
import { noChange } from '../../contract/material.ts';
import { Author } from '../../model/author.ts';
import {
  pass,
  Room,
  type RoomTransport,
  StillClock,
  settled,
  type TestPlatform,
  testPlatform,
} from '../../model/platforms.ts';
import { Speaker } from '../../model/speaker.ts';
import { storedBlocks } from '../../model/stage.ts';

const text = (block: BlockView) => block.items.map(({ data }) => new TextDecoder().decode(data));

interface Here {
  readonly peer: Peer;
  readonly platform: TestPlatform;
  readonly transport: RoomTransport;
}

/** Peers in one room, on one clock. */
class House {
  readonly room = new Room();
  readonly clock = new StillClock();
  readonly clocks: StillClock[] = [];
  readonly here: Here[] = [];

  async open(
    name: string,
    author: Author,
    store = new MemoryStore(),
    leftPending: readonly Uint8Array[] = [],
  ): Promise<Here> {
    const transport = this.room.transport(name);
    const clock = new StillClock();
    clock.time = this.clocks[0]?.time ?? clock.time;
    this.clocks.push(clock);
    const platform = testPlatform({ self: author, clock, store, transports: [transport], leftPending });
    const peer = await Peer.open({ network: 'test' }, platform);
    const here = { peer, platform, transport };
    this.here.push(here);
    return here;
  }

  /** Two that know each other. */
  async pair(): Promise<[Here, Here]> {
    const [a, b] = [await this.open('a', new Author(1)), await this.open('b', new Author(2))];
    b.peer.connect('room:a');
    await this.pass(3_000);
    return [a, b];
  }

  pass(milliseconds: number, until?: () => boolean): Promise<void> {
    return pass(this.clocks, milliseconds, until);
  }

  crashes(): unknown[] {
    return this.here.flatMap(({ platform }) => platform.crashes);
  }
}

/** Blocks 0 to `count` − 1 by one author, as a store that was closed left them. */
async function storeWith(count: number, author = new Author(9)): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.change({ ...noChange, append: storedBlocks(author.chain(count)) });
  return store;
}

async function all(blocks: AsyncIterable<BlockView>): Promise<BlockView[]> {
  const found: BlockView[] = [];
  for await (const block of blocks) found.push(block);
  return found;
}

describe('opening a peer', () => {
  it.each(['', 'Main', 'a b', '-a', 'x'.repeat(65)])('refuses %j as a network', async (network) => {
    await expect(Peer.open({ network }, testPlatform())).rejects.toMatchObject({
      name: 'PeerError',
      code: 'bad-config',
    });
  });

  it('shows at once what the store holds', async () => {
    const store = await storeWith(30);
    const item = new Author(1).item('from before');
    await store.change({ ...noChange, pendingAdded: [{ id: itemIdOf(item), bytes: encodeData(item) }] });
    const { peer } = await new House().open('a', new Author(1), store);
    expect(peer.status).toMatchObject({ network: 'test', height: 30, storage: 'memory', closed: false, problems: [] });
    expect([...peer.pending.values()].map(({ data }) => new TextDecoder().decode(data))).toEqual(['from before']);
    expect(peer.publicKey).toBe(new Author(1).hex);
  });

  it('does not take for pending what stands in a block', async () => {
    const author = new Author(9);
    const store = new MemoryStore();
    const chain = author.chain(2);
    const written = chain[1]?.data[0];
    if (written === undefined) throw new Error('the block has an item');
    const pendingAdded = [{ id: itemIdOf(written), bytes: encodeData(written) }];
    await store.change({ ...noChange, append: storedBlocks(chain), pendingAdded });
    const { peer } = await new House().open('a', author, store);
    expect(peer.pending.size).toBe(0);
  });

  it('starts nothing when what it was given is broken', async () => {
    const transport = new Room().transport('a');
    const platform = testPlatform({ transports: [transport], leftPending: [Uint8Array.of(1, 2, 3)] });
    await expect(Peer.open({ network: 'test' }, platform)).rejects.toMatchObject({ name: 'CodecError' });
    expect([transport.events, platform.clock.at]).toEqual([undefined, undefined]);
  });

  it('shares again what earlier identities left pending', async () => {
    const house = new House();
    const left = new Author(5).item('left behind');
    const { peer } = await house.open('a', new Author(1), new MemoryStore(), [encodeData(left)]);
    await settled();
    expect([...peer.pending.keys()]).toEqual([itemIdHex(itemIdOf(left))]);
    const other = await house.open('b', new Author(2));
    peer.connect('room:b');
    await house.pass(500);
    expect(other.peer.pending.size).toBe(1);
  });
});

describe('two peers', () => {
  it('know each other and are linked, in sets that stay the same objects', async () => {
    const house = new House();
    const a = await house.open('a', new Author(1));
    const { known, connected, pending } = a.peer;
    const b = await house.open('b', new Author(2));
    b.peer.connect('room:a');
    await house.pass(1_000);
    expect([[...a.peer.known], [...a.peer.connected]]).toEqual([[b.peer.publicKey], [b.peer.publicKey]]);
    expect([a.peer.known === known, a.peer.connected === connected, a.peer.pending === pending]).toEqual([
      true,
      true,
      true,
    ]);
    expect(a.peer.peers()).toMatchObject([
      { publicKey: b.peer.publicKey, dialled: false, ours: true, carrier: 'memory' },
    ]);
    await b.peer.close();
    await house.pass(4_000);
    expect([a.peer.known.size, a.peer.connected.size, a.peer.peers()]).toEqual([0, 0, []]);
    expect(house.crashes()).toEqual([]);
  });

  it('put what one shares into a block of both, and the receipt follows it there', async () => {
    const house = new House();
    const [a, b] = await house.pair();
    const steps: Progress[] = [];
    const receipt = a.peer.share(utf8Bytes('hello'));
    receipt.onProgress((progress) => steps.push(progress));
    expect(receipt.progress.level).toBe('pending');
    expect([...a.peer.pending.keys()]).toEqual([receipt.item.id]);
    await house.pass(100);
    expect([...b.peer.pending.keys()]).toEqual([receipt.item.id]);
    await house.pass(10_000, () => a.peer.status.height === 1 && b.peer.status.height === 1);
    expect([a.peer.pending.size, b.peer.pending.size]).toEqual([0, 0]);
    const included = await receipt.included;
    expect(included).toEqual({ height: 0, block: b.peer.status.tip });
    expect([receipt.progress, steps.at(-1)]).toEqual([
      { level: 'included', ...included },
      { level: 'included', ...included },
    ]);
    const [block] = await all(b.peer.blocks());
    expect([block && text(block), block?.items[0]?.verified]).toEqual([['hello'], true]);
    expect(house.crashes()).toEqual([]);
  });

  it('say that one alone waits for a second', async () => {
    const house = new House();
    const { peer } = await house.open('a', new Author(1));
    const receipt = peer.share(utf8Bytes('alone'));
    await house.pass(10_000);
    expect(peer.status.waitingFor).toBe('a second peer');
    expect(receipt.progress).toEqual({ level: 'pending', waitingFor: 'a second peer' });
  });

  it('tell of every change by one event, and of each block in order', async () => {
    const house = new House();
    const [a] = await house.pair();
    const seen: string[] = [];
    const end = a.peer.on('block', ({ height }) => seen.push(`block ${height}`));
    a.peer.on('change', () => {
      if (seen.at(-1) !== 'change') seen.push('change');
    });
    for (const word of ['one', 'two', 'three']) {
      const { height } = a.peer.status;
      a.peer.share(utf8Bytes(word));
      await house.pass(10_000, () => a.peer.status.height === height + 1);
    }
    expect(seen.filter((what) => what !== 'change')).toEqual(['block 0', 'block 1', 'block 2']);
    expect(seen[seen.indexOf('block 0') + 1]).toBe('change');
    end();
    a.peer.share(utf8Bytes('four'));
    await house.pass(10_000, () => a.peer.status.height === 4);
    expect(seen).not.toContain('block 3');
  });

  it('go on when listeners throw', async () => {
    const house = new House();
    const [a, b] = await house.pair();
    for (const event of ['block', 'change'] as const) {
      a.peer.on(event, () => {
        throw new Error('the application failed');
      });
    }
    a.peer.share(utf8Bytes('hello')).onProgress(() => {
      throw new Error('the application failed');
    });
    await house.pass(10_000, () => b.peer.status.height === 1 && a.peer.status.height === 1);
    expect([a.peer.status.tip, a.peer.status.height]).toEqual([b.peer.status.tip, 1]);
    expect(a.platform.crashes.length).toBeGreaterThan(2);
    expect(await new MemoryStore(a.platform.store as MemoryStore).open()).toMatchObject({ count: 1, pending: [] });
  });
});

describe('what is shared', () => {
  it('is 512 KiB at most', async () => {
    const { peer } = await new House().open('a', new Author(1));
    expect(() => peer.share(new Uint8Array(sharedDataBytes + 1))).toThrow(
      expect.objectContaining({ name: 'PeerError', code: 'too-large' }),
    );
    expect(peer.pending.size).toBe(0);
    peer.share(new Uint8Array(sharedDataBytes));
    expect(peer.pending.size).toBe(1);
  });

  it('is what the bytes were when it was shared', async () => {
    const { peer } = await new House().open('a', new Author(1));
    const bytes = utf8Bytes('before');
    const { item } = peer.share(bytes);
    bytes.fill(0);
    expect(new TextDecoder().decode(item.data)).toBe('before');
  });

  it('waits in the store for the next time', async () => {
    const store = new MemoryStore();
    const { peer } = await new House().open('a', new Author(1), store);
    const receipts = ['one', 'two'].map((word) => peer.share(utf8Bytes(word)));
    await peer.close();
    const again = await new House().open('a', new Author(1), new MemoryStore(store));
    expect([...again.peer.pending.keys()]).toEqual(receipts.map(({ item }) => item.id));
  });
});

describe('addresses', () => {
  it('that nothing reaches are refused', async () => {
    const { peer } = await new House().open('a', new Author(1));
    expect(() => peer.connect('ws://somewhere')).toThrow(expect.objectContaining({ code: 'bad-address' }));
  });
});

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

describe('the creation callback', () => {
  async function withCallback(callback: Parameters<Peer['onBlockCreation']>[0]) {
    const house = new House();
    const [a, b] = await house.pair();
    for (const { peer } of [a, b]) peer.onBlockCreation(callback);
    return { house, a, b };
  }

  it('chooses what the block holds, and adds to it', async () => {
    const { house, a, b } = await withCallback((items) => [
      ...items.filter(({ data }) => new TextDecoder().decode(data) !== 'drop'),
      { add: utf8Bytes('added') },
    ]);
    for (const word of ['keep', 'drop']) a.peer.share(utf8Bytes(word));
    await house.pass(10_000, () => a.peer.status.height === 1 && b.peer.status.height === 1);
    const [block] = await all(b.peer.blocks());
    expect(block && text(block)).toEqual(['keep', 'added']);
    expect(block?.items[1]).toMatchObject({ author: block?.author, verified: true });
  });

  it('that throws is told as a problem until it succeeds, and nothing is lost', async () => {
    let fails = true;
    const { house, a, b } = await withCallback((items) => {
      if (fails) throw new Error('not now');
      return items;
    });
    a.peer.share(utf8Bytes('patient'));
    await house.pass(8_000);
    expect([a.peer.status.height, b.peer.status.height]).toEqual([0, 0]);
    const problems = [a, b].flatMap(({ peer }) => peer.status.problems);
    expect(problems[0]).toMatchObject({ code: 'block-creation-failed', message: expect.stringContaining('not now') });
    fails = false;
    await house.pass(10_000, () => a.peer.status.height === 1 && b.peer.status.height === 1);
    const [block] = await all(b.peer.blocks());
    expect(block && text(block)).toEqual(['patient']);
    expect([a, b].find(({ peer }) => peer.publicKey === block?.author)?.peer.status.problems).toEqual([]);
  });

  it.each([
    ['adds more than may be shared', () => [{ add: new Uint8Array(sharedDataBytes + 1) }]],
    ['names what is no id', () => [{ id: 'none' as never }]],
    ['returns nothing', () => undefined as never],
  ])('has failed when it %s', async (_, callback) => {
    const { house, a, b } = await withCallback(callback);
    a.peer.share(utf8Bytes('x'));
    await house.pass(6_000);
    expect([a.peer.status.height, a.peer.pending.size]).toEqual([0, 1]);
    expect([a, b].flatMap(({ peer }) => peer.status.problems).length).toBeGreaterThan(0);
    expect(house.crashes()).toEqual([]);
  });

  it('that was taken away is not asked', async () => {
    const { house, a, b } = await withCallback(() => []);
    for (const { peer } of [a, b]) peer.onBlockCreation(undefined);
    a.peer.share(utf8Bytes('kept'));
    await house.pass(10_000, () => b.peer.status.height === 1);
    expect(b.peer.status.height).toBe(1);
  });
});

describe('problems', () => {
  it('that a transport tells are there until they are over, each told once', async () => {
    const { peer, transport } = await new House().open('a', new Author(1));
    let changes = 0;
    peer.on('change', () => changes++);
    transport.events?.problem('relay-unreachable', 'the relay is gone');
    transport.events?.problem('relay-unreachable', 'the relay is gone');
    expect(peer.status.problems).toEqual([{ code: 'relay-unreachable', message: 'the relay is gone' }]);
    transport.events?.problem('relay-unreachable', undefined);
    transport.events?.problem('relay-unreachable', undefined);
    expect([peer.status.problems, changes]).toEqual([[], 2]);
  });
});

describe('a peer that closes', () => {
  it('refuses what comes after, ends its links, and can be closed again', async () => {
    const house = new House();
    const [a, b] = await house.pair();
    const receipt = a.peer.share(utf8Bytes('never in a block'));
    const closing = a.peer.close();
    expect(a.peer.close()).toBe(closing);
    expect(a.peer.status.closed).toBe(true);
    for (const late of [
      () => a.peer.share(utf8Bytes('late')),
      () => a.peer.connect('room:b'),
      () => a.peer.onBlockCreation(undefined),
    ]) {
      expect(late).toThrow(expect.objectContaining({ name: 'PeerError', code: 'closed' }));
    }
    await expect(receipt.included).rejects.toMatchObject({ code: 'closed' });
    await closing;
    await settled();
    expect([a.peer.known.size, a.peer.connected.size, a.transport.closes]).toEqual([0, 0, 1]);
    expect(a.transport.links.every(({ closedBecause }) => closedBecause !== undefined)).toBe(true);
    await house.pass(5_000);
    expect([b.peer.connected.size, b.peer.known.size]).toEqual([0, 0]);
    expect(house.crashes()).toEqual([]);
  });

  it('can be closed by one of its listeners, once, and has stored what was shared', async () => {
    const store = new MemoryStore();
    const { peer, transport, platform } = await new House().open('a', new Author(1), store);
    const closed: Promise<void>[] = [];
    peer.on('change', () => closed.push(peer.close()));
    const { item } = peer.share(utf8Bytes('last words'));
    await Promise.all(closed);
    await Promise.all(closed);
    expect([closed.length > 0, transport.closes, platform.crashes]).toEqual([true, 1, []]);
    const { pending } = await new MemoryStore(store).open();
    expect(pending.map(({ id }) => bytesToHex(id))).toEqual([item.id]);
  });
});
