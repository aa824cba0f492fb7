/**
 * Finds sockets whose other end is gone without a word: each is pinged once in an interval, and one that has not answered
 * by its next ping is hung up on (field-notes: sockets that linger after the network went).
 *
 * Not all at the same moment: ten thousand pings and their answers are half a second in which no signal is passed on.
 */
import type { Milliseconds } from '../core/config.ts';

export const heartbeatMs = 30_000;
/** Parts of an interval: of 12,000 sockets, 100 are pinged at a time, in some 2 ms. */
const parts = 120;

/** What is needed of a socket of `ws`. */
export interface PingedSocket {
  ping(): void;
  once(event: 'pong', listener: () => void): unknown;
  terminate(): void;
}

interface PingedServer {
  /** In the order in which they came. */
  readonly clients: ReadonlySet<PingedSocket>;
}

/** @returns what ends it */
export function keepHeartbeat(servers: readonly PingedServer[], intervalMs: Milliseconds = heartbeatMs): () => void {
  const rounds = new Rounds(servers);
  const timer = setInterval(() => rounds.go(), intervalMs / parts);
  timer.unref();
  return () => clearInterval(timer);
}

/** Walks along the sockets, in each interval from the first that are there then to the last. */
class Rounds {
  readonly #servers: readonly PingedServer[];
  /** When each that has not answered was pinged, in parts. */
  readonly #silent = new WeakMap<PingedSocket, number>();
  #part = 0;
  #round: Iterator<PingedSocket> = [][Symbol.iterator]();
  #left = 0;

  constructor(servers: readonly PingedServer[]) {
    this.#servers = servers;
  }

  /** Who comes during a round is pinged in the next: a round has as much to do at its end as at its beginning. */
  go(): void {
    const partsGone = this.#part % parts;
    if (partsGone === 0) {
      this.#round = this.#sockets();
      this.#left = this.#servers.reduce((sum, { clients }) => sum + clients.size, 0);
    }
    const due = Math.ceil(this.#left / (parts - partsGone));
    this.#left -= due;
    for (let i = 0; i < due; i++) {
      const next = this.#round.next();
      if (next.done === true) break;
      this.#beat(next.value);
    }
    this.#part++;
  }

  *#sockets(): Generator<PingedSocket> {
    for (const { clients } of this.#servers) yield* clients;
  }

  #beat(socket: PingedSocket): void {
    const pinged = this.#silent.get(socket);
    if (pinged === undefined) {
      this.#silent.set(socket, this.#part);
      socket.once('pong', () => this.#silent.delete(socket));
      socket.ping();
    } else if (this.#part - pinged > parts / 2) {
      // Else many before it have gone meanwhile, and its turn has come sooner than it can be blamed for.
      socket.terminate();
    }
  }
}
