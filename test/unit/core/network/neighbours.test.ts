import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../../../../core/config.ts';
import { signaledAddress, unreachableAddress } from '../../../../core/network/addresses.ts';
import { Author } from '../../../model/author.ts';
import { Bench, self, start, teller } from '../../../model/neighbours-bench.ts';

const other = new Author(2);

describe('an address the user gave', () => {
  it('is dialled at once, and once', () => {
    const bench = new Bench();
    bench.neighbours.want('ws://a', start);
    bench.neighbours.want('ws://a', start);
    expect(bench.neighbours.isWanted('ws://a')).toBe(true);
    expect(bench.dial()).toEqual(['ws://a']);
    expect(bench.dial()).toEqual([]);
  });

  it('is dialled for ever, never more often than every 200 ms and never more seldom than every 2 s', () => {
    const bench = new Bench();
    bench.neighbours.want('ws://a', start);
    bench.dial();
    const waits: number[] = [];
    for (let failures = 0; failures < 200; failures++) {
      bench.fail('ws://a');
      waits.push(bench.untilDialled(5_000) ?? Number.POSITIVE_INFINITY);
    }
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(200);
    expect(waits[0]).toBeLessThanOrEqual(260);
    expect(Math.max(...waits)).toBeLessThanOrEqual(2_010);
    expect(Math.min(...waits.slice(10))).toBeGreaterThanOrEqual(1_600);
  });

  it('is dialled however many links there are', () => {
    const bench = new Bench(1);
    for (const name of ['x', 'y', 'z']) bench.link(name);
    bench.neighbours.want('ws://a', start);
    bench.neighbours.want('ws://b', start);
    expect(bench.dial()).toEqual(['ws://a', 'ws://b']);
  });

  it('is dialled again when its link ends, quickly again once it was proven', () => {
    const bench = new Bench();
    bench.neighbours.want('ws://a', start);
    bench.dial();
    for (let failures = 0; failures < 8; failures++) {
      bench.fail('ws://a');
      bench.untilDialled(5_000);
    }
    bench.link('ws://a');
    bench.neighbours.proven('ws://a', other.hex);
    expect(bench.untilDialled(5_000)).toBeUndefined();
    bench.unlink('ws://a');
    expect(bench.untilDialled(5_000)).toBeLessThanOrEqual(260);
  });

  it('is not dialled again while whom it led to has another link', () => {
    const bench = new Bench();
    bench.neighbours.want('ws://a', start);
    bench.dial();
    bench.link('ws://a', other.hex);
    bench.neighbours.proven('ws://a', other.hex);
    bench.link('198.51.100.7:50000', other.hex);
    bench.unlink('ws://a');
    expect(bench.untilDialled(20_000)).toBeUndefined();
    bench.unlink('198.51.100.7:50000');
    expect(bench.untilDialled(5_000)).toBeLessThanOrEqual(2_010);
  });

  it('is told by the deadline when it is due', () => {
    const bench = new Bench();
    bench.neighbours.want('ws://a', start);
    bench.dial();
    bench.fail('ws://a');
    const { deadline } = bench.neighbours;
    expect(deadline).toBeGreaterThan(start);
    bench.now = deadline - 1;
    expect(bench.dial()).toEqual([]);
    bench.now = deadline;
    expect(bench.dial()).toEqual(['ws://a']);
    expect(bench.neighbours.deadline).toBeGreaterThan(deadline);
  });

  it('is not dialled while another address leads to a link with the same peer, without waking for ever', () => {
    const other = new Author(2);
    const bench = new Bench();
    bench.link('ws://somewhere', other.hex);
    bench.neighbours.want(signaledAddress(other.key), start);
    expect(bench.dial()).toEqual([]);
    expect(bench.neighbours.deadline).toBeGreaterThan(bench.now);
    bench.links = [];
    expect(bench.untilDialled(5_000)).toBeLessThanOrEqual(2_010);
  });

  it('that we were told of before is dialled at once, whatever it waited for', () => {
    const bench = new Bench();
    const address = '192.0.2.7:29092';
    bench.told(address);
    expect(bench.dial()).toEqual([address]);
    bench.fail(address);
    bench.neighbours.want(address, bench.now);
    expect(bench.dial()).toEqual([address]);
  });

  it('can be linked from the other side while we dial', () => {
    const bench = new Bench();
    bench.neighbours.want('ws://a', start);
    bench.dial();
    bench.link('ws://a');
    bench.fail('ws://a');
    expect(bench.untilDialled(5_000)).toBeUndefined();
  });
});

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

  it('are dialled though others have dialled us from many keys: half of the neighbours are of our own choice', () => {
    const bench = new Bench(4);
    for (let place = 0; place < 50; place++) bench.link(`203.0.113.7:${40_000 + place}`, new Author(100 + place).hex);
    bench.told(...many);
    const dialled = bench.dial();
    expect(dialled).toHaveLength(2);
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

describe('how often an address is tried again', () => {
  /** The user wants it, and it never answers. @returns how long each wait was */
  function waits(address: string, bench = new Bench()): number[] {
    bench.neighbours.want(address, start);
    bench.dial();
    return Array.from({ length: 20 }, () => {
      bench.fail(address);
      return bench.untilDialled(60_000) ?? Number.POSITIVE_INFINITY;
    });
  }

  it.each([
    ['that is dialled by TCP', '192.0.2.7:29092', 15_000],
    ['that is reached by signaling', signaledAddress(other.key), 15_000],
    ['of a relay', 'ws://a', 2_000],
  ])('that the user gave: one %s (%s) quickly at first, then at least every %i ms', (_, address, mostMs) => {
    const tried = waits(address);
    expect(tried[0]).toBeLessThanOrEqual(260);
    expect(Math.max(...tried)).toBeLessThanOrEqual(mostMs + 10);
    expect(Math.min(...tried.slice(10))).toBeGreaterThanOrEqual(0.8 * mostMs);
  });

  it('follows the configuration: reconnect for those the user gave, retry for those we were told of', () => {
    expect(Math.max(...waits('192.0.2.7:1', new Bench(3, { reconnectMs: 4_000 })))).toBeLessThanOrEqual(4_010);
    const bench = new Bench(3, { retry: 5 });
    bench.told('192.0.2.8:1');
    let dials = 0;
    while (bench.untilDialled(60_000) !== undefined) {
      dials++;
      bench.fail('192.0.2.8:1');
    }
    expect(dials).toBe(5);
  });

  it('and how long it may take is more by Tor, which a peer uses for all when it is announced by an onion address or has a proxy', () => {
    const onion = 'abcdefghijklmnop.onion:29092';
    for (const [listen, proxied, far, near] of [
      [defaultConfig.listen, false, 60_000, 10_000],
      [onion, false, 60_000, 60_000],
      [defaultConfig.listen, true, 60_000, 60_000],
    ] as const) {
      const bench = new Bench(3, { listen, proxied });
      for (const address of [onion, '192.0.2.7:1']) bench.neighbours.want(address, start);
      bench.dial();
      expect([bench.timeouts.get(onion), bench.timeouts.get('192.0.2.7:1')]).toEqual([far, near]);
    }
  });
});

describe('the manner in which an address is greeted', () => {
  const tcp = '192.0.2.7:29092';
  const usual = { dialect: undefined, patient: false, thin: false };

  it('is the usual one at first, and that of addresses nobody has named', () => {
    const bench = new Bench();
    bench.told(tcp);
    bench.neighbours.spoke('192.0.2.9:1', 'cbc');
    expect([tcp, '192.0.2.9:1'].map((address) => bench.neighbours.manner(address))).toEqual([usual, usual]);
  });

  it('remembers what was spoken there last, and is not patient any more', () => {
    const bench = new Bench();
    bench.told(tcp);
    bench.dial();
    bench.neighbours.again(tcp, { dialect: undefined, patient: true, thin: true }, start);
    bench.neighbours.spoke(tcp, 'gcm-siv');
    expect(bench.neighbours.manner(tcp)).toEqual({ dialect: 'gcm-siv', patient: false, thin: true });
    bench.neighbours.want(tcp, start);
    bench.fail(tcp);
    expect(bench.neighbours.manner(tcp)).toEqual({ dialect: 'gcm-siv', patient: false, thin: true });
  });

  it.each([true, false])(
    'changes with a dial at once, twice until a link is proven (the user wants it: %s)',
    (isWanted) => {
      const bench = new Bench(3, { retry: 99 });
      if (isWanted) bench.neighbours.want(tcp, start);
      else bench.told(tcp);
      bench.dial();
      const turn = (patient: boolean) => {
        bench.link(tcp);
        bench.unlink(tcp);
        bench.neighbours.again(tcp, { ...usual, patient }, bench.now);
        expect(bench.neighbours.manner(tcp).patient).toBe(patient);
        return bench.dial().length;
      };
      expect([turn(true), turn(false), turn(true), turn(false)]).toEqual([1, 1, 0, 0]);
      expect(bench.untilDialled(20_000)).toBeGreaterThanOrEqual(200);
      bench.link(tcp);
      bench.neighbours.proven(tcp, other.hex);
      bench.unlink(tcp);
      bench.neighbours.again(tcp, usual, bench.now);
      expect(bench.dial()).toEqual([tcp]);
    },
  );

  it('is of no account where nobody is to be dialled', () => {
    const bench = new Bench();
    bench.neighbours.again(tcp, { ...usual, thin: true }, start);
    bench.neighbours.leadsHere(tcp);
    expect([bench.dial(), bench.neighbours.manner(tcp)]).toEqual([[], usual]);
  });
});

describe('an address that leads to ourselves', () => {
  it.each([true, false])('is never dialled again, whoever names it (the user wants it: %s)', (isWanted) => {
    const bench = new Bench();
    if (isWanted) bench.neighbours.want('192.0.2.7:1', start);
    bench.told('192.0.2.7:1');
    bench.dial();
    bench.link('192.0.2.7:1');
    bench.unlink('192.0.2.7:1');
    bench.neighbours.leadsHere('192.0.2.7:1');
    for (let times = 0; times < 3; times++) {
      bench.told('192.0.2.7:1');
      expect(bench.untilDialled(60_000)).toBeUndefined();
    }
    expect(bench.neighbours.deadline).toBeLessThan(Number.POSITIVE_INFINITY);
  });
});

describe('asking for more', () => {
  it('is due every relationship.time, while there are fewer than wanted', () => {
    const bench = new Bench(3);
    const asked: [number, boolean][] = [];
    for (let now = start; now <= start + 40_000; now += 100) {
      const linked = now < start + 25_000 ? 2 : 3;
      if (bench.neighbours.dueToAsk(linked, now)) asked.push([now - start, true]);
      expect(bench.neighbours.deadline).toBeGreaterThan(now);
    }
    expect(asked.map(([at]) => at)).toEqual([10_000, 20_000]);
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
