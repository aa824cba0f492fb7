import { describe, expect, it } from 'vitest';
import { itemIdOf } from '../../../core/chain/data.ts';
import { bytesToHex } from '../../../core/codec/bytes.ts';
import { defaultConfig } from '../../../core/config.ts';
import { itemIdHex, keyHex, type Signature } from '../../../core/crypto/keys.ts';
import { signaledAddress, unreachableAddress } from '../../../core/network/addresses.ts';
import { oursCommit, wireVersion } from '../../../core/wire/messages.ts';
import { type Author, authors } from '../../model/author.ts';
import { SlowStore } from '../../model/slow-store.ts';
import { type Remote, Stage, storedBlocks } from '../../model/stage.ts';

const [self, b, c, d, e] = authors(5) as [Author, Author, Author, Author, Author];
const make = (options: ConstructorParameters<typeof Stage>[0] = {}) => new Stage({ self, ...options });
const reference = { version: { ...wireVersion, target: 'x', branch: 'y', commit: 'z' } };

/** A neighbour that is linked, and whose key is proven. */
function linked(stage: Stage, author: Author, greeting: Parameters<Stage['join']>[1] = {}): Remote {
  const remote = stage.join(author, greeting);
  remote.keepAlive();
  remote.heard.length = 0;
  return remote;
}

const counts = (remote: Remote, author: Author) =>
  remote
    .of('keepAlive')
    .filter(({ pubkey }) => keyHex(pubkey) === author.hex)
    .map(({ count }) => count);

describe('our greeting', () => {
  it('says who we are, what we hold and how we are reached', () => {
    const store = new SlowStore();
    const chain = b.chain(12);
    store.blocks = storedBlocks(chain);
    const stage = make({ store, config: { listen: 'example.org:7', thin: true } });
    expect(stage.join(b).greeting).toEqual({
      pubkey: self.key,
      listen: 'example.org:7',
      root: chain[0]?.hash,
      last: chain[11]?.hash,
      count: 12n,
      thin: true,
      version: { ...wireVersion, target: '', branch: 'stage', commit: oursCommit },
      known: [],
    });
  });

  it('says the address that is lent to us, from then on and until it is taken back', () => {
    const stage = make();
    const lend = (address: string | undefined) => stage.handle({ kind: 'listening', address });
    lend('relay.example:4000');
    expect([stage.join(b).greeting?.listen, stage.machine.listen]).toEqual([
      'relay.example:4000',
      'relay.example:4000',
    ]);
    lend(undefined);
    expect(stage.join(c).greeting?.listen).toBe(unreachableAddress);
  });

  it('names no block when there is none', () => {
    expect(make().join(b).greeting).toMatchObject({ root: undefined, last: undefined, count: 0n });
  });
});

describe('a neighbour that has greeted', () => {
  it('is sent our KeepAlive, those of others we know, and what is pending', () => {
    const stage = make();
    const first = linked(stage, b);
    first.say({ kind: 'keepAlive', ...d.keepAlive(7) });
    const item = b.item();
    first.say({ kind: 'shareData', data: item });
    const remote = stage.join(c);
    expect(counts(remote, self)).toHaveLength(1);
    expect([counts(remote, b), counts(remote, d)]).toEqual([[BigInt(stage.now)], [7n]]);
    expect(remote.of('shareData').map(({ data }) => data.sign)).toEqual([item.sign]);
  });

  it('is sent KeepAlives of others only when it is ours', () => {
    const stage = make();
    linked(stage, b);
    const remote = stage.join(c, reference);
    expect([counts(remote, self).length, counts(remote, b)]).toEqual([1, []]);
  });

  it('is sent no KeepAlive by a thin peer', () => {
    const stage = make({ config: { thin: true } });
    const remote = stage.join(b);
    stage.pass(5_000);
    expect(remote.of('keepAlive')).toEqual([]);
  });

  it('that is no peer of ours is told no more of what is pending than its outbox holds, oldest first', () => {
    const stage = make();
    const items = Array.from({ length: 300 }, (_, place) => self.item(`${place}`));
    for (const data of items) stage.handle({ kind: 'commanded', command: { kind: 'share', data, id: itemIdOf(data) } });
    linked(stage, b);
    const remote = stage.join(c, reference);
    const told = remote.of('shareData').map(({ data }) => itemIdHex(itemIdOf(data)));
    expect(told).toEqual(items.slice(0, 128).map((data) => itemIdHex(itemIdOf(data))));
    expect(counts(remote, self)).toHaveLength(1);
  });

  it('is connected and known only with its first frame that decrypts', () => {
    const stage = make();
    const remote = stage.join(b);
    expect([stage.machine.links.length, stage.machine.known.size]).toEqual([0, 0]);
    stage.forget();
    remote.say({ kind: 'requestNeighbours', count: 0, exclude: [] });
    expect([stage.machine.links.length, [...stage.machine.known]]).toEqual([1, [b.hex]]);
    expect(stage.delivered('changed').length).toBeGreaterThan(0);
  });

  it('is connected but known to nobody when it is thin', () => {
    const stage = make();
    linked(stage, b, { thin: true });
    const remote = stage.join(c, { thin: true });
    remote.say({ kind: 'requestNeighbours', count: 0, exclude: [] });
    expect(stage.machine.links).toHaveLength(2);
    expect([...stage.machine.known]).toEqual([b.hex]);
  });

  it('is told as known again when it speaks after a silence', () => {
    const stage = make();
    const remote = linked(stage, b);
    stage.pass(4_000);
    expect(stage.machine.known.size).toBe(0);
    stage.forget();
    remote.say({ kind: 'requestNeighbours', count: 0, exclude: [] });
    expect([stage.machine.known.size, stage.delivered('changed').length]).toEqual([1, 1]);
  });
});

