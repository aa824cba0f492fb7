/**
 * How many messages one socket may send: a bucket that fills with time.
 */
import type { Milliseconds } from '../core/config.ts';

export interface QuotaLimits {
  /** What may come at once after a rest. */
  readonly burst: number;
  readonly perSecond: number;
}

export class Quota {
  readonly #limits: QuotaLimits;
  #left: number;
  #at: Milliseconds;

  constructor(limits: QuotaLimits, now: Milliseconds) {
    this.#limits = limits;
    this.#left = limits.burst;
    this.#at = now;
  }

  /** Takes one; false when there is none left. */
  take(now: Milliseconds): boolean {
    const { burst, perSecond } = this.#limits;
    const elapsedMs = Math.max(0, now - this.#at);
    this.#left = Math.min(burst, this.#left + (elapsedMs * perSecond) / 1_000);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
