/**
 * TCP ports that a relay lends to tabs: each listens for one tab, for as long as the tab is there.
 *
 * A tab that comes back, reloaded or after the network was gone, gets the port it had, if nobody else has it: others may
 * have been told of it. Who comes when a tab has not taken the last ones up is hung up on.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Refusal } from './refusal.ts';

/** Inclusive. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export interface Lease {
  readonly port: number;
  /** The port listens no more; connections that were handed over stay. */
  close(): void;
}

/** Holders whose last port is remembered. */
const mostRemembered = 4_096;
/** Connections of one port at once; more neighbours a tab does not have. */
const mostConnections = 64;
/** Ports of the range that are tried: another program may have some. */
const mostTries = 16;

export class Ports {
  readonly #host: string;
  readonly #range: PortRange | undefined;
  readonly #servers = new Map<number, Server>();
  /** Oldest first. */
  readonly #remembered = new Map<string, number>();

  /** @param range undefined: the system chooses */
  constructor(host: string, range: PortRange | undefined) {
    this.#host = host;
    this.#range = range;
  }

  get open(): number {
    return this.#servers.size;
  }

  /**
   * @param holder by whom the port is remembered
   * @throws Refusal `no-port`
   */
  async lease(holder: string, dialled: (socket: Socket) => void): Promise<Lease> {
    for (const port of this.#candidates(holder)) {
      const server = await this.#listen(port, dialled);
      if (server === undefined) continue;
      const { port: bound } = server.address() as AddressInfo;
      this.#servers.set(bound, server);
      this.#remember(holder, bound);
      return { port: bound, close: () => this.#close(bound, server) };
    }
    throw new Refusal('no-port');
  }

  close(): void {
    for (const [port, server] of [...this.#servers]) this.#close(port, server);
  }

  /** The one it had first, then those that nobody has had lately. */
  #candidates(holder: string): number[] {
    const remembered = this.#remembered.get(holder);
    const first = remembered === undefined || this.#servers.has(remembered) ? [] : [remembered];
    if (this.#range === undefined) return [...first, 0];
    const { from, to } = this.#range;
    const had = new Set(this.#remembered.values());
    const free = Array.from({ length: to - from + 1 }, (_, place) => from + place).filter(
      (port) => !this.#servers.has(port),
    );
    const fresh = free.filter((port) => !had.has(port));
    const others = [...this.#remembered.values()].filter((port) => free.includes(port));
    return [...first, ...fresh, ...others].slice(0, mostTries);
  }

  async #listen(port: number, dialled: (socket: Socket) => void): Promise<Server | undefined> {
    const server = createServer(dialled);
    server.maxConnections = mostConnections;
    try {
      server.listen(port, this.#host);
      await once(server, 'listening');
    } catch {
      return undefined;
    }
    // Of a socket that could not be accepted; the port goes on listening.
    server.on('error', () => undefined);
    return server;
  }

  #close(port: number, server: Server): void {
    if (this.#servers.get(port) !== server) return;
    this.#servers.delete(port);
    server.close();
  }

  #remember(holder: string, port: number): void {
    this.#remembered.delete(holder);
    this.#remembered.set(holder, port);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > mostRemembered && oldest !== undefined) this.#remembered.delete(oldest);
  }
}
