/**
 * core/network/neighbours.ts: addresses of the book, which of them are dialled, and what is kept of them.
 */
import { describe, expect, it } from 'vitest';
import { signaledAddress, unreachableAddress } from '../../../../core/network/addresses.ts';
import { Author } from '../../../model/author.ts';
import { Bench, self, start, teller } from '../../../model/neighbours-bench.ts';

const other = new Author(2);

describe('addresses we were told of', () => {
  /** Of as many networks. */
  const many = Array.from({ length: 20 }, (_, place) => `198.${place}.2.1:29092`);
  const told = '192.0.2.7:29092';

  it('are dialled until so many links are there as a peer wants', () => {
    const bench = new Bench(3);
    bench.told(...many);
    const dialled = bench.dial();
    expect(dialled).toHaveLength(3);
    expect(bench.dial()).toEqual([]);
    for (const address of dialled) bench.link(address);
    expect(bench.dial()).toEqual([]);
    bench.unlink(dialled[0] ?? '');
    expect(bench.dial()).toHaveLength(1);
  });

  it('count links that others opened, not those the user wanted', () => {
    const bench = new Bench(3);
    bench.neighbours.want('ws://wanted', start);
    bench.dial();
    bench.link('ws://wanted');
    bench.link('from elsewhere');
    bench.told(...many);
    expect(bench.dial()).toHaveLength(2);
  });

  it('are never our own, nor the one that nobody can dial', () => {
    const bench = new Bench();
    bench.told(signaledAddress(self.key), unreachableAddress);
    expect(bench.untilDialled(1_000)).toBeUndefined();
  });

  it('are not dialled when they lead to a peer that is linked', () => {
    const other = new Author(2);
    const bench = new Bench();
    bench.link('somehow', other.hex);
    bench.told(signaledAddress(other.key), signaledAddress(new Author(3).key));
    expect(bench.dial()).toEqual([signaledAddress(new Author(3).key)]);
  });

  it('are left alone for a while after a failure, and forgotten after three in a row', () => {
    const bench = new Bench();
    bench.told(told);
    const waits: (number | undefined)[] = [];
    for (let failures = 0; failures < 3; failures++) {
      waits.push(bench.untilDialled(60_000));
      bench.fail(told);
    }
    expect(waits[0]).toBe(0);
    expect(waits[1]).toBeGreaterThanOrEqual(1_600);
    expect(waits[2]).toBeGreaterThanOrEqual(3_200);
    expect(bench.untilDialled(60_000)).toBeUndefined();
  });

  it('are dialled at once when the signaling tells of them again, for they are there again; no neighbour can do that', () => {
    const bench = new Bench();
    for (const [tell, dialled] of [
      [(address: string) => bench.neighbours.discovered(address, bench.now), 1],
      [(address: string) => bench.told(address), 0],
    ] as const) {
      const address = signaledAddress(new Author(50 + dialled).key);
      tell(address);
      expect(bench.dial()).toEqual([address]);
      bench.fail(address);
      tell(address);
      expect(bench.dial()).toHaveLength(dialled);
    }
  });

  it('are at most 64 of one neighbour, whatever it says, and never in place of those another has told of', () => {
    const bench = new Bench(1_000);
    bench.neighbours.want('ws://wanted', start);
    bench.told(...many);
    const liar = { address: '203.0.113.9:1', key: new Author(8).hex };
    for (let place = 0; place < 2_000; place++) bench.neighbours.told(`n${place}.d${place}.example:1`, liar, bench.now);
    const dialled = bench.dial();
    expect(dialled).toHaveLength(1 + many.length + 64);
    for (const address of ['ws://wanted', ...many]) expect(dialled).toContain(address);
  });

  it.each([
    ['no address', 'ws://192.0.2.7/peer/main', '192.0.2.1:1'],
    ['no address', 'nonsense', '192.0.2.1:1'],
    ['of this machine', '127.0.0.1:29092', '192.0.2.1:1'],
    ['of a private network', '192.168.1.1:80', '192.0.2.1:1'],
    ['of a private network', 'router.local:80', 'ws://relay.example/peer/main'],
  ])('are passed over when they are %s: %s told of by %s', (_, address, from) => {
    const bench = new Bench();
    bench.neighbours.told(address, { ...teller, address: from }, bench.now);
    expect(bench.dial()).toEqual([]);
  });

  it.each(['127.0.0.1:40000', 'ws://localhost:8080/peer/main', signaledAddress(other.key)])(
    'may be of a private network when %s tells of them, but not where links go by Tor',
    (from) => {
      for (const [more, dialled] of [
        [{}, ['192.168.1.1:29092']],
        [{ proxied: true }, []],
        [{ listen: 'abcdefghijklmnop.onion:29092' }, []],
      ] as const) {
        const bench = new Bench(3, more);
        bench.neighbours.told('192.168.1.1:29092', { ...teller, address: from }, bench.now);
        expect(bench.dial()).toEqual(dialled);
      }
    },
  );

  it('and reached before are dialled though others dial us from many keys: half of the neighbours are of our own choice', () => {
    const bench = new Bench(4);
    for (let place = 0; place < 50; place++) bench.link(`203.0.113.7:${40_000 + place}`, new Author(100 + place).hex);
    bench.told(...many);
    expect(bench.dial()).toEqual([]);
    for (const address of many.slice(5, 15)) bench.neighbours.reached(address, bench.now);
    bench.unlink('somewhere');
    const dialled = bench.dial();
    expect(dialled).toHaveLength(2);
    for (const address of dialled) expect(many.slice(5, 15)).toContain(address);
    for (const address of dialled) bench.link(address);
    expect(bench.untilDialled(1_000)).toBeUndefined();
  });

  it('are left for those that were reached before, half of the places, until these have failed', () => {
    const bench = new Bench(4);
    const reached = many.slice(0, 5);
    for (const address of reached) bench.neighbours.reached(address, start);
    bench.told(...many.slice(5));
    const dialled = bench.dial();
    expect(dialled).toHaveLength(4);
    expect(dialled.filter((address) => !reached.includes(address)).length).toBeLessThanOrEqual(2);
    let fresh = 0;
    for (let rounds = 0; rounds < 10; rounds++) {
      for (const address of reached) bench.fail(address);
      fresh += bench.dial().filter((address) => !reached.includes(address)).length;
    }
    expect(fresh).toBeGreaterThan(0);
  });

  it('and that a neighbour says are its own, are dialled half a minute after it is gone, and not while it is here', () => {
    const bench = new Bench();
    const by = { address: '192.0.2.7:50000', key: other.hex };
    bench.link(by.address, other.hex);
    bench.neighbours.claimed('192.0.2.7:29092', by, bench.now);
    bench.now += 60_000;
    expect(bench.dial()).toEqual([]);
    bench.neighbours.claimed('192.0.2.7:29092', by, bench.now);
    bench.unlink(by.address);
    expect(bench.untilDialled(60_000)).toBeGreaterThanOrEqual(29_000);
  });

  it('make no deadline in the past while there are links enough', () => {
    const bench = new Bench(1);
    bench.told(told);
    bench.dial();
    bench.link(told);
    bench.told(...many);
    bench.now += 500;
    expect(bench.dial()).toEqual([]);
    expect(bench.neighbours.deadline).toBeGreaterThan(bench.now);
  });
});

