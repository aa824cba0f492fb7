/**
 * Connections that have not shown yet what they are for: half a request, an upgrade without a join, a browser between two
 * files. They cost a client nothing and the relay a place each, so there is a number of places, in all and for each
 * address: past it those that have been waited for longest are hung up on, and who comes last finds a place.
 *
 * Nobody goes who had no time to speak, for when a relay begins again all its tabs come at once. A connection that is being
 * answered goes only when there is no other. Loopback has no limit of its own: a server in front of the relay may be there.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { sourceOf } from '../core/network/addresses.ts';
import { remoteAddress } from './links/tcp-transport.ts';

/** A request is some hundred bytes: whoever takes longer for it holds a place on purpose, or has a line that is dead. */
export const requestTimes = { headersTimeout: 10_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };
/** What was asked for and is not taken. */
const takeWithinMs = 20_000;

export interface LobbyLimits {
  readonly most: number;
  readonly mostOfOneSource: number;
}

/** One address may be that of an office. */
export const lobbyLimits: LobbyLimits = { most: 4_096, mostOfOneSource: 256 };
const sweepMs = 1_000;
/** Counted in sweeps and not by a clock, for a process that is late has not listened meanwhile. */
const leastSweeps = 3;

/** What is needed of a socket. It is known by the address at its other end, which TLS around it has too. */
export type Visitor = Pick<Socket, 'remoteAddress' | 'remotePort' | 'destroy'>;

export class Lobby {
  readonly #limits: LobbyLimits;
  readonly #all = new Line();
  readonly #bySource = new Map<string, Line>();
  readonly #places = new Map<string, Place>();
  #sweeps = 0;

  constructor(limits: LobbyLimits = lobbyLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Whoever connects to this server comes in here, and is waited for, answered, or gone. */
  watch(server: Server): void {
    const lobby = this;
    // One listener for all of them: ten thousand closures are a megabyte.
    const left = function (this: Socket): void {
      lobby.leave(this);
    };
    const sweeping = setInterval(() => this.sweep(), sweepMs).unref();
    server.on('close', () => clearInterval(sweeping));
    server.on('connection', (socket: Socket) => {
      this.enter(socket);
      socket.on('close', left);
    });
    server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.answered(socket);
      response.setTimeout(takeWithinMs);
      response.once('close', () => this.waits(socket));
    });
  }

  /** Of many from one address the first goes at once. */
  enter(visitor: Visitor): void {
    const address = remoteAddress(visitor);
    // Gone before it was looked at.
    if (address === undefined) return void visitor.destroy();
    const source = sourceOf(address);
    const own = source === undefined ? undefined : this.#bySource.get(source);
    if (own !== undefined && own.size >= this.#limits.mostOfOneSource) this.#sendAway(own.first);
    this.leave(visitor);
    this.#places.set(address, { visitor, source, since: this.#sweeps });
    this.waits(visitor);
  }

  /** Once a second: those that are too many go. */
  sweep(): void {
    this.#sweeps++;
    for (let first = this.#all.first; first !== undefined && this.size > this.#limits.most; first = this.#all.first) {
      if (this.#sweeps - first.since < leastSweeps) return;
      this.#sendAway(first);
    }
  }

  /** It has asked for something, and is sent it. Does nothing when it is not here (any more), like the next two. */
  answered(visitor: Visitor): void {
    this.#move(visitor, (line, place) => line.answered(place));
  }

  /** It has what it asked for: the next word is its own. */
  waits(visitor: Visitor): void {
    this.#move(visitor, (line, place) => line.waits(place));
  }

  /** It has gone, or has shown what it is for. */
  leave(visitor: Visitor): void {
    const address = remoteAddress(visitor) ?? '';
    const source = this.#places.get(address)?.source;
    this.#move(visitor, (line, place) => line.delete(place));
    this.#places.delete(address);
    if (source !== undefined && this.#bySource.get(source)?.size === 0) this.#bySource.delete(source);
  }

  #sendAway(place: Place | undefined): void {
    if (place === undefined) return;
    this.leave(place.visitor);
    place.visitor.destroy();
  }

  #move(visitor: Visitor, move: (line: Line, place: Place) => void): void {
    const place = this.#places.get(remoteAddress(visitor) ?? '');
    if (place === undefined) return;
    place.since = this.#sweeps;
    move(this.#all, place);
    if (place.source !== undefined) move(this.#lineOf(place.source), place);
  }

  #lineOf(source: string): Line {
    const line = this.#bySource.get(source) ?? new Line();
    this.#bySource.set(source, line);
    return line;
  }
}

interface Place {
  readonly visitor: Visitor;
  /** Whose limit it counts for; undefined where there is none. */
  readonly source: string | undefined;
  /** The sweep after which it began to be waited for, or answered. */
  since: number;
}

/** In the order in which they go. */
class Line {
  /** Since when they have been waited for, the longest first. */
  readonly #waiting = new Set<Place>();
  readonly #answered = new Set<Place>();

  get size(): number {
    return this.#waiting.size + this.#answered.size;
  }

  get first(): Place | undefined {
    for (const places of [this.#waiting, this.#answered]) for (const place of places) return place;
    return undefined;
  }

  waits(place: Place): void {
    this.delete(place);
    this.#waiting.add(place);
  }

  answered(place: Place): void {
    this.delete(place);
    this.#answered.add(place);
  }

  delete(place: Place): void {
    this.#waiting.delete(place);
    this.#answered.delete(place);
  }
}
