import { describe, expect, it } from 'vitest';
import { type Block, encodeBlock } from '../../../core/chain/block.ts';
import { encodeData, itemIdOf } from '../../../core/chain/data.ts';
import { defaultConfig } from '../../../core/config.ts';
import { type Hash, hashHex, itemIdHex, type Signature } from '../../../core/crypto/keys.ts';
import { signaledAddress } from '../../../core/network/addresses.ts';
import type { Message } from '../../../core/wire/messages.ts';
import { Author, authors } from '../../model/author.ts';
import { Seeded } from '../../model/seeded.ts';
import { SlowStore } from '../../model/slow-store.ts';
import { type Remote, Stage, storedBlocks } from '../../model/stage.ts';

describe('bytes that a session refuses', () => {
  it.each([
    ['as the first thing that comes', new Uint8Array(16).fill(0xff)],
    ['as a greeting that is none', Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9)],
  ])('end the link and nothing else: %s', (_, bytes) => {
    const stage = new Stage();
    const remote = stage.open(new Author(2));
    expect(() => remote.raw(bytes)).not.toThrow();
    expect(remote.closedBecause).toBeDefined();
    expect(stage.machine.links).toEqual([]);
  });

  it('end a link that was greeted', () => {
    const stage = new Stage();
    const remote = stage.join(new Author(2));
    remote.keepAlive();
    expect(stage.machine.links).toHaveLength(1);
    expect(() => remote.raw(new Uint8Array(100))).not.toThrow();
    expect(remote.closedBecause).toBeDefined();
    expect(stage.machine.links).toEqual([]);
  });
});

describe('a peer that is told to close', () => {
  it('asks for all to be stored that waits for a change under way', () => {
    const stage = new Stage();
    stage.answers.store = false;
    const items = [1, 2, 3].map((count) => stage.self.item(`item ${count}`));
    for (const data of items) stage.handle({ kind: 'commanded', command: { kind: 'share', data, id: itemIdOf(data) } });
    expect(stage.of('store')).toHaveLength(1);
    stage.handle({ kind: 'commanded', command: { kind: 'close' } });
    stage.settle();
    expect(stage.store.pendingIds).toEqual(items.map((data) => itemIdHex(itemIdOf(data))));
    expect(stage.machine.deadline).toBeUndefined();
  });

  /** A peer whose own block is on its way to the disk. */
  const writing = (): { stage: Stage; remote: Remote; id: string } => {
    const self = new Author(1);
    const root = new Author(2).block(undefined, [self.key]);
    const store = new SlowStore();
    store.blocks = storedBlocks([root]);
    const stage = new Stage({ self, store });
    const remote = stage.join(new Author(2), { root: root.hash, last: root.hash, count: 1n });
    remote.keepAlive();
    stage.answers.store = false;
    const data = self.item('the last word');
    stage.handle({ kind: 'commanded', command: { kind: 'share', data, id: itemIdOf(data) } });
    stage.settle('store');
    stage.pass(1_000);
    expect(stage.machine.count).toBe(2);
    return { stage, remote, id: stage.machine.tip ?? '' };
  };

  it('goes when its own newest block is on the disk and has left', () => {
    const { stage, remote, id } = writing();
    stage.handle({ kind: 'commanded', command: { kind: 'close' } });
    expect([stage.machine.closed, remote.closedBecause, remote.of('shareBlock')]).toEqual([false, undefined, []]);
    stage.settle('store');
    expect(remote.of('shareBlock').map(({ block }) => hashHex(block.hash))).toEqual([id]);
    expect([stage.machine.closed, remote.closedBecause]).toEqual([true, 'this peer closed']);
  });

  it('writes nothing more, and does not wait for a disk that does not answer', () => {
    const { stage, remote } = writing();
    stage.handle({ kind: 'commanded', command: { kind: 'close' } });
    const more = stage.self.item('too late');
    stage.handle({ kind: 'commanded', command: { kind: 'share', data: more, id: itemIdOf(more) } });
    stage.pass(5_000);
    expect([stage.machine.closed, stage.machine.count, stage.machine.deadline]).toEqual([true, 2, undefined]);
    expect([remote.of('shareBlock'), remote.closedBecause]).toEqual([[], 'this peer closed']);
  });
});

