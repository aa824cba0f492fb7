import { describe, expect, it } from 'vitest';
import { itemIdOf } from '../../../core/chain/data.ts';
import type { Hash } from '../../../core/crypto/keys.ts';
import { Driver, type DriverEvents } from '../../../core/driver.ts';
import { LinkError } from '../../../core/errors.ts';
import type { Composed, Effect, Event, PendingView } from '../../../core/events.ts';
import type { Transport } from '../../../core/link.ts';
import type { PeerMachine } from '../../../core/peer.ts';
import { MemoryStore } from '../../../core/storage/memory.ts';
import { ChainMaker, noChange } from '../../contract/material.ts';
import { Author } from '../../model/author.ts';
import { linkPair, Room, settled, testPlatform } from '../../model/platforms.ts';

/** A machine that does what a test says, and a driver that drives it. */
class Bench {
  readonly events: Event[] = [];
  readonly told: string[] = [];
  readonly room = new Room();
  readonly transport = this.room.transport('self');
  readonly platform = testPlatform({ transports: [this.transport] });
  deadline: number | undefined;
  answer: (event: Event) => Effect[] = () => [];
  composed: readonly Composed[] | undefined = [];
  readonly driver: Driver;
  #depth = 0;

  constructor(events: Partial<DriverEvents> = {}, transports?: readonly Transport[], store?: MemoryStore) {
    const machine = {
      handle: (now: number, event: Event) => {
        expect(now).toBe(this.platform.clock.time);
        expect(++this.#depth).toBe(1);
        this.events.push(event);
        const effects = this.answer(event);
        this.#depth--;
        return effects;
      },
    };
    Object.defineProperty(machine, 'deadline', { get: () => this.deadline });
    const platform = {
      ...this.platform,
      ...(transports === undefined ? {} : { transports }),
      ...(store === undefined ? {} : { store }),
    };
    this.driver = new Driver(machine as unknown as PeerMachine, platform, {
      delivered: (delivery) => this.told.push(delivery.kind),
      reported: (code) => this.told.push(code),
      compose: async (_: readonly PendingView[]) => this.composed,
      settled: () => this.told.push('settled'),
      ...events,
    });
  }

  kinds(): string[] {
    return this.events.map(({ kind }) => kind);
  }

  of<K extends Event['kind']>(kind: K): Extract<Event, { kind: K }>[] {
    return this.events.filter((event): event is Extract<Event, { kind: K }> => event.kind === kind);
  }
}

const changed: Effect = { kind: 'deliver', delivery: { kind: 'changed' } };

describe('a driver', () => {
  it('runs effects in order, then says that all have run', () => {
    const bench = new Bench();
    bench.answer = () => [changed, { kind: 'report', code: 'a-code', message: 'x' }, changed];
    bench.driver.dispatch({ kind: 'elapsed' });
    expect(bench.told).toEqual(['changed', 'a-code', 'changed', 'settled']);
  });

  it('lets an event that is raised while one is handled wait its turn', () => {
    const told: string[] = [];
    const bench = new Bench({
      delivered: () => {
        if (told.length === 0) bench.driver.dispatch({ kind: 'discovered', addresses: ['room:b'] });
        told.push('delivered');
      },
      settled: () => told.push('settled'),
    });
    bench.answer = ({ kind }) => (kind === 'elapsed' ? [changed, changed] : []);
    bench.driver.dispatch({ kind: 'elapsed' });
    expect(bench.kinds()).toEqual(['elapsed', 'discovered']);
    expect(told).toEqual(['delivered', 'delivered', 'settled', 'settled']);
  });

  it('asks to be woken at the deadline, after every event anew, and tells the machine', () => {
    const bench = new Bench();
    const { clock } = bench.platform;
    bench.deadline = clock.time + 500;
    bench.driver.start();
    expect([bench.kinds(), clock.at]).toEqual([['elapsed'], clock.time + 500]);
    clock.time += 500;
    bench.deadline = undefined;
    expect(clock.fire()).toBe(true);
    expect([bench.kinds(), clock.at]).toEqual([['elapsed', 'elapsed'], undefined]);
  });

  it('goes on after a machine that threw: what waited is handled by the next event', () => {
    const bench = new Bench();
    bench.answer = ({ kind }) => {
      if (kind !== 'discovered') return [];
      bench.answer = () => [];
      throw new Error('invariant broken');
    };
    expect(() => bench.driver.dispatch({ kind: 'discovered', addresses: [] })).toThrow('invariant');
  });
});

describe('what effects ask for', () => {
  it('comes back as an event with the id of its request', async () => {
    const bench = new Bench();
    const author = new Author(3);
    const data = author.item();
    const id = itemIdOf(data);
    const hash = new Uint8Array(32) as Hash;
    const check = { key: author.key, digest: hash, signature: data.sign };
    bench.composed = [{ keep: id }];
    bench.answer = ({ kind }) =>
      kind !== 'elapsed'
        ? []
        : [
            { kind: 'store', request: 1, change: noChange },
            { kind: 'load', request: 2, query: { kind: 'blocks', from: 0, count: 1, maxBytes: 1 } },
            { kind: 'load', request: 3, query: { kind: 'heightOf', hash } },
            { kind: 'load', request: 4, query: { kind: 'containsItems', ids: [id, id] } },
            { kind: 'load', request: 7, query: { kind: 'sideBlocks', from: 0, count: 1, maxBytes: 1 } },
            { kind: 'load', request: 8, query: { kind: 'sideBlock', hash } },
            { kind: 'verify', request: 5, checks: [check, check] },
            { kind: 'compose', request: 6, items: [{ id, data }] },
          ];
    bench.driver.dispatch({ kind: 'elapsed' });
    expect(bench.kinds()).toEqual(['elapsed']);
    await settled();
    expect(bench.of('stored')).toEqual([{ kind: 'stored', request: 1 }]);
    expect(bench.of('loaded')).toEqual([
      { kind: 'loaded', request: 2, result: { kind: 'blocks', blocks: [] } },
      { kind: 'loaded', request: 3, result: { kind: 'heightOf', height: undefined } },
      { kind: 'loaded', request: 4, result: { kind: 'containsItems', contained: [false, false] } },
      { kind: 'loaded', request: 7, result: { kind: 'sideBlocks', blocks: [] } },
      { kind: 'loaded', request: 8, result: { kind: 'sideBlock', block: undefined } },
    ]);
    expect(bench.of('verified')).toEqual([{ kind: 'verified', request: 5, results: [false, false] }]);
    expect(bench.of('composed')).toEqual([{ kind: 'composed', request: 6, items: [{ keep: id }] }]);
  });

  it('is reported as a bug when a service rejects that must not', async () => {
    const bench = new Bench();
    await bench.platform.store.close();
    bench.answer = ({ kind }) => (kind === 'elapsed' ? [{ kind: 'store', request: 1, change: noChange }] : []);
    bench.driver.dispatch({ kind: 'elapsed' });
    await settled();
    expect(bench.platform.crashes).toMatchObject([{ name: 'StoreError', code: 'closed' }]);
  });
});

describe('links', () => {
  it('that are dialled are opened for the dial that asked', async () => {
    const bench = new Bench();
    const other = bench.room.transport('other');
    other.start({
      accepted: () => undefined,
      discovered: () => undefined,
      listening: () => undefined,
      problem: () => undefined,
    });
    bench.answer = ({ kind }) =>
      kind === 'elapsed' ? [{ kind: 'dial', dial: 9, address: 'room:other', timeoutMs: 100 }] : [];
    bench.driver.start();
    await settled();
    expect(bench.of('linkOpened')).toMatchObject([
      { dial: 9, dialled: true, address: 'room:other', remote: undefined },
    ]);
  });

  it.each([
    ['nobody is there', 'room:nobody'],
    ['nothing reaches it', 'other:address'],
  ])('cannot be dialled where %s', async (_, address) => {
    const bench = new Bench();
    bench.answer = ({ kind }) => (kind === 'elapsed' ? [{ kind: 'dial', dial: 9, address, timeoutMs: 100 }] : []);
    bench.driver.start();
    await settled();
    expect(bench.of('dialFailed')).toMatchObject([{ dial: 9 }]);
  });

  it('are dialled by the first transport that reaches the address', async () => {
    const room = new Room();
    const blind: Transport = {
      reaches: () => false,
      start: () => undefined,
      dial: () => Promise.reject(new LinkError('unsupported', 'it was not to be asked')),
      close: () => undefined,
    };
    const [first, second] = [room.transport('first'), room.transport('second')];
    const bench = new Bench({}, [blind, first, second]);
    bench.answer = ({ kind }) =>
      kind === 'elapsed' ? [{ kind: 'dial', dial: 1, address: 'room:x', timeoutMs: 1 }] : [];
    bench.driver.start();
    await settled();
    expect([first.dialled, second.dialled]).toEqual([['room:x'], []]);
  });

  it('that others opened are told with what comes on them, in order, and their end', async () => {
    const bench = new Bench();
    bench.driver.start();
    const [dialled, accepted] = linkPair('room:self');
    bench.transport.events?.accepted(accepted);
    dialled.send(Uint8Array.of(1));
    dialled.send(Uint8Array.of(2, 3));
    await settled();
    dialled.close('it had enough');
    await settled();
    const [opened] = bench.of('linkOpened');
    expect(opened).toMatchObject({ dial: undefined, dialled: false, carrier: 'memory' });
    expect(bench.of('received').map(({ link, bytes }) => [link, [...bytes]])).toEqual([
      [opened?.link, [1]],
      [opened?.link, [2, 3]],
    ]);
    expect(bench.of('closed')).toMatchObject([{ link: opened?.link }]);
  });

  it('send and close when effects say so, and tell what has drained', async () => {
    const bench = new Bench();
    bench.driver.start();
    const [, accepted] = linkPair('room:self');
    bench.answer = (event) => {
      if (event.kind === 'linkOpened') return [{ kind: 'send', link: event.link, bytes: Uint8Array.of(1, 2) }];
      if (event.kind === 'drained') return [{ kind: 'close', link: event.link, reason: 'enough' }];
      return event.kind === 'closed' ? [{ kind: 'send', link: event.link, bytes: Uint8Array.of(3) }] : [];
    };
    bench.transport.events?.accepted(accepted);
    await settled();
    expect(accepted.sent.map((bytes) => [...bytes])).toEqual([[1, 2]]);
    expect(bench.of('drained')).toMatchObject([{ bytes: 2 }]);
    expect(accepted.closedBecause).toBe('enough');
  });

  it('have ids that are never used twice', async () => {
    const bench = new Bench();
    bench.driver.start();
    for (let count = 0; count < 3; count++) {
      const [dialled, accepted] = linkPair('room:self');
      bench.transport.events?.accepted(accepted);
      dialled.close('over');
      await settled();
    }
    expect(new Set(bench.of('linkOpened').map(({ link }) => link)).size).toBe(3);
  });
});

describe('what transports tell', () => {
  it('reaches the machine and the user', () => {
    const bench = new Bench();
    bench.driver.start();
    bench.transport.events?.discovered(['room:a', 'room:b']);
    bench.transport.events?.problem('relay-unreachable', 'it is gone');
    expect(bench.of('discovered')).toEqual([{ kind: 'discovered', addresses: ['room:a', 'room:b'] }]);
    expect(bench.told).toContain('relay-unreachable');
  });
});

describe('a driver that stops', () => {
  it('ends links, transports, clock and store, and handles nothing any more', async () => {
    const bench = new Bench();
    bench.deadline = bench.platform.clock.time + 1;
    bench.driver.start();
    const [dialled, accepted] = linkPair('room:self');
    bench.transport.events?.accepted(accepted);
    await settled();
    const { length } = bench.events;
    await bench.driver.stop();
    dialled.send(Uint8Array.of(1));
    bench.driver.dispatch({ kind: 'elapsed' });
    const [, late] = linkPair('room:self');
    bench.transport.events?.accepted(late);
    await settled();
    expect(bench.events).toHaveLength(length);
    expect([accepted.closedBecause, late.closedBecause]).toEqual(['this peer closed', 'this peer closed']);
    expect([bench.transport.closes, bench.platform.clock.closed, bench.platform.clock.at]).toEqual([
      1,
      true,
      undefined,
    ]);
    await expect(bench.platform.store.blocks(0, 1, 1)).rejects.toMatchObject({ code: 'closed' });
    expect(bench.platform.crashes).toEqual([]);
  });

  it('while an event is handled has that one handled to its end, and what it raised', async () => {
    const store = new MemoryStore();
    const pending = new ChainMaker(1).pending();
    let stopped: Promise<void> | undefined;
    const bench = new Bench(
      {
        delivered: () => {
          bench.driver.dispatch({ kind: 'commanded', command: { kind: 'close' } });
          stopped = bench.driver.stop();
        },
      },
      [],
      store,
    );
    bench.answer = ({ kind }) => {
      if (kind === 'elapsed') return [changed];
      return kind === 'commanded'
        ? [{ kind: 'store', request: 1, change: { ...noChange, pendingAdded: [pending] } }]
        : [];
    };
    bench.driver.dispatch({ kind: 'elapsed' });
    await stopped;
    expect(bench.kinds()).toEqual(['elapsed', 'commanded']);
    expect((await new MemoryStore(store).open()).pending).toEqual([pending]);
    expect(bench.platform.crashes).toEqual([]);
  });
});