describe('a KeepAlive', () => {
  it('is passed on to all but who sent it, once its signature held', () => {
    const stage = make();
    const [one, two, three] = [linked(stage, b), linked(stage, c), linked(stage, d)];
    stage.answers.verify = false;
    one.say({ kind: 'keepAlive', ...e.keepAlive(9) });
    expect([counts(two, e), stage.machine.known.has(e.hex)]).toEqual([[], false]);
    stage.settle();
    expect([counts(one, e), counts(two, e), counts(three, e)]).toEqual([[], [9n], [9n]]);
    expect(stage.machine.known.has(e.hex)).toBe(true);
  });

  it('that somebody else signed, or that comes again, is passed on to nobody', () => {
    const stage = make();
    const [one, two] = [linked(stage, b), linked(stage, c)];
    const forged = { ...e.keepAlive(9), pubkey: d.key };
    const true_ = e.keepAlive(3);
    for (const keepAlive of [forged, true_, true_, e.keepAlive(2), e.keepAlive(0)]) {
      one.say({ kind: 'keepAlive', ...keepAlive });
    }
    expect([counts(two, e), counts(two, d)]).toEqual([[3n], []]);
    expect([...stage.machine.known].sort()).toEqual([b.hex, c.hex, e.hex].sort());
  });

  it('of ours goes to everybody every 600 ms', () => {
    const stage = make();
    const remotes = [linked(stage, b), linked(stage, c, reference)];
    stage.pass(3_000);
    for (const remote of remotes) {
      const sent = counts(remote, self);
      expect(sent.length).toBeGreaterThanOrEqual(4);
      expect([...sent].sort((x, y) => Number(x - y))).toEqual(sent);
    }
  });
});

describe('an item that a neighbour shares', () => {
  it('is passed on to all but who sent it, when it is signed and new', () => {
    const stage = make();
    const [one, two] = [linked(stage, b), linked(stage, c)];
    const item = e.item();
    one.say({ kind: 'shareData', data: item });
    two.say({ kind: 'shareData', data: item });
    one.say({ kind: 'shareData', data: { ...e.item(), sign: new Uint8Array(64) as Signature } });
    expect([one.of('shareData').length, two.of('shareData').length]).toEqual([0, 1]);
    expect([...stage.machine.pending()].map(({ data }) => data.sign)).toEqual([item.sign]);
  });

  it('and that stands on the chain already is neither kept nor passed on', () => {
    const store = new SlowStore();
    const old = e.item('old');
    const chain = [e.block(undefined, [e.key], [old])];
    for (let more = 0; more < 15; more++) chain.push(e.block(chain.at(-1)));
    store.blocks = storedBlocks(chain);
    const stage = make({ store });
    const [one, two] = [linked(stage, b), linked(stage, c)];
    one.say({ kind: 'shareData', data: old });
    expect([two.of('shareData'), [...stage.machine.pending()]]).toEqual([[], []]);
    const added = stage.delivered('pendingAdded').length;
    expect(stage.delivered('pendingRemoved')).toHaveLength(added);
  });

  it('of our own that we had forgotten is ours again', () => {
    const stage = make();
    const item = self.item();
    linked(stage, b).say({ kind: 'shareData', data: item });
    expect([...stage.machine.pending()]).toMatchObject([{ mine: true }]);
  });
});

