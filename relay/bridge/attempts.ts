/**
 * How often each client may ask for a connection: a quota for each address, of those that asked lately.
 */
import type { Milliseconds } from '../../core/config.ts';
import { Quota, type QuotaLimits } from '../quota.ts';

/** Clients remembered; who is forgotten begins anew, so it takes that many addresses to get past the quota. */
const mostClients = 10_000;

export class Attempts {
  readonly #limits: QuotaLimits;
  readonly #quotas = new Map<string, Quota>();

  constructor(limits: QuotaLimits) {
    this.#limits = limits;
  }

  /** Whether it may ask once more. */
  take(client: string, now: Milliseconds): boolean {
    const quota = this.#quotas.get(client) ?? new Quota(this.#limits, now);
    // The one that asked last stands last.
    this.#quotas.delete(client);
    this.#quotas.set(client, quota);
    const [oldest] = this.#quotas.keys();
    if (this.#quotas.size > mostClients && oldest !== undefined) this.#quotas.delete(oldest);
    return quota.take(now);
  }
}
