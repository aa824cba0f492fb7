/**
 * A link over a data channel, from the moment its connection is begun (core/link.ts).
 */
import type { Milliseconds } from '../../core/config.ts';
import type { PublicKeyHex } from '../../core/crypto/keys.ts';
import { Inbox } from '../../core/inbox.ts';
import type { Link, LinkEvents } from '../../core/link.ts';
import { signaledAddress } from '../../core/network/addresses.ts';
import { inLaterTurn } from '../later-turn.ts';
import type { Timers } from '../timers.ts';
import type { Connection, DescriptionType } from './connection.ts';
import { SendQueue } from './send-queue.ts';

/** What was sent before the end is still carried, unless the other side takes it too slowly. */
const finishingMs: Milliseconds = 10_000;

export interface RtcLinkEvents {
  signal(type: DescriptionType | 'candidate', body: string): void;
  opened(): void;
  /** The connection is destroyed, whether it ever opened or not. */
  ended(reason: string): void;
}

export class RtcLink implements Link {
  readonly carrier = 'webrtc';
  readonly address: string;
  readonly dialled: boolean;
  readonly remote: PublicKeyHex;
  readonly connection: Connection;
  readonly #timers: Timers;
  readonly #events: RtcLinkEvents;
  readonly #inbox = new Inbox(inLaterTurn);
  #queue: SendQueue | undefined;
  /** Closed by this side while something still waited to be sent. */
  #finishing: string | undefined;

  /** @param connection nobody's yet */
  constructor(remote: PublicKeyHex, dialled: boolean, connection: Connection, timers: Timers, events: RtcLinkEvents) {
    this.remote = remote;
    this.address = signaledAddress(remote);
    this.dialled = dialled;
    this.#timers = timers;
    this.#events = events;
    this.connection = connection;
    connection.attach({
      signal: (type, body) => events.signal(type, body),
      opened: (channel) => this.#opened(channel),
      received: (bytes) => this.#received(bytes),
      low: () => this.#queue?.low(),
      ended: (reason) => this.#ended(reason),
    });
  }

  attach(events: LinkEvents): void {
    this.#inbox.attach(events);
  }

  send(bytes: Uint8Array): void {
    if (!this.#inbox.ended) this.#queue?.push(bytes);
  }

  close(reason: string): void {
    if (this.#inbox.ended) return;
    this.#inbox.close(reason);
    if (this.#queue === undefined || this.#queue.empty) {
      this.connection.finish(reason);
    } else {
      this.#finishing = reason;
      this.#timers.after(finishingMs, () => this.connection.destroy(reason));
    }
  }

  #opened(channel: ConstructorParameters<typeof SendQueue>[0]): void {
    this.#queue = new SendQueue(channel, this.#timers, {
      drained: (bytes) => this.#drained(bytes),
      failed: (reason) => this.connection.destroy(reason),
    });
    this.#events.opened();
  }

  #received(bytes: Uint8Array): void {
    if (!this.#inbox.received(bytes)) this.connection.destroy('too much came before anybody listened');
  }

  #drained(bytes: number): void {
    this.#inbox.drained(bytes);
    if (this.#finishing !== undefined && this.#queue?.empty) this.connection.finish(this.#finishing);
  }

  #ended(reason: string): void {
    this.#queue?.close();
    this.#inbox.end(reason);
    this.#events.ended(reason);
  }
}
