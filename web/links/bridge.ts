/**
 * Links to TCP peers by way of a relay, which carries bytes that it cannot read (docs/protocol.md, Bridge).
 *
 * Dials `host:port`, and if asked to has the relay lend this tab a port by which others dial it. What the tab is not told
 * of it does not know: the relay says of what cannot be reached only that no peer answers there. It discovers nobody.
 */
import type { Milliseconds } from '../../core/config.ts';
import { LinkError } from '../../core/errors.ts';
import type { Link, Transport, TransportEvents } from '../../core/link.ts';
import { hostAndPort, signaledKey, unreachableAddress } from '../../core/network/addresses.ts';
import type { Random } from '../../core/random.ts';
import { randomBelow } from '../../core/random.ts';
import type { Timers } from '../timers.ts';
import { BridgeDoor, type Surroundings, type Visit } from './bridge-door.ts';
import type { RelayAddress } from './relay-address.ts';
import type { Party } from './seals.ts';
import { WebSocketLink } from './websocket-link.ts';

export interface BridgeWishes {
  /** What is dialled goes by the relay's proxy or not at all. */
  readonly byProxy: boolean;
  /** A port of one's own. */
  readonly port: boolean;
}

/** A relay lends a port within a round trip or two; who is greeted before is told that nobody can dial us. */
const portExpectedMs: Milliseconds = 3_000;
/** Sockets at the door at once: what is dialled, the port, and who has dialled it. */
const mostVisits = 16;
const takeMs: Milliseconds = 5_000;
const firstPauseMs: Milliseconds = 250;
const longestPauseMs: Milliseconds = 30_000;
const problemCode = 'no-port';

export class BridgeTransport implements Transport {
  readonly #door: BridgeDoor;
  readonly #timers: Timers;
  readonly #random: Random;
  readonly #wishes: BridgeWishes;
  readonly #links = new Set<Link>();
  readonly #visits = new Set<Visit>();
  /** The first answer to the wish for a port has come, whatever it is. */
  readonly #answered: Promise<void>;
  #answer: () => void = () => undefined;
  #pauseMs = firstPauseMs;
  #cancelPause: () => void = () => undefined;
  #closed = false;

  constructor(relay: RelayAddress, party: Promise<Party>, surroundings: Surroundings, wishes: BridgeWishes) {
    this.#door = new BridgeDoor(relay, party, surroundings);
    this.#timers = surroundings.timers;
    this.#random = surroundings.random;
    this.#wishes = wishes;
    this.#answered = new Promise((resolve) => {
      this.#answer = resolve;
    });
    if (!wishes.port) this.#answer();
  }

  reaches(address: string): boolean {
    if (address === unreachableAddress || signaledKey(address) !== undefined) return false;
    return (hostAndPort(address)?.port ?? 0) > 0;
  }

  start(events: TransportEvents): void {
    if (!this.#wishes.port) return;
    this.#timers.after(portExpectedMs, this.#answer);
    this.#lease(events);
  }

  async dial(address: string, timeoutMs: Milliseconds): Promise<Link> {
    const deadline = performance.now() + timeoutMs;
    // Whoever is greeted learns from the greeting where we can be dialled.
    await this.#answered;
    if (this.#closed) throw new LinkError('closed', 'the peer is closed');
    const { byProxy } = this.#wishes;
    return await new Promise((resolve, reject) => {
      const visit = this.#visit({ kind: 'dial', target: address, byProxy }, deadline - performance.now(), {
        opened: (socket) => resolve(this.#linked(visit, socket, address, true)),
        ended: (reason, isRefused) => {
          this.#visits.delete(visit);
          reject(new LinkError(isRefused ? 'refused' : 'unreachable', `${address}: ${reason}`));
        },
      });
    });
  }

  close(): void {
    this.#closed = true;
    this.#cancelPause();
    for (const visit of [...this.#visits]) visit.end();
    for (const link of [...this.#links]) link.close('the peer was closed');
  }

  /** For as long as the peer is open, again whenever the relay was gone. */
  #lease(events: TransportEvents): void {
    const visit = this.#visit({ kind: 'lease' }, undefined, {
      told: (message) => {
        if (message.kind === 'called') return this.#take(message.ticket, message.from, events);
        // It goes into greetings, and one that is none ends a reference peer's connection.
        if (hostAndPort(message.address) === undefined) return visit.fail();
        this.#pauseMs = firstPauseMs;
        events.problem(problemCode, undefined);
        events.listening(message.address);
        this.#answer();
      },
      ended: (reason) => {
        this.#visits.delete(visit);
        if (this.#closed) return;
        events.listening(undefined);
        events.problem(problemCode, `Others cannot dial this tab: ${reason}.`);
        this.#answer();
        // Tabs that lost their relay at the same moment do not all come back at the same moment.
        const pauseMs = this.#pauseMs * (0.75 + randomBelow(this.#random, 500) / 1_000);
        this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
        this.#cancelPause = this.#timers.after(pauseMs, () => this.#lease(events));
      },
    });
  }

  /** Somebody has dialled our port. */
  #take(ticket: Uint8Array, from: string, events: TransportEvents): void {
    if (this.#visits.size >= mostVisits) return;
    const visit = this.#visit({ kind: 'take', ticket }, takeMs, {
      opened: (socket) => events.accepted(this.#linked(visit, socket, from, false)),
      ended: () => this.#visits.delete(visit),
    });
  }

  #visit(...wish: Parameters<BridgeDoor['visit']>): Visit {
    const visit = this.#door.visit(...wish);
    this.#visits.add(visit);
    return visit;
  }

  #linked(visit: Visit, socket: WebSocket, address: string, dialled: boolean): Link {
    this.#visits.delete(visit);
    const link = new WebSocketLink({ carrier: 'bridge', address, dialled }, socket, this.#timers, () => {
      this.#links.delete(link);
    });
    this.#links.add(link);
    return link;
  }
}
