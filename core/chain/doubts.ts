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

interface Doubt {
  body: Candidate;
  readonly until: Milliseconds;
  /** Its grace time is over: it is passed on and served. A new neighbour is asked for it all the same. */
  isOver: boolean;
  /** Who was asked. */
  readonly asked: Set<LinkId>;
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
    this.#doubts.set(id, { body, until, isOver: false, asked: new Set(asked), open: new Set(asked) });
    return asked;
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

  /** The block came from one who was asked for it. @returns whether it was; then it may be asked for another */
  answered(id: HashHex, link: LinkId): boolean {
    return this.#doubts.get(id)?.open.delete(link) === true;
  }

  /** A block whose body this neighbour is to be asked for; it counts as asked. */
  ask(link: LinkId): Candidate | undefined {
    for (const { open } of this.#doubts.values()) if (open.has(link)) return undefined;
    for (const { body, asked, open } of this.#doubts.values()) {
      if (asked.has(link) || asked.size >= mostAsked.inAll) continue;
      asked.add(link);
      open.add(link);
      return body;
    }
    return undefined;
  }

  /** The link ended. */
  ended(link: LinkId): void {
    for (const { open } of this.#doubts.values()) open.delete(link);
  }

  /** @returns whether the grace time of one is over */
  elapse(now: Milliseconds): boolean {
    let isOneOver = false;
    for (const doubt of this.#doubts.values()) {
      if (doubt.isOver || doubt.until > now) continue;
      doubt.isOver = true;
      isOneOver = true;
    }
    return isOneOver;
  }
}
