/**
 * A link over a WebSocket of the browser, whatever is behind it: a relay's own peer, or a TCP peer that the relay carries.
 *
 * A browser sends all that it is given and tells how much still waits, so credit is counted from that, by looking.
 */
import { Inbox } from '../../core/inbox.ts';
import type { Carrier, Link, LinkEvents } from '../../core/link.ts';
import { inLaterTurn } from '../later-turn.ts';
import type { Timers } from '../timers.ts';

/** Servers cap the length of a message, and a block may be longer. */
const cutBytes = 64 * 1024;
/** How often the browser is asked what still waits, while something does. */
const drainPollMs = 10;

export interface WebSocketRoute extends Pick<Link, 'address' | 'dialled'> {
  readonly carrier: Carrier & ('websocket' | 'bridge');
}

export class WebSocketLink implements Link {
  readonly remote = undefined;
  readonly carrier: Carrier;
  readonly address: string;
  readonly dialled: boolean;
  readonly #socket: WebSocket;
  readonly #timers: Timers;
  readonly #onEnded: (code: number) => void;
  readonly #inbox = new Inbox(inLaterTurn);
  /** Bytes handed to the browser for which no credit was given yet. */
  #outstanding = 0;
  #polling = false;

  /** @param socket open; nothing of the connection was read yet. Its listeners are this link's from now on */
  constructor(
    { carrier, address, dialled }: WebSocketRoute,
    socket: WebSocket,
    timers: Timers,
    onEnded: (code: number) => void,
  ) {
    this.carrier = carrier;
    this.address = address;
    this.dialled = dialled;
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
