/**
 * Heads between ours: a neighbour hears what our chain ends in when no block has told it (docs/protocol.md, Head).
 *
 * By it branches of one length meet, and a neighbour knows how far it is behind. A link is told at most every 250 ms,
 * the newest then; of what a neighbour says faster than that only its newest head is looked at. Decides nothing about
 * blocks. What comes is no promise: the block that it names is asked for like any other.
 */
import type { Chain } from '../chain/chain.ts';
import type { Milliseconds } from '../config.ts';
import type { LinkId } from '../events.ts';
import { extensionSaying } from '../wire/carrier.ts';
import type { Head } from '../wire/holdings.ts';
import type { Links } from './links.ts';
import type { GreetedLink } from './open-link.ts';

/** Four a second are more than blocks need (750 ms apart), and cost less than one of them. */
export const headRestMs = 250;

/** A neighbour's head that is to be looked at. */
export interface NamedHead {
  readonly link: GreetedLink;
  readonly head: Head;
}

interface Pace {
  saidAt: Milliseconds;
  lookedAt: Milliseconds;
  /** The newest that came since. */
  waiting: Head | undefined;
}

export class Heads {
  readonly #chain: Chain;
  readonly #links: Links;
  readonly #paces = new Map<LinkId, Pace>();
  #deadline: Milliseconds | undefined;

  constructor(chain: Chain, links: Links) {
    this.#chain = chain;
    this.#links = links;
  }

  get deadline(): Milliseconds | undefined {
    return this.#deadline;
  }

  /** A neighbour of ours names the newest block of its chain. */
  came(link: LinkId, head: Head): void {
    this.#pace(link).waiting = head;
  }

  /** What neighbours have named and may be looked at now. */
  due(now: Milliseconds): NamedHead[] {
    const due: NamedHead[] = [];
    for (const [id, pace] of this.#paces) {
      const { waiting } = pace;
      const link = this.#links.greetedLink(id);
      if (waiting === undefined || link === undefined || now < pace.lookedAt + headRestMs) continue;
      pace.waiting = undefined;
      pace.lookedAt = now;
      due.push({ link, head: waiting });
    }
    return due;
  }

  /**
   * Tells who does not know of our newest block. Called at the end of every event.
   * @param isBehind while we catch up there are newer ones in a moment
   */
  tell(isBehind: boolean, now: Milliseconds): void {
    this.#deadline = undefined;
    for (const { waiting, lookedAt } of this.#paces.values()) {
      if (waiting !== undefined) this.#wake(lookedAt + headRestMs);
    }
    const { shown, shownRoot } = this.#chain;
    if (isBehind || shown === undefined || shownRoot === undefined) return;
    for (const link of this.#links.greeted()) {
      if (!link.phase.ours || link.head === shown.id || link.told === shown.id) continue;
      const pace = this.#pace(link.id);
      if (now < pace.saidAt + headRestMs) {
        this.#wake(pace.saidAt + headRestMs);
        continue;
      }
      pace.saidAt = now;
      link.told = shown.id;
      const { height, block } = shown;
      this.#links.send(link, extensionSaying({ kind: 'head', height, tip: block.hash, root: shownRoot }), 'kept');
    }
  }

  ended(link: LinkId): void {
    this.#paces.delete(link);
  }

  #pace(link: LinkId): Pace {
    const held = this.#paces.get(link);
    if (held !== undefined) return held;
    const pace = { saidAt: -headRestMs, lookedAt: -headRestMs, waiting: undefined };
    this.#paces.set(link, pace);
    return pace;
  }

  #wake(at: Milliseconds): void {
    if (this.#deadline === undefined || at < this.#deadline) this.#deadline = at;
  }
}
