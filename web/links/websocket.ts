/**
 * Links by WebSocket: from a tab to a relay's own peer, which tabs reach at `<relay>/peer/<network>`.
 *
 * The relay sees the session's ciphertext only (design.md, Links and addresses). An origin that failed before is looked at
 * first (knock.ts). It discovers nobody. A tab that may only go by its relay's proxy dials that relay and no other.
 */
import type { Milliseconds } from '../../core/config.ts';
import { LinkError } from '../../core/errors.ts';
import type { Link, Transport, TransportEvents } from '../../core/link.ts';
import type { Timers } from '../timers.ts';
import type { Knock } from './knock.ts';
import { WebSocketLink } from './websocket-link.ts';

/** How often an origin that did not answer is looked at while a dial waits for it. */
const knockAgainMs = 500;
/** RFC 6455, 7.4.1: the connection ended without a word. */
const diedCode = 1006;

export class WebSocketTransport implements Transport {
  readonly #timers: Timers;
  readonly #knock: Knock;
  readonly #open: (url: string) => WebSocket;
  readonly #only: string | undefined;
  readonly #links = new Set<WebSocketLink>();
  #events: TransportEvents | undefined;
  #closed = false;

  /** @param only the origin that may be dialled, `ws://…` or `wss://…`; undefined: any */
  constructor(
    timers: Timers,
    knock: Knock,
    open: (url: string) => WebSocket = (url) => new WebSocket(url),
    only: string | undefined = undefined,
  ) {
    this.#timers = timers;
    this.#knock = knock;
    this.#open = open;
    this.#only = only;
  }

  reaches(address: string): boolean {
    if (!/^wss?:\/\//.test(address) || !URL.canParse(address)) return false;
    return this.#only === undefined || new URL(address).origin === this.#only;
  }

  start(events: TransportEvents): void {
    this.#events = events;
  }

  async dial(address: string, timeoutMs: Milliseconds): Promise<Link> {
    const deadline = performance.now() + timeoutMs;
    while (!(await this.#knock.answers(address))) {
      this.#tellProblem(`The relay ${this.#only} cannot be reached.`);
      if (performance.now() + knockAgainMs > deadline) throw new LinkError('timed-out', `${address} does not answer`);
      await new Promise<void>((resolve) => this.#timers.after(knockAgainMs, resolve));
    }
    if (this.#closed) throw new LinkError('closed', 'the peer is closed');
    return await this.#linked(address, deadline - performance.now());
  }

  close(): void {
    this.#closed = true;
    for (const link of [...this.#links]) link.close('the peer was closed');
  }

  #linked(address: string, timeoutMs: Milliseconds): Promise<Link> {
    return new Promise((resolve, reject) => {
      const socket = this.#opened(address);
      const cancel = this.#timers.after(timeoutMs, () => {
        // Closing a socket that still connects makes noise in the console, so it is closed when it opens.
        socket.onopen = () => socket.close();
        reject(new LinkError('timed-out', `${address} does not answer`));
      });
      socket.onopen = () => {
        cancel();
        this.#knock.opened(address);
        this.#tellProblem(undefined);
        resolve(this.#linkOver(socket, address));
      };
      socket.onclose = () => {
        cancel();
        this.#knock.failed(address);
        this.#tellProblem(`The relay ${this.#only} cannot be reached.`);
        reject(new LinkError('unreachable', `${address} cannot be reached`));
      };
    });
  }

  /** Where only the relay may be dialled nothing else tells of it (relay-signaling.ts). */
  #tellProblem(message: string | undefined): void {
    if (this.#only !== undefined) this.#events?.problem('relay-unreachable', message);
  }

  #linkOver(socket: WebSocket, address: string): Link {
    const route = { carrier: 'websocket', address, dialled: true } as const;
    const link = new WebSocketLink(route, socket, this.#timers, (code) => {
      this.#links.delete(link);
      if (code === diedCode) this.#knock.failed(address);
    });
    this.#links.add(link);
    return link;
  }

  /** @throws LinkError when the page may not go there */
  #opened(address: string): WebSocket {
    try {
      const socket = this.#open(address);
      socket.binaryType = 'arraybuffer';
      return socket;
    } catch (error) {
      throw new LinkError('refused', `this page may not connect to ${address}`, { cause: error });
    }
  }
}
