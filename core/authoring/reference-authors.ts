/**
 * Reference peers as authors: which of them is to write now, which writes no more, and which may write out of its turn.
 *
 * Looks at the newest block with the eyes of each era, for they see different keys online (spec/safety.md, Both eras).
 * Decides nothing about blocks: the writer asks it before it writes one of ours.
 */
import type { TreeBlock } from '../chain/tree.ts';
import type { Milliseconds } from '../config.ts';
import { isSameHolder, lowestKey, type PublicKey } from '../crypto/keys.ts';
import type { Members } from '../network/members.ts';
import { Gatherer } from './gatherer.ts';
import { Mute } from './mute.ts';

export class ReferenceAuthors {
  readonly #own: PublicKey;
  readonly #members: Members;
  readonly #mute = new Mute();
  readonly #gatherer = new Gatherer();
  #hasTip = false;

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
    if (tip === undefined) {
      this.#hasTip = false;
      this.#mute.rest();
      return;
    }
    // Who was to write the first block is asked when it is there: until then at every event all would be looked through.
    if (!this.#hasTip)
      this.#gatherer.look(undefined, undefined, this.#reference([this.#first(true, now), this.#first(false, now)]));
    this.#hasTip = true;
    const decisive = this.#reference([this.#named(tip, true, now)])[0];
    const next = [decisive, ...this.#reference([this.#named(tip, false, now)])].filter((key) => key !== undefined);
    this.#gatherer.look(tip.id, tip.block.author, next);
    this.#mute.wrote(tip.block.author);
    if (pendingSince === undefined) this.#mute.rest();
    else this.#mute.look(decisive, Math.max(pendingSince, tip.arrivedAt), now);
  }

  /** Those that are reference peers'. */
  #reference(keys: readonly (PublicKey | undefined)[]): PublicKey[] {
    return keys.filter((key) => key !== undefined).filter((key) => !this.#isOwn(key) && !this.#members.isOurs(key));
  }

  /** @param standing whether keys count that only Announce speaks for: the older era knows nothing of them */
  #first(standing: boolean, now: Milliseconds): PublicKey {
    const lowest = this.#members.lowestOnline(standing, now);
    return lowest === undefined ? this.#own : lowestKey([this.#own, lowest]);
  }

  #named(tip: TreeBlock, standing: boolean, now: Milliseconds): PublicKey | undefined {
    return tip.block.nextChoices.find((key) => {
      if (!standing && this.#members.isStanding(key)) return false;
      return this.#isOwn(key) || this.#members.onlineUntil(key, tip.arrivedAt) > now;
    });
  }

  #isOwn(key: PublicKey): boolean {
    return isSameHolder(key, this.#own);
  }
}
