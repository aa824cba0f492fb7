/**
 * TCP as a way to reach others: dials `host:port`, directly or through a SOCKS5 proxy, and listens.
 *
 * Listening begins when the transport is opened, so that a taken port is known before a peer is there; who dials before
 * the peer starts waits. How many may be silent, and how many may come from one address, is the core's to say
 * (core/network/links.ts); here stands only a cap on all sockets. `127.0.0.1:1` and names that lead nowhere are never
 * dialled (core/network/addresses.ts), nor is an onion address without a proxy: it would be looked up (RFC 7686).
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { Milliseconds } from '../../core/config.ts';
import { LinkError } from '../../core/errors.ts';
import type { Link, Transport, TransportEvents } from '../../core/link.ts';
import { type HostAndPort, hostAndPort, unreachableAddress } from '../../core/network/addresses.ts';
import { openThroughProxy } from './proxy.ts';
import { openSocket, TcpLink } from './tcp.ts';

export interface TcpOptions {
  /** Port 0: the system chooses. */
  readonly listen: HostAndPort | undefined;
  /** A SOCKS5 proxy for all that is dialled. */
  readonly proxy: HostAndPort | undefined;
}

/** Sockets that others opened; who comes when all are taken is closed at once. */
export const mostAccepted = 1_024;
const problemCode = 'not-accepting';

export class TcpTransport implements Transport {
  readonly #proxy: HostAndPort | undefined;
  readonly #dials = new Set<AbortController>();
  /** Accepted before there was anybody to tell. */
  readonly #early = new Set<Link>();
  #server: Server | undefined;
  #events: TransportEvents | undefined;
  #problem: string | undefined;
  #closed = false;

  private constructor(proxy: HostAndPort | undefined) {
    this.#proxy = proxy;
  }

  /** @throws Error with code `EADDRINUSE` and others of Node's `listen` */
  static async open({ listen, proxy }: TcpOptions): Promise<TcpTransport> {
    const transport = new TcpTransport(proxy);
    if (listen !== undefined) await transport.#listen(listen);
    return transport;
  }

  /** Where it listens, when it does. */
  get port(): number | undefined {
    return (this.#server?.address() as AddressInfo | null | undefined)?.port;
  }

  reaches(address: string): boolean {
    return this.#targetOf(address) !== undefined;
  }

  start(events: TransportEvents): void {
    this.#events = events;
    if (this.#problem !== undefined) events.problem(problemCode, this.#problem);
    for (const link of this.#early) events.accepted(link);
    this.#early.clear();
  }

  async dial(address: string, timeoutMs: Milliseconds): Promise<Link> {
    if (this.#closed) throw closed();
    const target = this.#targetOf(address);
    if (target === undefined) throw new LinkError('unsupported', `${address} is not dialled by TCP`);
    const dial = new AbortController();
    const { signal } = dial;
    const late = new LinkError('timed-out', `${address} does not answer`);
    const timer = setTimeout(() => dial.abort(late), timeoutMs);
    this.#dials.add(dial);
    try {
      const socket = await this.#open(target, timeoutMs, signal);
      signal.throwIfAborted();
      return new TcpLink(socket, address, true);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof LinkError)) throw error;
      throw new LinkError(error.code, `${address}: ${error.message}`, { cause: error });
    } finally {
      clearTimeout(timer);
      this.#dials.delete(dial);
    }
  }

  /** The port is free again at once. Links that were handed over stay. */
  close(): void {
    this.#closed = true;
    this.#server?.close();
    for (const link of this.#early) link.close('this peer closed');
    for (const dial of this.#dials) dial.abort(closed());
  }

  async #listen({ host, port }: HostAndPort): Promise<void> {
    const server = createServer((socket) => this.#accept(socket));
    server.maxConnections = mostAccepted;
    server.listen(port, host);
    await once(server, 'listening');
    server.on('error', (error) => this.#tellProblem(`No connection could be accepted: ${error.message}`));
    this.#server = server;
  }

  #accept(socket: Socket): void {
    const address = remoteAddress(socket);
    // Gone before it was looked at.
    if (address === undefined) return void socket.destroy();
    this.#tellProblem(undefined);
    const link = new TcpLink(socket, address, false);
    if (this.#events !== undefined) return this.#events.accepted(link);
    this.#early.add(link);
    socket.once('close', () => this.#early.delete(link));
  }

  #tellProblem(message: string | undefined): void {
    if (message === this.#problem) return;
    this.#problem = message;
    this.#events?.problem(problemCode, message);
  }

  #open(target: HostAndPort, timeoutMs: Milliseconds, signal: AbortSignal): Promise<Socket> {
    if (this.#proxy === undefined) return openSocket(target, timeoutMs, signal);
    return openThroughProxy(this.#proxy, target, timeoutMs, signal);
  }

  /** Undefined when it is not for us to dial. */
  #targetOf(address: string): HostAndPort | undefined {
    const target = hostAndPort(address);
    if (target === undefined || target.port === 0 || address === unreachableAddress) return undefined;
    if (address.startsWith('[')) return isIPv6(target.host) ? target : undefined;
    const [, ending] = /\.([a-z]+)\.?$/i.exec(target.host) ?? [];
    const leadsNowhere = ending?.toLowerCase() === 'invalid';
    const isHidden = ending?.toLowerCase() === 'onion';
    return leadsNowhere || (isHidden && this.#proxy === undefined) ? undefined : target;
  }
}

/** `host:port` of the other end, an IPv4 address as one where the socket speaks IPv6; undefined when it is gone. */
export function remoteAddress(socket: Pick<Socket, 'remoteAddress' | 'remotePort'>): string | undefined {
  const { remoteAddress: ip, remotePort: port } = socket;
  if (ip === undefined || port === undefined) return undefined;
  const plain = ip.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`;
}

function closed(): LinkError {
  return new LinkError('closed', 'this peer is closed');
}
