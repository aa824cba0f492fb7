/**
 * How much may come from each source, and from all together: a bucket for each, of which no more than a set number are
 * kept. The one that has been quiet the longest is forgotten first, and begins anew when it comes again.
 */
import type { Milliseconds } from '../core/config.ts';
import { Quota, type QuotaLimits } from './quota.ts';

export interface SourceLimits {
  readonly each: QuotaLimits;
  readonly all: QuotaLimits;
  /** Sources remembered. */
  readonly mostSources: number;
}

export class SourceQuotas {
  readonly #limits: SourceLimits;
  readonly #all: Quota;
  /** The one that came last stands last. */
  readonly #sources = new Map<string, Quota>();

  constructor(limits: SourceLimits, now: Milliseconds) {
    this.#limits = limits;
    this.#all = new Quota(limits.all, now);
  }

  /** How many are remembered. */
  get size(): number {
    return this.#sources.size;
  }

  /** Takes one; what a source has too much of does not count against the others. */
  take(source: string, now: Milliseconds): boolean {
    const { each, mostSources } = this.#limits;
    const quota = this.#sources.get(source) ?? new Quota(each, now);
    this.#sources.delete(source);
    const [quietest] = this.#sources.keys();
    if (this.#sources.size >= mostSources && quietest !== undefined) this.#sources.delete(quietest);
    this.#sources.set(source, quota);
    return quota.take(now) && this.#all.take(now);
  }
}