describe('who asks for neighbours', () => {
  const introduced = (remote: Remote) => {
    const pairs = remote.of('introduceNeighbours').flatMap(({ neighbours }) => neighbours);
    return pairs.map(([key, address]) => [keyHex(key), address]).sort();
  };
  const ask = (remote: Remote, count: number, exclude: readonly Author[] = []) =>
    remote.say({ kind: 'requestNeighbours', count, exclude: exclude.map(({ key }) => key) });

  it('is told of those that are linked, by the address on which they listen', () => {
    const stage = make();
    const remote = linked(stage, b);
    linked(stage, c, { listen: '10.0.0.1:9' });
    linked(stage, d, { listen: 'd.example:80' });
    ask(remote, 5);
    expect(introduced(remote)).toEqual(
      [
        [c.hex, '10.0.0.1:9'],
        [d.hex, 'd.example:80'],
      ].sort(),
    );
  });

  it('is not told of itself, of thin ones, of those it excludes, and of those that have shown nothing', () => {
    const stage = make();
    const remote = linked(stage, b, { listen: 'b.example:1' });
    linked(stage, c, { listen: 'c.example:1', thin: true });
    linked(stage, d, { listen: 'd.example:1' });
    stage.join(e, { listen: 'e.example:1' });
    ask(remote, 5, [d]);
    expect(remote.of('introduceNeighbours')).toEqual([]);
  });

  it('is told by signaling of those that nobody can dial, when it is ours; a reference peer is not', () => {
    const stage = make();
    const [ours, other] = [linked(stage, b), linked(stage, c, reference)];
    linked(stage, d, { listen: unreachableAddress });
    for (const remote of [ours, other]) ask(remote, 5, [b, c]);
    expect(introduced(ours)).toEqual([[d.hex, signaledAddress(d.key)]]);
    expect(other.of('introduceNeighbours')).toEqual([]);
  });

  it.each([
    ['webrtc', 'webrtc', 'a tab of a tab with a port at the relay', true],
    ['websocket', 'websocket', 'the same at the relay', true],
    ['webrtc', 'tcp', 'a tab of a Node peer', false],
    ['tcp', 'webrtc', 'a Node peer of a tab with a port', false],
  ] as const)('is told the better of two ways: %s of %s, %s', (carrier, otherCarrier, _, bySignaling) => {
    const stage = make();
    const asking = stage.join(b, {}, { carrier });
    const other = stage.join(c, { listen: 'relay.example:4000' }, { carrier: otherCarrier });
    for (const remote of [asking, other]) remote.keepAlive();
    ask(asking, 5);
    expect(introduced(asking)).toEqual([[c.hex, bySignaling ? signaledAddress(c.key) : 'relay.example:4000']]);
  });

  it('is not told by signaling of whom we dialled for the user', () => {
    const stage = make();
    stage.handle({ kind: 'commanded', command: { kind: 'connect', address: 'ws://relay' } });
    const relay = stage.join(c, {}, { dialled: true, address: 'ws://relay' });
    relay.keepAlive();
    const remote = linked(stage, b);
    ask(remote, 5);
    expect(remote.of('introduceNeighbours')).toEqual([]);
  });

  it('is told of as many as it wants, of sixteen at most, and of none for none', () => {
    const stage = make();
    const remote = linked(stage, b);
    for (const author of authors(30, 77)) linked(stage, author, { listen: 'x.example:1' });
    ask(remote, 2);
    expect(introduced(remote)).toHaveLength(2);
    ask(remote, 0);
    expect(introduced(remote)).toHaveLength(2);
    ask(remote, 4_000_000_000);
    expect(introduced(remote)).toHaveLength(18);
  });
});

describe('asking for neighbours', () => {
  it('is done of all, every 10 s, naming those that are linked, while there are fewer than three', () => {
    const stage = make();
    const remotes = [linked(stage, b), linked(stage, c)];
    const alive = (until: number) => {
      while (stage.now < until) {
        stage.pass(500);
        for (const remote of remotes) remote.keepAlive();
      }
    };
    const began = stage.now;
    alive(began + 25_000);
    for (const remote of remotes) {
      const asked = remote.of('requestNeighbours');
      expect(asked.map(({ count }) => count)).toEqual([3, 3]);
      expect(asked[0]?.exclude.map(bytesToHex).sort()).toEqual([b.hex, c.hex].sort());
    }
    remotes.push(linked(stage, d));
    alive(began + 45_000);
    expect(remotes[0]?.of('requestNeighbours')).toHaveLength(2);
  });

  it('leads to dialling those that are named, sixteen of an answer at most', () => {
    const stage = make({
      config: { relationship: { ...defaultConfig.relationship, count: 100, timeMs: 10_000, maxLinks: 200 } },
    });
    const remote = linked(stage, b);
    const neighbours = authors(30, 5).map(({ key }, place) => [key, `n${place}.example:1`] as const);
    remote.say({ kind: 'introduceNeighbours', neighbours });
    expect(
      stage
        .of('dial')
        .map(({ address }) => address)
        .sort(),
    ).toEqual(
      neighbours
        .slice(0, 16)
        .map(([, address]) => address)
        .sort(),
    );
  });
});
