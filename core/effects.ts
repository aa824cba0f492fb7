/**
 * Where the machines of one peer put their effects while an event is handled, and where request ids come from.
 *
 * Not a bus: nothing listens here. `peer.ts` takes what was put and returns it.
 */
import type { Effect, RequestId } from './events.ts';

export class Effects {
  #effects: Effect[] = [];
  #lastRequest: RequestId = 0;

  put(effect: Effect): void {
    this.#effects.push(effect);
  }

  nextRequest(): RequestId {
    return ++this.#lastRequest;
  }

  /** What was put since the last call, in order. */
  take(): Effect[] {
    const taken = this.#effects;
    this.#effects = [];
    return taken;
  }
}
