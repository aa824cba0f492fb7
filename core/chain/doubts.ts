/**
 * Blocks on the chain with an item that its author did not sign: there may be a better body of the same hash.
 *
 * Bytes can be moved between `next_choices` and the first item without changing hash or signature (spec/safety.md,
 * Blocks 2). So such a body is asked for from other neighbours, and passed on and served only after its grace time; then
 * it is like any other, for an honest application may have made it so. Knows hashes and links; who sends is the caller.
 */

import type { Milliseconds } from '../config.ts';
import { type HashHex, hashHex } from '../crypto/keys.ts';
import type { LinkId } from '../events.ts';
import type { Candidate } from './tree.ts';

/** Bodies kept at one time; of further ones those that have waited longest are taken as they are. */
const mostDoubts = 16;
/** Neighbours that are asked for another body at once, and in all: an application may have made it so. */
const mostAsked = { atOnce: 3, inAll: 8 };
/** How often one neighbour is asked that has not answered. */
const mostTries = 3;
/** In place of the number of tries, of one who has answered. */
const answeredTries = mostTries + 1;
const mostAnswerMs = 30_000;

interface Doubt {
  body: Candidate;
  readonly until: Milliseconds;
  /** Its grace time is over: it is passed on and served. A new neighbour is asked for it all the same. */
  isOver: boolean;
  /** Counted from when that was seen: a clock that jumps has given nobody time to answer. */
  waitedForUntil: Milliseconds | undefined;
  /** Who was asked, and how often. */
  readonly asked: Map<LinkId, number>;
  /** Who has not answered yet. */
  readonly open: Set<LinkId>;
}

export class Doubts {
  readonly #doubts = new Map<HashHex, Doubt>();

  /** When the grace time of the first of them is over. */
  get deadline(): Milliseconds | undefined {
    let earliest: Milliseconds | undefined;
    for (const { until, isOver } of this.#doubts.values()) {
      if (!isOver && (earliest === undefined || until < earliest)) earliest = until;
    }
    return earliest;
  }

  /** Blocks that are neither passed on nor served. */
  get ids(): readonly HashHex[] {
    return [...this.#doubts].filter(([, { isOver }]) => !isOver).map(([id]) => id);
  }

  /** @param holders other neighbours, those that are likely to hold it first @returns whom to ask */
  begin(body: Candidate, until: Milliseconds, holders: readonly LinkId[]): readonly LinkId[] {
    const id = hashHex(body.block.hash);
    if (this.#doubts.has(id)) return [];
    for (const [oldest, { isOver }] of this.#doubts) {
      if (this.#doubts.size < mostDoubts) break;
      if (isOver) this.#doubts.delete(oldest);
    }
    if (this.#doubts.size >= mostDoubts) return [];
    const asked = holders.slice(0, mostAsked.atOnce);
    this.#doubts.set(id, {
      body,
      until,
      isOver: false,
      waitedForUntil: undefined,
      asked: new Map(asked.map((link) => [link, 1])),
      open: new Set(asked),
    });
    return asked;
  }

  /** Whether it is in doubt, and must not be passed on. */
  isHidden(id: HashHex): boolean {
    return this.#doubts.get(id)?.isOver === false;
  }

  /** The body that is in doubt. */
  body(id: HashHex): Candidate | undefined {
    return this.#doubts.get(id)?.body;
  }

  better(id: HashHex, body: Candidate): void {
    const doubt = this.#doubts.get(id);
    if (doubt !== undefined) doubt.body = body;
  }

  /** A body whose items all hold has taken its place. */
  settle(id: HashHex): void {
    this.#doubts.delete(id);
  }

  /**
   * The block came from one who was asked for it, or for another: the answer is a chain, and of siblings only one stands
   * on it. @returns whether it was, which is so once; then it may be asked for another
   */
  answered(id: HashHex, link: LinkId): boolean {
    const doubt = this.#doubts.get(id);
    if (doubt === undefined || doubt.asked.get(link) === answeredTries || !this.#isAsked(link)) return false;
    doubt.open.delete(link);
    doubt.asked.set(link, answeredTries);
    return true;
  }

  /** Blocks of which somebody who was asked has yet to show a body; after the grace time for 30 s at most. */
  unanswered(now: Milliseconds): readonly HashHex[] {
    return [...this.#doubts].flatMap(([id, { asked, waitedForUntil }]) => {
      const isWaiting = asked.size === 0 || [...asked.values()].some((tries) => tries < answeredTries);
      return isWaiting && (waitedForUntil === undefined || now < waitedForUntil) ? [id] : [];
    });
  }

  /** A block whose body this neighbour is to be asked for; it counts as asked. One at a time. */
  ask(link: LinkId): Candidate | undefined {
    for (const { open } of this.#doubts.values()) if (open.has(link)) return undefined;
    for (const { body, asked, open, isOver } of this.#doubts.values()) {
      const tries = asked.get(link) ?? 0;
      if (tries >= mostTries || (tries === 0 && asked.size >= mostAsked.inAll)) continue;
      if (!isOver && open.size >= mostAsked.atOnce) continue;
      asked.set(link, tries + 1);
      open.add(link);
      return body;
    }
    return undefined;
  }

  /** Its chain has grown since it was asked, or it was asked for something else: it may be asked again. */
  reopen(link: LinkId): void {
    for (const { open } of this.#doubts.values()) open.delete(link);
  }

  /** Whether there is nothing to ask for. */
  get isEmpty(): boolean {
    return this.#doubts.size === 0;
  }

  /** The link ended. */
  ended(link: LinkId): void {
    for (const { asked, open } of this.#doubts.values()) {
      // It still counts as one that was asked; no answer is waited for.
      if (open.delete(link)) asked.set(link, answeredTries);
    }
  }

  /** @returns the bodies whose grace time is over now: from now on they are like any other */
  elapse(now: Milliseconds): readonly Candidate[] {
    const over = [...this.#doubts.values()].filter(({ isOver, until }) => !isOver && until <= now);
    for (const doubt of over) {
      doubt.isOver = true;
      doubt.waitedForUntil = now + mostAnswerMs;
    }
    return over.map(({ body }) => body);
  }

  #isAsked(link: LinkId): boolean {
    return [...this.#doubts.values()].some(({ asked }) => (asked.get(link) ?? answeredTries) < answeredTries);
  }
}
