/**
 * What waits to be sent on one link: in order, bounded, within the credit that the link has given.
 *
 * Over 1 MiB or 256 messages the oldest that may be dropped (KeepAlive, ShareData) is dropped (spec/safety.md, Frames
 * and sessions). Of blocks just made only the newest few wait: a later one makes the other side ask for those before
 * it. Requested blocks are not queued at all; `serving.ts` reads them from the store as the link drains. Messages wait
 * plain and are sealed when they leave, for a frame that is sealed must be sent.
 */
import type { Milliseconds } from '../config.ts';

export type Urgency =
  /** Said again by itself: a KeepAlive, or shared data that others pass on too. */
  | 'droppable'
  /** A block just made. Its bytes are shared with every other link that waits for it. */
  | 'block'
  | 'kept';

interface Waiting {
  readonly urgency: Urgency;
  readonly payload: Uint8Array;
}

/** Bytes handed to the link and not yet drained; more would only lengthen its own buffer. */
export const windowBytes = 256 * 1024;
const mostBytes = 1024 * 1024;
const mostMessages = 256;
const mostBlocks = 64;
/** A link that takes nothing for so long is closed (spec/safety.md, Frames and sessions). */
export const stalledMs = 30_000;

export class Outbox {
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #unacknowledged = 0;
  #progressAt: Milliseconds;

  constructor(now: Milliseconds) {
    this.#progressAt = now;
  }

  /** Messages that wait. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Nothing waits and there is credit: the time to read more from the store. */
  get idle(): boolean {
    return this.#waiting.length === 0 && this.#unacknowledged < windowBytes;
  }

  /** When the link counts as stalled; undefined while nothing is under way. */
  get deadline(): Milliseconds | undefined {
    return this.#unacknowledged === 0 ? undefined : this.#progressAt + stalledMs;
  }

  push(payload: Uint8Array, urgency: Urgency): void {
    this.#waiting.push({ payload, urgency });
    if (urgency === 'block') this.#keepNewestBlocks();
    else this.#waitingBytes += payload.length;
    // One alone is about to leave, however large it is.
    while (this.#waiting.length > 1 && (this.#waitingBytes > mostBytes || this.#waiting.length > mostMessages)) {
      const oldest = this.#waiting.findIndex((message) => message.urgency === 'droppable');
      if (oldest < 0) break;
      this.#remove(oldest);
    }
  }

  /** The next message, if the link has credit for it. */
  next(): Uint8Array | undefined {
    if (this.#waiting.length === 0 || this.#unacknowledged >= windowBytes) return undefined;
    return this.#remove(0);
  }

  /** A frame of so many bytes was handed to the link. */
  sent(bytes: number, now: Milliseconds): void {
    if (this.#unacknowledged === 0) this.#progressAt = now;
    this.#unacknowledged += bytes;
  }

  /** So many bytes have left the link. */
  drained(bytes: number, now: Milliseconds): void {
    this.#unacknowledged = Math.max(0, this.#unacknowledged - bytes);
    if (bytes > 0) this.#progressAt = now;
  }

  #keepNewestBlocks(): void {
    if (this.#waiting.filter(({ urgency }) => urgency === 'block').length <= mostBlocks) return;
    this.#remove(this.#waiting.findIndex(({ urgency }) => urgency === 'block'));
  }

  #remove(index: number): Uint8Array | undefined {
    const [removed] = this.#waiting.splice(index, 1);
    if (removed === undefined) return undefined;
    if (removed.urgency !== 'block') this.#waitingBytes -= removed.payload.length;
    return removed.payload;
  }
}
