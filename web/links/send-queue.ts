/**
 * What waits to go into a data channel: cut to chunks, never more in the channel than it is good for.
 *
 * Chromium closes a channel with 16 MiB in it and refuses messages over 256 KiB; 16 KiB is what every browser carries.
 * `bufferedAmount` has been seen to stand still for good while the bytes went out, so no wait for it is unbounded
 * (field notes: stuck in 5 of 10 joins).
 */
import type { Milliseconds } from '../../core/config.ts';
import type { Timers } from '../timers.ts';

/** The part of an RTCDataChannel that is used here. */
export interface Channel {
  readonly bufferedAmount: number;
  /** Throws when the channel takes no more. */
  send(bytes: Uint8Array<ArrayBuffer>): void;
}

export interface SendQueueEvents {
  /** So many bytes went into the channel. In a turn of its own, never from within `push`. */
  drained(bytes: number): void;
  /** The channel took no more, or too much waits. */
  failed(reason: string): void;
}

const chunkBytes = 16 * 1024;
/** While so much is in the channel nothing more goes in; over a LAN it empties in a few milliseconds. */
const highWaterBytes = 256 * 1024;
/** The channel says when it has emptied so far (simple-peer sets the same). */
export const lowWaterBytes = 64 * 1024;
/** One frame of the greatest length with what the core keeps waiting beside it. */
const mostWaitingBytes = 80 * 1024 * 1024;
/** How often a channel is looked at that does not say when it has emptied. */
const pollMs: Milliseconds = 250;
/** A `bufferedAmount` that has not moved for so many looks is taken for stuck. */
const stuckPolls = 4;

export class SendQueue {
  readonly #channel: Channel;
  readonly #timers: Timers;
  readonly #events: SendQueueEvents;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** Bytes of the first array that have gone already. */
  #offset = 0;
  #pumping = false;
  #cancelPoll: (() => void) | undefined;
  #closed = false;

  constructor(channel: Channel, timers: Timers, events: SendQueueEvents) {
    this.#channel = channel;
    this.#timers = timers;
    this.#events = events;
  }

  get empty(): boolean {
    return this.#waitingBytes === 0;
  }

  push(bytes: Uint8Array): void {
    if (this.#closed || bytes.length === 0) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > mostWaitingBytes) this.#fail('too much waits to be sent');
    if (this.#pumping || this.#cancelPoll !== undefined) return;
    this.#pumping = true;
    // What is pushed in one turn goes out in as few chunks as it takes.
    queueMicrotask(() => this.#pump());
  }

  /** The channel has emptied so far that more may go in. */
  low(): void {
    if (this.#waitingBytes > 0) this.#pump();
  }

  close(): void {
    this.#closed = true;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#cancelPoll?.();
    this.#cancelPoll = undefined;
  }

  /** @param allowance how much goes in even if the channel seems full */
  #pump(allowance = 0): void {
    this.#pumping = false;
    this.#cancelPoll?.();
    this.#cancelPoll = undefined;
    let sent = 0;
    while (!this.#closed && this.#waitingBytes > 0 && this.#hasRoom(allowance - sent)) {
      const chunk = this.#chunk();
      try {
        this.#channel.send(chunk);
        sent += chunk.length;
        this.#waitingBytes -= chunk.length;
      } catch {
        this.#fail('the channel takes no more');
      }
    }
    if (this.#waitingBytes > 0) this.#poll(this.#channel.bufferedAmount, stuckPolls);
    if (sent > 0) this.#events.drained(sent);
  }

  #hasRoom(allowance: number): boolean {
    return allowance > 0 || this.#channel.bufferedAmount < highWaterBytes;
  }

  #poll(bufferedBefore: number, pollsLeft: number): void {
    this.#cancelPoll = this.#timers.after(pollMs, () => {
      this.#cancelPoll = undefined;
      if (this.#channel.bufferedAmount <= lowWaterBytes) this.#pump();
      else if (this.#channel.bufferedAmount !== bufferedBefore) this.#poll(this.#channel.bufferedAmount, stuckPolls);
      else if (pollsLeft > 1) this.#poll(bufferedBefore, pollsLeft - 1);
      else this.#pump(highWaterBytes);
    });
  }

  /** The next bytes: of one array, or of several small ones together. */
  #chunk(): Uint8Array<ArrayBuffer> {
    const length = Math.min(chunkBytes, this.#waitingBytes);
    const [first = new Uint8Array()] = this.#waiting;
    if (first.length - this.#offset >= length) {
      const chunk = first.subarray(this.#offset, this.#offset + length);
      this.#advance(length);
      return chunk as Uint8Array<ArrayBuffer>;
    }
    const chunk = new Uint8Array(length);
    for (let filled = 0; filled < length; ) {
      const part = (this.#waiting[0] as Uint8Array).subarray(this.#offset, this.#offset + length - filled);
      chunk.set(part, filled);
      filled += part.length;
      this.#advance(part.length);
    }
    return chunk;
  }

  #advance(bytes: number): void {
    this.#offset += bytes;
    if (this.#offset < (this.#waiting[0] as Uint8Array).length) return;
    this.#waiting.shift();
    this.#offset = 0;
  }

  #fail(reason: string): void {
    this.close();
    this.#events.failed(reason);
  }
}
