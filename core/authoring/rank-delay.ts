/**
 * D, how long a writer waits for each key before it: as long as a block takes to reach those who may write next
 * (spec/safety.md, Writing).
 *
 * Measured on our own blocks, from sharing one to the acknowledgement by a next candidate; whoever takes these calls
 * `took`. Keeps no clock and decides nothing. Of fewer than 20 times the 95th percentile is the greatest; until there are
 * as many the 500 ms of the beginning stand for one of them, so that D does not fall because the first block was quick.
 */
import type { Milliseconds } from '../config.ts';

/** Before anything was measured. */
export const firstRankDelayMs = 500;
export const leastRankDelayMs = 250;
export const mostRankDelayMs = 4_000;
/** Own blocks looked at. */
export const measuredBlocks = 64;
const percentile = 0.95;

export class RankDelay {
  /** Oldest first. */
  readonly #times: Milliseconds[] = [firstRankDelayMs];
  #delayMs: Milliseconds = firstRankDelayMs;

  get delayMs(): Milliseconds {
    return this.#delayMs;
  }

  /** A candidate has acknowledged a block of ours so long after we shared it. */
  took(ms: Milliseconds): void {
    this.#times.push(ms);
    if (this.#times.length > measuredBlocks) this.#times.shift();
    const sorted = [...this.#times].sort((a, b) => a - b);
    const place = Math.ceil(percentile * sorted.length) - 1;
    this.#delayMs = Math.min(mostRankDelayMs, Math.max(leastRankDelayMs, sorted[place] as Milliseconds));
  }
}
