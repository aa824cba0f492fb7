/**
 * Platforms in one process: a clock that a test moves, a store in memory, links that are two ends of one queue.
 *
 * For tests of the driver and of the public peer. Whole networks are the simulator's.
 */
import { setImmediate } from 'node:timers/promises';
import { LinkError } from '../../core/errors.ts';
import type { Link, LinkEvents, Transport, TransportEvents } from '../../core/link.ts';
import type { Clock, Platform } from '../../core/platform.ts';
import { MemoryStore } from '../../core/storage/memory.ts';
import type { Store } from '../../core/storage/store.ts';
import { Author } from './author.ts';
import { fakeCurve, fakeVerify } from './fake-curve.ts';
import { Seeded } from './seeded.ts';

/** Stands still until it is moved. */
export class StillClock implements Clock {
  time = 1_700_000_000_000;
  closed = false;
  wakes = 0;
  #at: number | undefined;
  #callback: () => void = () => undefined;

  get at(): number | undefined {
    return this.#at;
  }

  now(): number {
    return this.time;
  }

  wake(at: number | undefined, callback: () => void): void {
    this.#at = at;
    this.#callback = callback;
  }

  close(): void {
    this.closed = true;
    this.#at = undefined;
  }

  /** Calls back if the time has come. @returns whether it had */
  fire(): boolean {
    if (this.#at === undefined || this.#at > this.time) return false;
    this.#at = undefined;
    this.wakes++;
    this.#callback();
    return true;
  }
}

/** One end of a link in memory. */
export class MemoryLink implements Link {
  readonly carrier = 'memory';
  readonly remote = undefined;
  readonly address: string;
  readonly dialled: boolean;
  closedBecause: string | undefined;
  readonly sent: Uint8Array[] = [];
  other: MemoryLink | undefined;
  #events: LinkEvents | undefined;
  #early: (() => void)[] = [];

  constructor(address: string, dialled: boolean) {
    this.address = address;
    this.dialled = dialled;
  }

  attach(events: LinkEvents): void {
    this.#events = events;
    for (const event of this.#early.splice(0)) queueMicrotask(event);
  }

  send(bytes: Uint8Array): void {
    if (this.closedBecause !== undefined) return;
    this.sent.push(bytes);
    this.other?.happens((events) => events.received(bytes));
    this.happens((events) => events.drained(bytes.length));
  }

  close(reason: string): void {
    if (this.closedBecause !== undefined) return;
    this.closedBecause = reason;
    this.happens((events) => events.closed(reason));
    this.other?.happens(() => this.other?.close('the other end closed'));
  }

  /** In a later turn, as the seam says. */
  happens(event: (events: LinkEvents) => void): void {
    const run = () => {
      if (this.#events !== undefined) event(this.#events);
    };
    if (this.#events === undefined) this.#early.push(run);
    else queueMicrotask(run);
  }
}

export function linkPair(address: string, from = 'a dialler'): [MemoryLink, MemoryLink] {
  const [dialled, accepted] = [new MemoryLink(address, true), new MemoryLink(from, false)];
  dialled.other = accepted;
  accepted.other = dialled;
  return [dialled, accepted];
}

/** Everybody in it reaches everybody else as `room:<name>`. */
export class Room {
  readonly #transports = new Map<string, RoomTransport>();

  transport(name: string): RoomTransport {
    const transport = new RoomTransport(name, this);
    this.#transports.set(`room:${name}`, transport);
    return transport;
  }

  at(address: string): RoomTransport | undefined {
    return this.#transports.get(address);
  }
}

export class RoomTransport implements Transport {
  readonly name: string;
  readonly dialled: string[] = [];
  readonly links: MemoryLink[] = [];
  events: TransportEvents | undefined;
  closes = 0;
  readonly #room: Room;

  constructor(name: string, room: Room) {
    this.name = name;
    this.#room = room;
  }

  reaches(address: string): boolean {
    return address.startsWith('room:');
  }

  start(events: TransportEvents): void {
    this.events = events;
  }

  async dial(address: string): Promise<Link> {
    this.dialled.push(address);
    const other = this.#room.at(address);
    if (other?.events === undefined || other.closes > 0) throw new LinkError('unreachable', `nobody is at ${address}`);
    const [dialled, accepted] = linkPair(address, `room:${this.name}`);
    this.links.push(dialled);
    other.links.push(accepted);
    other.events.accepted(accepted);
    return dialled;
  }

  close(): void {
    this.closes++;
  }
}

export interface TestPlatform extends Platform {
  readonly clock: StillClock;
  readonly crashes: unknown[];
}

export interface PlatformOptions {
  readonly self?: Author;
  readonly clock?: StillClock;
  readonly store?: Store;
  readonly transports?: readonly Transport[];
  readonly leftPending?: readonly Uint8Array[];
}

export function testPlatform({
  self = new Author(1),
  clock = new StillClock(),
  store = new MemoryStore(),
  transports = [],
  leftPending = [],
}: PlatformOptions = {}): TestPlatform {
  const crashes: unknown[] = [];
  return {
    clock,
    random: new Seeded(self.secret[0] ?? 0).random,
    secret: self.secret,
    curve: fakeCurve,
    verifier: { verify: async (checks) => fakeVerify(checks) },
    store,
    transports,
    leftPending,
    crashed: (error) => crashes.push(error),
    crashes,
  };
}

/** Until nothing happens any more without the clock. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await setImmediate();
}

/** Moves the clocks together, waking each at its deadline, until the condition holds or the time is over. */
export async function pass(clocks: readonly StillClock[], milliseconds: number, until = () => false): Promise<void> {
  const [first] = clocks;
  if (first === undefined) return;
  const end = first.time + milliseconds;
  await settled();
  while (!until()) {
    const next = Math.min(...clocks.map(({ at }) => at ?? Number.POSITIVE_INFINITY));
    const time = Math.max(first.time, Math.min(next, end));
    for (const clock of clocks) clock.time = time;
    const fired = clocks.filter((clock) => clock.fire());
    await settled();
    if (fired.length === 0 && time >= end) return;
  }
}
