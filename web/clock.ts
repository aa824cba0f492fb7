/**
 * The host's clock in a tab: Unix time that never goes back, and one wake-up that a hidden page keeps.
 */
import type { Milliseconds } from '../core/config.ts';
import type { Clock } from '../core/platform.ts';
import type { Timers } from './timers.ts';

/** Where times come from: `unix` may jump, `steady` never goes back but stands still while some machines sleep. */
export interface TimeSource {
  unix(): Milliseconds;
  steady(): Milliseconds;
}

const systemTime: TimeSource = { unix: () => Date.now(), steady: () => performance.now() };

interface Wake {
  readonly at: Milliseconds;
  readonly callback: () => void;
}

export class TabClock implements Clock {
  readonly #timers: Timers;
  readonly #time: TimeSource;
  /** Unix time at which the steady one was 0, by the latest that the system's clock ever showed. */
  #steadyZero = Number.NEGATIVE_INFINITY;
  #wake: Wake | undefined;
  /** The timer that runs: it may be too early for the wake wanted now, never too late. */
  #timer: { readonly at: Milliseconds; readonly cancel: () => void } | undefined;

  constructor(timers: Timers, time: TimeSource = systemTime) {
    this.#timers = timers;
    this.#time = time;
  }

  /**
   * After the system's clock was set back this one goes on at its own pace: deadlines keep their distance. After it was
   * set forward, or the machine slept, it follows.
   */
  now(): Milliseconds {
    const steady = this.#time.steady();
    this.#steadyZero = Math.max(this.#steadyZero, this.#time.unix() - steady);
    return Math.floor(this.#steadyZero + steady);
  }

  wake(at: Milliseconds | undefined, callback: () => void): void {
    this.#wake = at === undefined ? undefined : { at, callback };
    if (at !== undefined && (this.#timer === undefined || at < this.#timer.at)) this.#arm(at);
  }

  close(): void {
    this.#wake = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(at: Milliseconds): void {
    this.#timer?.cancel();
    const cancel = this.#timers.after(Math.max(0, at - this.now()), () => this.#elapsed());
    this.#timer = { at, cancel };
  }

  #elapsed(): void {
    this.#timer = undefined;
    const wake = this.#wake;
    if (wake === undefined) return;
    if (wake.at > this.now()) {
      this.#arm(wake.at);
    } else {
      this.#wake = undefined;
      wake.callback();
    }
  }
}