describe('what comes late or was not asked for', () => {
  it('changes nothing', () => {
    const stage = new Stage();
    stage.handle({ kind: 'elapsed' });
    stage.forget();
    const results = [true];
    for (const event of [
      { kind: 'stored', request: 999 },
      { kind: 'verified', request: 999, results },
      { kind: 'loaded', request: 999, result: { kind: 'heightOf', height: 3 } },
      { kind: 'loaded', request: 999, result: { kind: 'blocks', blocks: [] } },
      { kind: 'composed', request: 999, items: [] },
      { kind: 'received', link: 999, bytes: new Uint8Array(20) },
      { kind: 'drained', link: 999, bytes: 20 },
      { kind: 'closed', link: 999, reason: 'x' },
      { kind: 'dialFailed', dial: 999, reason: 'x' },
    ] as const) {
      stage.handle(event);
      expect(stage.effects).toEqual([]);
    }
  });
});

describe('what a neighbour may not make us believe', () => {
  const forgedSign = new Uint8Array(64) as Signature;

  it.each<[string, (other: Author, chain: readonly Block[]) => Message]>([
    ['a KeepAlive of another', (other) => ({ kind: 'keepAlive', ...other.keepAlive(9), pubkey: new Author(77).key })],
    ['an item that nobody signed', (other) => ({ kind: 'shareData', data: { ...other.item(), sign: forgedSign } })],
    [
      'a block that nobody signed',
      (other, [root]) => ({ kind: 'shareBlock', block: { ...other.block(root), sign: forgedSign } }),
    ],
    [
      'a block with another hash',
      (other, [root]) => ({
        kind: 'shareBlock',
        block: { ...other.block(root), hash: other.item().sign.slice(0, 32) as Hash },
      }),
    ],
    ['a block that we did not ask for', (other, [root]) => ({ kind: 'requestedBlock', block: other.block(root) })],
    ['a second greeting', () => ({ kind: 'requestBlocks', start: new Uint8Array(32) as Hash })],
  ])('leaves everything as it was: %s', (_, make) => {
    const other = new Author(2);
    const chain = [other.block(undefined)];
    const store = new SlowStore();
    store.blocks = storedBlocks(chain);
    const stage = new Stage({ store });
    const remote = stage.join(other, { root: chain[0]?.hash, last: chain[0]?.hash, count: 1n });
    remote.keepAlive();
    const state = () => {
      const { count, tip, root, known, syncing } = stage.machine;
      return { count, tip, root, known: [...known], syncing, pending: [...stage.machine.pending()] };
    };
    const before = state();
    stage.forget();
    remote.say(make(other, chain));
    expect(state()).toEqual(before);
    expect([stage.of('store'), stage.of('send'), stage.of('deliver')]).toEqual([[], [], []]);
  });
});

describe('a peer that starts again', () => {
  it('goes on with its chain and what was pending', () => {
    const first = new Stage();
    const data = first.self.item();
    first.handle({ kind: 'commanded', command: { kind: 'share', data, id: itemIdOf(data) } });
    const { store } = first;
    store.blocks = storedBlocks(new Author(2).chain(12));
    const stage = new Stage({ store });
    expect([stage.machine.count, stage.machine.tip]).toEqual([12, store.hashes[11]]);
    expect([...stage.machine.pending()].map(({ id }) => itemIdHex(id))).toEqual([itemIdHex(itemIdOf(data))]);
  });

  it('after a crash between signing and storing sends the block that it had signed, and signs no other', () => {
    const self = new Author(1);
    const other = new Author(2);
    const root = other.block(undefined, [self.key, other.key]);
    const item = self.item();
    const signed = self.block(root, [other.key], [item]);
    const store = new SlowStore();
    store.blocks = storedBlocks([root]);
    store.signed = [{ parent: root.hash, hash: signed.hash, bytes: encodeBlock(signed) }];
    store.pending = [{ id: itemIdOf(item), bytes: encodeData(item) }];
    const stage = new Stage({ self, store });
    expect([stage.machine.count, stage.machine.tip]).toEqual([2, hashHex(signed.hash)]);
    expect([...stage.machine.pending()]).toEqual([]);
    stage.handle({ kind: 'elapsed' });
    expect(store.hashes).toEqual([hashHex(root.hash), hashHex(signed.hash)]);
    const remote = stage.join(other, { root: root.hash, last: root.hash, count: 1n });
    expect(remote.greeting).toMatchObject({ last: signed.hash, count: 2n });
    expect(store.signed).toHaveLength(1);
  });

  it('does not sign again where it has signed, though that block is lost', () => {
    const self = new Author(1);
    const other = new Author(2);
    const root = other.block(undefined, [self.key]);
    const store = new SlowStore();
    store.blocks = storedBlocks([root]);
    const later = other.block(other.block(other.block(undefined)));
    store.signed = [
      { parent: root.hash, hash: self.block(root).hash, bytes: encodeBlock(self.block(root)) },
      { parent: later.parent, hash: later.hash, bytes: encodeBlock(later) },
    ];
    const stage = new Stage({ self, store });
    const remote = stage.join(other, { root: root.hash, last: root.hash, count: 1n });
    const data = self.item();
    stage.handle({ kind: 'commanded', command: { kind: 'share', data, id: itemIdOf(data) } });
    for (let passed = 0; passed < 10; passed++) {
      remote.keepAlive();
      stage.pass(1_000);
    }
    expect([stage.machine.count, stage.machine.waitingFor]).toEqual([1, 'the author of the next block']);
  });
});

