import { describe, expect, it } from 'vitest';
import { encodeData, itemIdOf, sharedDataBytes } from '../../../core/chain/data.ts';
import { bytesToHex, utf8Bytes } from '../../../core/codec/bytes.ts';
import { itemIdHex } from '../../../core/crypto/keys.ts';
import type { Progress } from '../../../core/face.ts';
import { Peer } from '../../../core/host.ts';
import { unreachableAddress } from '../../../core/network/addresses.ts';
import { MemoryStore } from '../../../core/storage/memory.ts';
import { noChange } from '../../contract/material.ts';
import { Author } from '../../model/author.ts';
import { all, House, storeWith, text } from '../../model/house.ts';
import { Room, settled, testPlatform } from '../../model/platforms.ts';
import { storedBlocks } from '../../model/stage.ts';

describe('opening a peer', () => {
  it.each(['', 'Main', 'a b', '-a', 'x'.repeat(65)])('refuses %j as a network', async (network) => {
    await expect(Peer.open({ network }, testPlatform())).rejects.toMatchObject({
      name: 'PeerError',
      code: 'bad-config',
    });
  });

  it('refuses to require the secure upgrade and to speak the dialect that has none', async () => {
    const both = { network: 'test', requireUpgrade: true, wire: 'gcm-siv' } as const;
    await expect(Peer.open(both, testPlatform())).rejects.toMatchObject({ name: 'PeerError', code: 'bad-config' });
  });

  it('shows at once what the store holds', async () => {
    const store = await storeWith(30);
    const item = new Author(1).item('from before');
    await store.change({ ...noChange, pendingAdded: [{ id: itemIdOf(item), bytes: encodeData(item) }] });
    const { peer } = await new House().open('a', new Author(1), store);
    expect(peer.status).toMatchObject({
      network: 'test',
      height: 30,
      storage: 'memory',
      closed: false,
      problems: [{ code: 'captured' }],
    });
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
    expect(steps).toContainEqual({ level: 'included', ...included });
    await house.pass(1_000, () => receipt.progress.level === 'acknowledged');
    expect(receipt.progress).toEqual({ level: 'acknowledged', ...included, depth: 0, authors: 0, by: 1, of: 1 });
    expect(steps.at(-1)).toEqual(receipt.progress);
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

describe('where a peer is reached', () => {
  it.each([
    ['127.0.0.1:29092', '127.0.0.1:29092'],
    [unreachableAddress, undefined],
    [undefined, undefined],
  ])('is in its status, if it is anywhere: %s', async (listen, told) => {
    const config = { network: 'test', ...(listen === undefined ? {} : { listen }) };
    const peer = await Peer.open(config, testPlatform());
    expect(peer.status.listen).toBe(told);
    await peer.close();
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