describe('what is kept for the next start', () => {
  const addresses = Array.from({ length: 10 }, (_, place) => `198.${place}.2.1:29092`);

  /** A peer that ran before and was reached by some. @returns its note */
  function note(anchors: readonly string[], more = {}): Uint8Array {
    const bench = new Bench(3, more);
    for (const address of addresses) bench.neighbours.reached(address, bench.now);
    const bytes = bench.neighbours.note({ leading: addresses, anchors }, bench.now);
    if (bytes === undefined) throw new Error('something has changed');
    return bytes;
  }

  it('is written once a minute when it has changed, and not otherwise', () => {
    const bench = new Bench();
    const nothing = { leading: [], anchors: [] };
    expect([bench.neighbours.dueToKeep(start + 59_999), bench.neighbours.dueToKeep(start + 60_000)]).toEqual([
      false,
      true,
    ]);
    expect(bench.neighbours.note(nothing, start + 60_000)).toBeUndefined();
    bench.told('192.0.2.7:29092');
    expect(bench.neighbours.note(nothing, start + 60_001)).toBeInstanceOf(Uint8Array);
    expect(bench.neighbours.note(nothing, start + 60_002)).toBeUndefined();
    expect(bench.neighbours.dueToKeep(start + 60_003)).toBe(false);
  });

  it('has anchors dialled first, and then others', () => {
    const anchors = addresses.slice(3, 5);
    const bench = new Bench(3);
    bench.neighbours.restore(note(anchors), bench.now);
    const dialled = bench.dial();
    expect(dialled.slice(0, 2).sort()).toEqual(anchors);
    expect(dialled).toHaveLength(3);
  });

  it('is of no use to one who dials by Tor if it was learned in the clear, nor the other way about', () => {
    for (const [before, now] of [
      [{}, { proxied: true }],
      [{ proxied: true }, {}],
    ]) {
      const bench = new Bench(3, now);
      bench.neighbours.restore(note([], before), bench.now);
      expect(bench.untilDialled(5_000)).toBeUndefined();
    }
  });

  it('is dropped when it is spoilt', () => {
    const bench = new Bench(3);
    bench.neighbours.restore(note([]).subarray(1), bench.now);
    expect(bench.untilDialled(1_000)).toBeUndefined();
  });
});