describe('commands', () => {
  it('share an item with everybody, and keep it', () => {
    const stage = new Stage();
    const remotes = [stage.join(new Author(2)), stage.join(new Author(3))];
    const data = stage.self.item();
    stage.handle({ kind: 'commanded', command: { kind: 'share', data, id: itemIdOf(data) } });
    for (const remote of remotes)
      expect(remote.of('shareData').map((message) => message.data.sign)).toEqual([data.sign]);
    expect(stage.store.pendingIds).toEqual([itemIdHex(itemIdOf(data))]);
  });

  it('pass on an item of somebody else only when it is signed', () => {
    const stage = new Stage();
    const remote = stage.join(new Author(2));
    const [good, bad] = [new Author(4).item(), { ...new Author(4).item(), sign: new Uint8Array(64) as Signature }];
    for (const data of [good, bad]) stage.handle({ kind: 'commanded', command: { kind: 'pass', data } });
    expect(remote.of('shareData').map(({ data }) => data.sign)).toEqual([good.sign]);
    expect(stage.store.pending).toEqual([]);
  });

  it('dial an address until it is linked, and again when that link ends', () => {
    const stage = new Stage();
    stage.handle({ kind: 'commanded', command: { kind: 'connect', address: 'ws://a' } });
    const [dial] = stage.of('dial');
    stage.handle({ kind: 'dialFailed', dial: dial?.dial ?? -1, reason: 'nobody' });
    stage.pass(300);
    expect(stage.of('dial')).toHaveLength(2);
    const remote = stage.join(new Author(2), {}, { dialled: true, address: 'ws://a' });
    remote.keepAlive();
    stage.pass(1_000);
    expect(stage.of('dial')).toHaveLength(2);
    remote.close();
    stage.pass(300);
    expect(stage.of('dial')).toHaveLength(3);
  });

  it('end everything', () => {
    const stage = new Stage();
    const remote = stage.join(new Author(2));
    stage.handle({ kind: 'commanded', command: { kind: 'close' } });
    expect([remote.closedBecause, stage.machine.deadline]).toEqual(['this peer closed', undefined]);
    stage.forget();
    remote.keepAlive();
    stage.handle({ kind: 'elapsed' });
    expect(stage.effects).toEqual([]);
  });
});

describe('links', () => {
  it('that find no room are closed, and their addresses dialled again', () => {
    const stage = new Stage({
      config: { relationship: { ...defaultConfig.relationship, count: 3, timeMs: 10_000, maxLinks: 1 } },
    });
    stage.join(new Author(2)).keepAlive();
    stage.handle({ kind: 'commanded', command: { kind: 'connect', address: 'ws://a' } });
    const refused = stage.open(new Author(3), { dialled: true, address: 'ws://a' });
    expect(refused.closedBecause).toBe('no room for another link');
    stage.pass(300);
    expect(stage.of('dial')).toHaveLength(2);
  });

  it('of a carrier that has proven a key end when the greeting shows another', () => {
    const stage = new Stage();
    const remote = stage.open(new Author(2), { remote: new Author(3).key });
    remote.greet();
    expect(remote.closedBecause).toContain('unexpected-key');
  });

  it('that end are told, and their peer is known for a while and then no more', () => {
    const stage = new Stage();
    const author = new Author(2);
    const remote = stage.join(author);
    remote.keepAlive();
    stage.forget();
    remote.close();
    expect([stage.machine.links, stage.delivered('changed').length]).toEqual([[], 1]);
    expect([...stage.machine.known]).toEqual([author.hex]);
    stage.pass(1_400);
    expect([...stage.machine.known]).toEqual([]);
  });
});

