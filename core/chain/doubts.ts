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

/** In doubt at one time; further ones are taken as they are. */
const mostDoubts = 16;
/** Neighbours that are asked for another body. */
const mostAsked = 3;

interface Doubt {
  body: Candidate;
  readonly until: Milliseconds;
  readonly asked: Set<LinkId>;
}

export class Doubts {
  readonly #doubts = new Map<HashHex, Doubt>();

  /** When the grace time of the first of them is over. */
  get deadline(): Milliseconds | undefined {
    let earliest: Milliseconds | undefined;
    for (const { until } of this.#doubts.values()) if (earliest === undefined || until < earliest) earliest = until;
    return earliest;
  }

  /** Blocks that are neither passed on nor served. */
  get ids(): readonly HashHex[] {
    return [...this.#doubts.keys()];
  }

  /** @param holders other neighbours, those that are likely to hold it first @returns whom to ask */
  begin(body: Candidate, until: Milliseconds, holders: readonly LinkId[]): readonly LinkId[] {
    if (this.#doubts.size >= mostDoubts) return [];
    const asked = new Set(holders.slice(0, mostAsked));
    this.#doubts.set(hashHex(body.block.hash), { body, until, asked });
    return [...asked];
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

  /** The block came from one who was asked for it. @returns whether it was; then it is asked no more */
  answered(id: HashHex, link: LinkId): boolean {
    return this.#doubts.get(id)?.asked.delete(link) === true;
  }

  /** @returns whether the grace time of one is over */
  elapse(now: Milliseconds): boolean {
    const before = this.#doubts.size;
    for (const [id, { until }] of this.#doubts) if (until <= now) this.#doubts.delete(id);
    return this.#doubts.size < before;
  }
}
