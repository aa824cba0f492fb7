/**
 * The clock of a Node process: Unix time that never goes back, and one alarm.
 *
 * The alarm does not keep the process alive: what does is a server or a link.
 */
import type { Milliseconds } from '../core/config.ts';
import type { Clock } from '../core/platform.ts';

/** setTimeout takes 31 bits; past that it fires at once. */
const longestWaitMs = 2 ** 31 - 1;

export class NodeClock implements Clock {
  #latest: Milliseconds = 0;
  #readAt = performance.now();
  #timer: NodeJS.Timeout | undefined;

  /** Whole milliseconds. When the system's clock is set back, time goes on here as before; set forward, it follows. */
  now(): Milliseconds {
    const elapsed = performance.now() - this.#readAt;
    this.#readAt += elapsed;
    this.#latest = Math.max(this.#latest + elapsed, Date.now());
    return Math.floor(this.#latest);
  }

  wake(at: Milliseconds | undefined, callback: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (at === undefined) return;
    const waitMs = Math.min(Math.max(0, at - this.now()), longestWaitMs);
    this.#timer = setTimeout(() => {
      // A timer may fire a millisecond early by the wall clock, or its wait was cut to the longest there is.
      if (this.now() < at) this.wake(at, callback);
      else callback();
    }, waitMs).unref();
  }

  close(): void {
    this.wake(undefined, () => undefined);
  }
}