describe('time', () => {
  it('wakes a peer that is alone no more often than it has something to do', () => {
    const stage = new Stage();
    let wakes = 0;
    for (const end = stage.now + 60_000; stage.now < end; wakes++) {
      const { deadline } = stage.machine;
      if (deadline === undefined) break;
      stage.pass(Math.max(0, deadline - stage.now));
    }
    expect(wakes).toBeLessThanOrEqual(110);
  });

  it('comes later after every event, whatever neighbours do: no deadline stays in the past', () => {
    for (let seed = 1; seed <= 6; seed++) {
      const seeded = new Seeded(seed);
      const stage = new Stage({
        config: {
          thin: seeded.chance(0.2),
          relationship: { ...defaultConfig.relationship, count: 2, timeMs: 3_000, maxLinks: 5 },
        },
      });
      const people = authors(6, 50);
      const chain = people[0]?.chain(20) ?? [];
      const foreign = people[1]?.chain(8) ?? [];
      const remotes: Remote[] = [];
      const actions: (() => void)[] = [
        () => stage.open(seeded.pick(people), { dialled: seeded.chance(0.3), address: `a:${seeded.below(5)}` }),
        () => {
          const held = seeded.pick([chain, foreign]).slice(0, 1 + seeded.below(8));
          const [first] = held;
          remotes.push(
            stage.join(seeded.pick(people), { root: first?.hash, last: held.at(-1)?.hash, count: BigInt(held.length) }),
          );
        },
        () => seeded.pick(remotes)?.close(),
        () => seeded.pick(remotes)?.keepAlive(),
        () => seeded.pick(remotes)?.serve(seeded.pick([chain, foreign])),
        () => seeded.pick(remotes)?.say({ kind: 'shareBlock', block: seeded.pick([...chain, ...foreign]) }),
        () => seeded.pick(remotes)?.say({ kind: 'shareBlock', block: seeded.pick(people).block(seeded.pick(chain)) }),
        () => seeded.pick(remotes)?.say({ kind: 'requestBlocks', start: undefined }),
        () => seeded.pick(remotes)?.say({ kind: 'shareData', data: seeded.pick(people).item() }),
        () =>
          stage.handle({
            kind: 'discovered',
            addresses: [`a:${seeded.below(5)}`, signaledAddress(seeded.pick(people).key)],
          }),
        () =>
          stage.handle({
            kind: 'commanded',
            command: { kind: 'connect', address: signaledAddress(seeded.pick(people).key) },
          }),
        () => {
          for (const { dial } of stage.of('dial')) stage.handle({ kind: 'dialFailed', dial, reason: 'x' });
        },
        () => {
          const data = stage.self.item();
          stage.handle({ kind: 'commanded', command: { kind: 'share', data, id: itemIdOf(data) } });
        },
        () => {
          const kind = seeded.pick(['store', 'load', 'verify'] as const);
          stage.answers[kind] = !stage.answers[kind];
        },
        () => stage.settle(),
        () => stage.handle({ kind: 'commanded', command: { kind: 'compose', wanted: seeded.chance(0.5) } }),
      ];
      for (let step = 0; step < 80; step++) {
        const open = remotes.filter(({ link, closedBecause }) => closedBecause === undefined && stage.isOpen(link));
        remotes.splice(0, remotes.length, ...open);
        if (stage.effects.length > 300) stage.forget();
        if (remotes.length === 0) actions[1]?.();
        seeded.pick(actions)();
        expect(stage.machine.deadline ?? Number.POSITIVE_INFINITY).toBeGreaterThan(stage.now);
        stage.pass(seeded.pick([0, 10, 300, 2_000, 9_000]));
        expect(stage.machine.deadline ?? Number.POSITIVE_INFINITY).toBeGreaterThan(stage.now);
      }
    }
  });
});
