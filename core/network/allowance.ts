/**
 * So many a second, and a number at once: a bucket that fills while nothing is taken out of it.
 *
 * Keeps no clock; a clock that goes back fills nothing.
 */
import type { Milliseconds } from '../config.ts';

export class Allowance {
  readonly #aSecond: number;
  readonly #atOnce: number;
  #left: number;
  #filledAt: Milliseconds = Number.NEGATIVE_INFINITY;

  constructor(aSecond: number, atOnce: number) {
    this.#aSecond = aSecond;
    this.#atOnce = atOnce;
    this.#left = atOnce;
  }

  /** @param ahead how many that are yet to come may be taken already @returns whether one could be taken */
  take(now: Milliseconds, ahead = 0): boolean {
    if (now > this.#filledAt) {
      const passed = Math.min(now - this.#filledAt, 3_600_000);
      this.#left = Math.min(this.#atOnce, this.#left + (passed / 1_000) * this.#aSecond);
    }
    this.#filledAt = now;
    if (this.#left - 1 < -ahead) return false;
    this.#left--;
    return true;
  }
}
