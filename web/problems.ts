/**
 * What a user should know of the tab itself: kept until the peer listens, then told by the way transports have for it
 * (core/link.ts), for a platform has no other.
 */
import { LinkError } from '../core/errors.ts';
import type { Link, Transport, TransportEvents } from '../core/link.ts';
import type { ReportProblem } from './store/fallback.ts';

/** A transport that reaches nobody. */
export class Problems implements Transport {
  readonly #before = new Map<string, string | undefined>();
  #events: TransportEvents | undefined;

  readonly report: ReportProblem = (code, message) => {
    if (this.#events === undefined) this.#before.set(code, message);
    else this.#events.problem(code, message);
  };

  reaches(): boolean {
    return false;
  }

  start(events: TransportEvents): void {
    this.#events = events;
    for (const [code, message] of this.#before) events.problem(code, message);
    this.#before.clear();
  }

  async dial(address: string): Promise<Link> {
    throw new LinkError('unsupported', `nothing here reaches ${address}`);
  }

  close(): void {
    this.#events = undefined;
  }
}
