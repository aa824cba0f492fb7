import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../../../../core/config.ts';
import { signaledAddress } from '../../../../core/network/addresses.ts';
import { Author } from '../../../model/author.ts';
import { Bench, start } from '../../../model/neighbours-bench.ts';

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
