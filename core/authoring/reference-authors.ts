/**
 * Reference peers as authors: which of them is to write now, which writes no more, and which may write out of its turn.
 *
 * Looks at the newest block with the eyes of each era, for they see different keys online (spec/safety.md, Both eras).
 * Decides nothing about blocks: the writer asks it before it writes one of ours.
 */
import type { TreeBlock } from '../chain/tree.ts';
import type { Milliseconds } from '../config.ts';
import { holderOf, lowestKey, type PublicKey } from '../crypto/keys.ts';
import type { Members } from '../network/members.ts';
import { Gatherer } from './gatherer.ts';
import { Mute } from './mute.ts';

type Sees = (key: PublicKey) => boolean;

export class ReferenceAuthors {
  readonly #own: PublicKey;
  readonly #members: Members;
  readonly #mute = new Mute();
  readonly #gatherer = new Gatherer();

  constructor(own: PublicKey, members: Members) {
    this.#own = own;
    this.#members = members;
  }

  /** When somebody has been waited for long enough to be called mute. */
  get deadline(): Milliseconds | undefined {
    return this.#mute.deadline;
  }

  /** Whether this key may be a reference peer's that still writes. */
  writes(key: PublicKey): boolean {
    return !this.#members.isOurs(key) && !this.#mute.has(key);
  }

  isMute(key: PublicKey): boolean {
    return this.#mute.has(key);
  }

  /** When one of ours may write. @param since data has waited, or the newest block has been here */
  holdUntil(nextChoices: readonly PublicKey[], since: Milliseconds): Milliseconds {
    return this.#gatherer.holdUntil(nextChoices, since);
  }

  /** At the end of every event, whether anything waits or not. @param pendingSince since when something waits */
  look(tip: TreeBlock | undefined, pendingSince: Milliseconds | undefined, now: Milliseconds): void {
    const [decisive, ...others] = [everybody, this.#seenByCbc].map((sees) => this.#next(tip, sees, now));
    const next = [decisive, ...others].filter((key) => key !== undefined);
    this.#gatherer.look(tip?.id, tip?.block.author, next);
    if (tip !== undefined) this.#mute.wrote(tip.block.author);
    if (tip === undefined || pendingSince === undefined) this.#mute.rest();
    else this.#mute.look(decisive, Math.max(pendingSince, tip.arrivedAt), now);
  }

  /** Who is to write on the tip, or the first block, if that is a reference peer. */
  #next(tip: TreeBlock | undefined, sees: Sees, now: Milliseconds): PublicKey | undefined {
    const isThere = (key: PublicKey) => this.#isOwn(key) || this.#members.onlineUntil(key, tip?.arrivedAt) > now;
    const next =
      tip === undefined
        ? lowestKey([this.#own, ...this.#members.online(now).filter(sees)])
        : tip.block.nextChoices.find((key) => sees(key) && isThere(key));
    return next === undefined || this.#isOwn(next) || this.#members.isOurs(next) ? undefined : next;
  }

  /** The older era knows nothing of keys that only Announce speaks for. */
  readonly #seenByCbc: Sees = (key) => !this.#members.isStanding(key);

  #isOwn(key: PublicKey): boolean {
    return holderOf(key) === holderOf(this.#own);
  }
}

const everybody: Sees = () => true;
