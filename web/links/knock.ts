/**
 * Whether a server is there, asked by fetch before a WebSocket is opened to one that failed.
 *
 * Chromium makes a page that had many failed WebSockets wait up to 5 s for its next one, so a tab that only tried would
 * find a relay long after it has come back. A fetch that fails costs nothing later.
 */
import type { Milliseconds } from '../../core/config.ts';
import { isOnion } from '../../core/network/addresses.ts';

const timeoutMs: Milliseconds = 3_000;
/** By Tor, which may have to find the way anew. */
const farTimeoutMs: Milliseconds = 15_000;
/** Where a page's content security policy forbids the fetch, a WebSocket may still go through: try one now and then. */
const failuresToTryAnyway = 8;

export class Knock {
  /** By origin, how often it has not answered since a WebSocket to it failed. The origins are those the user named. */
  readonly #unanswered = new Map<string, number>();
  readonly #ask: (url: string) => Promise<unknown>;

  constructor(ask: (url: string) => Promise<unknown> = head) {
    this.#ask = ask;
  }

  /** Whether to open a WebSocket of this address now. At once when the last one did not fail. */
  async answers(address: string): Promise<boolean> {
    const { origin } = new URL(address);
    const unanswered = this.#unanswered.get(origin);
    if (unanswered === undefined) return true;
    this.#unanswered.set(origin, (unanswered + 1) % failuresToTryAnyway);
    if (unanswered + 1 === failuresToTryAnyway) return true;
    try {
      await this.#ask(address.replace(/^ws/, 'http'));
      return true;
    } catch {
      return false;
    }
  }

  opened(address: string): void {
    this.#unanswered.delete(new URL(address).origin);
  }

  /** A WebSocket of this address did not open, or ended as when a server dies. */
  failed(address: string): void {
    const { origin } = new URL(address);
    this.#unanswered.set(origin, this.#unanswered.get(origin) ?? 0);
  }
}

/** Any answer will do; what it says may not be read across origins. */
async function head(url: string): Promise<unknown> {
  return await fetch(url, {
    method: 'HEAD',
    mode: 'no-cors',
    cache: 'no-store',
    credentials: 'omit',
    signal: AbortSignal.timeout(isOnion(url) ? farTimeoutMs : timeoutMs),
  });
}
