/**
 * Names candidates that have gone without a word, so that the chain goes on (spec/safety.md, Watch-dog).
 *
 * A `gcm-siv` peer believes in a key until a Leave comes, and a peer that vanished behind somebody else's dead link
 * never gets one. When data has waited for 5 s without a block, the Leave of every candidate that gave no sign of life
 * since then is due, and of a lowest key without one where the lowest key decides. Whoever shows life again is announced
 * again, as any other key. Decides only; the caller sends.
 */
import type { Milliseconds } from '../config.ts';
import { lowestKey, type PublicKey } from '../crypto/keys.ts';
import type { Members } from './members.ts';

export interface WatchDogView {
  /** Since when something waits for a block; undefined when nothing does. */
  readonly pendingSince: Milliseconds | undefined;
  /** When the newest block came here; undefined when there is none. */
  readonly tipAt: Milliseconds | undefined;
  readonly nextChoices: readonly PublicKey[];
}

const patienceMs = 5_000;

export class WatchDog {
  readonly #own: PublicKey;
  readonly #members: Members;
  #nextAt: Milliseconds | undefined;
  #namedAt: Milliseconds = Number.NEGATIVE_INFINITY;

  constructor(own: PublicKey, members: Members) {
    this.#own = own;
    this.#members = members;
  }

  get deadline(): Milliseconds | undefined {
    return this.#nextAt;
  }

  /** @returns keys whose Leave is due now */
  look({ pendingSince, tipAt, nextChoices }: WatchDogView, now: Milliseconds): PublicKey[] {
    this.#nextAt = undefined;
    if (pendingSince === undefined) return [];
    const since = Math.max(pendingSince, tipAt ?? 0);
    // Whoever is to write once others were named has as long for it.
    const lookAt = Math.max(since, this.#namedAt) + patienceMs;
    if (now < lookAt) {
      this.#nextAt = lookAt;
      return [];
    }
    const silent = (key: PublicKey): boolean =>
      this.#members.isStanding(key) && (this.#members.aliveAt(key) ?? 0) < since;
    const candidates = nextChoices.filter(silent);
    const isForced = !nextChoices.some((key) => this.#members.onlineForAccepting(key, now));
    const lowest = lowestKey([this.#own, ...this.#members.online(now)]);
    const named = isForced && silent(lowest) ? [...candidates, lowest] : candidates;
    if (named.length > 0) {
      this.#namedAt = now;
      this.#nextAt = now + patienceMs;
    }
    return named;
  }
}
