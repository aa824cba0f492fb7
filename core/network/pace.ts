/**
 * How often to send a beacon, so that everybody receives about ten a second whatever the size of the network
 * (spec/safety.md, Presence that does not grow).
 *
 * The rule there, interval × (beacons received a second / 10), leaves a newcomer at the interval it began with, for it
 * finds ten a second already; so its interval is not our own here, but what each beacon states. A key that beacons every
 * ten seconds and was heard within five stands for two, so the intervals heard in a time, divided by it, say how many
 * keys there are. Where all have one interval both rules are the same. Sends nothing, and decides nothing but this number.
 */
import type { Milliseconds } from '../config.ts';

/** spec/safety.md, Presence that does not grow. */
export const beaconsASecond = 10;
export const mostIntervalMs = 600_000;
/** How long a beacon says it is there for: one may be lost on its way, and the interval have grown meanwhile. */
export const intervalsOfLife = 3;
export const mostLifetimeMs = intervalsOfLife * mostIntervalMs;
/** Of the ten a second, ordinary ones get at least so many: the newest block's candidates beacon all the time. */
const leastOrdinaryASecond = 5;
/** A hundred beacons, so that the number is right to a tenth. */
const listenMs = 10_000;
const mostHeard = 512;
/** Silence may be ours alone: the interval falls by no more than this in `listenMs`, or all would speak at once after it. */
const mostFall = 0.8;

export class Pace {
  readonly #leastMs: Milliseconds;
  /** Oldest first. */
  #heard: { readonly at: Milliseconds; readonly intervalMs: Milliseconds }[] = [];
  /** Undefined before we have listened, or been told. */
  #intervalMs: Milliseconds | undefined;
  #hasListened = false;
  #judgedAt: Milliseconds;

  /** @param leastMs how often candidates beacon */
  constructor(leastMs: Milliseconds, startedAt: Milliseconds) {
    this.#leastMs = leastMs;
    this.#judgedAt = startedAt;
  }

  /** A beacon came that its sender has just made. @param intervalMs what it states */
  heard(intervalMs: Milliseconds, now: Milliseconds): void {
    if (this.#heard.length >= mostHeard) this.#heard.shift();
    this.#heard.push({ at: now, intervalMs: this.#within(intervalMs) });
  }

  /** A neighbour tells of an older one: until we have listened ourselves the greatest such interval holds. */
  told(intervalMs: Milliseconds): void {
    if (!this.#hasListened) this.#intervalMs = Math.max(this.#intervalMs ?? 0, this.#within(intervalMs));
  }

  /** @param known how many others are known, from which is guessed at first */
  intervalMs(known: number, now: Milliseconds): Milliseconds {
    if (now >= this.#judgedAt + listenMs) this.#judge(now);
    return this.#intervalMs ?? this.#within((known / beaconsASecond) * 1_000);
  }

  #judge(now: Milliseconds): void {
    this.#judgedAt = now;
    this.#heard = this.#heard.filter(({ at }) => at > now - listenMs);
    if (this.#heard.length === 0 && this.#intervalMs === undefined) return;
    const ordinary = this.#heard.filter(({ intervalMs }) => intervalMs >= 2 * this.#leastMs);
    const seconds = listenMs / 1_000;
    const keys = ordinary.reduce((sum, { intervalMs }) => sum + intervalMs, 0) / listenMs;
    const others = (this.#heard.length - ordinary.length) / seconds;
    const intervalMs = (keys / Math.max(leastOrdinaryASecond, beaconsASecond - others)) * 1_000;
    this.#intervalMs = this.#within(Math.max(intervalMs, (this.#intervalMs ?? 0) * mostFall));
    this.#hasListened = true;
  }

  #within(intervalMs: Milliseconds): Milliseconds {
    return Math.min(mostIntervalMs, Math.max(this.#leastMs, intervalMs));
  }
}
