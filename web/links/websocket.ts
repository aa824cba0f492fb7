/**
 * Links by WebSocket: from a tab to a relay's own peer, which tabs reach at `<relay>/peer/<network>`.
 *
 * The relay sees the session's ciphertext only (design.md, Links and addresses). A browser sends all that it is given
 * and tells how much still waits, so credit is counted from that, by looking. An origin that failed before is looked at
 * first (knock.ts). It discovers nobody.
 */
import type { Milliseconds } from '../../core/config.ts';
import { LinkError } from '../../core/errors.ts';
import { Inbox } from '../../core/inbox.ts';
import type { Link, LinkEvents, Transport } from '../../core/link.ts';
import { inLaterTurn } from '../later-turn.ts';
import type { Timers } from '../timers.ts';
import type { Knock } from './knock.ts';

/** Servers cap the length of a message, and a block may be longer. */
const cutBytes = 64 * 1024;
/** How often the browser is asked what still waits, while something does. */
const drainPollMs = 10;
/** How often an origin that did not answer is looked at while a dial waits for it. */
const knockAgainMs = 500;
/** RFC 6455, 7.4.1: the connection ended without a word. */
const diedCode = 1006;

export class WebSocketTransport implements Transport {
  readonly #timers: Timers;
  readonly #knock: Knock;
  readonly #open: (url: string) => WebSocket;
  readonly #links = new Set<WebSocketLink>();
  #closed = false;

  constructor(timers: Timers, knock: Knock, open: (url: string) => WebSocket = (url) => new WebSocket(url)) {
    this.#timers = timers;
    this.#knock = knock;
    this.#open = open;
  }

  reaches(address: string): boolean {
    return /^wss?:\/\//.test(address) && URL.canParse(address);
  }

  start(): void {}

  async dial(address: string, timeoutMs: Milliseconds): Promise<Link> {
    const deadline = performance.now() + timeoutMs;
    while (!(await this.#knock.answers(address))) {
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
        resolve(this.#linkOver(socket, address));
      };
      socket.onclose = () => {
        cancel();
        this.#knock.failed(address);
        reject(new LinkError('unreachable', `${address} cannot be reached`));
      };
    });
  }

  #linkOver(socket: WebSocket, address: string): Link {
    const link = new WebSocketLink(address, socket, this.#timers, (code) => {
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

class WebSocketLink implements Link {
  readonly carrier = 'websocket';
  readonly dialled = true;
  readonly remote = undefined;
  readonly address: string;
  readonly #socket: WebSocket;
  readonly #timers: Timers;
  readonly #onEnded: (code: number) => void;
  readonly #inbox = new Inbox(inLaterTurn);
  /** Bytes handed to the browser for which no credit was given yet. */
  #outstanding = 0;
  #polling = false;

  constructor(address: string, socket: WebSocket, timers: Timers, onEnded: (code: number) => void) {
    this.address = address;
    this.#onEnded = onEnded;
    this.#socket = socket;
    this.#timers = timers;
    socket.onmessage = ({ data }) => this.#received(data);
    socket.onclose = ({ code, reason }) => this.#ended(code, reason);
  }

  attach(events: LinkEvents): void {
    this.#inbox.attach(events);
  }

  send(bytes: Uint8Array): void {
    if (this.#inbox.ended || bytes.length === 0) return;
    for (let start = 0; start < bytes.length; start += cutBytes) {
      // On a socket that is closing this does nothing; its end is about to be told.
      this.#socket.send(bytes.subarray(start, start + cutBytes) as Uint8Array<ArrayBuffer>);
    }
    this.#outstanding += bytes.length;
    if (this.#polling) return;
    this.#polling = true;
    inLaterTurn(() => this.#poll());
  }

  close(reason: string): void {
    this.#inbox.close(reason);
    // The browser first sends what it was given.
    this.#socket.close(1000);
  }

  #received(data: unknown): void {
    const fits = data instanceof ArrayBuffer && this.#inbox.received(new Uint8Array(data));
    if (!fits) this.close('the other side sent what no peer sends');
  }

  #ended(code: number, reason: string): void {
    this.#inbox.end(`the connection closed (${code}${reason && `, ${reason}`})`);
    this.#onEnded(code);
  }

  #poll(): void {
    const drained = this.#outstanding - this.#socket.bufferedAmount;
    if (drained > 0) {
      this.#outstanding -= drained;
      this.#inbox.drained(drained);
    }
    this.#polling = this.#outstanding > 0 && !this.#inbox.ended;
    if (this.#polling) this.#timers.after(drainPollMs, () => this.#poll());
  }
}
