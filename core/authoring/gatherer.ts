/**
 * A reference peer that may gather already, and write out of its turn (spec/wire.md, Who writes the next block).
 *
 * Who is next begins to gather at once, and later writes on whatever block is newest if that names it, at whatever place.
 * So when another has written where a reference peer was to, and the new block names that peer too, ours let it write
 * first: it does within 1.5 s of the data, or never will. Of two eras each sees another peer as the next.
 */
import type { Milliseconds } from '../config.ts';
import { type HashHex, type Holder, holderOf, type PublicKey } from '../crypto/keys.ts';

/** As long as any reference author is waited for (spec/safety.md, Order). */
const waitMs = 3_000;

export class Gatherer {
  #tip: HashHex | undefined;
  /** Reference peers that are to write on this tip. */
  #next: ReadonlySet<Holder> = nobody;
  /** Who was to write what another has written as this tip. */
  #overtaken: ReadonlySet<Holder> = nobody;

  /**
   * Looked at after every event.
   * @param author of the newest block @param next reference peers that are to write now, each as its era sees it
   */
  look(tip: HashHex | undefined, author: PublicKey | undefined, next: readonly PublicKey[]): void {
    if (tip !== this.#tip) {
      const wrote = author === undefined ? undefined : holderOf(author);
      this.#overtaken = new Set([...this.#next].filter((holder) => holder !== wrote));
      this.#tip = tip;
    }
    this.#next = next.length === 0 ? nobody : new Set(next.map(holderOf));
  }

  /** When one of ours may write. @param since data has waited, or the newest block has been here */
  holdUntil(nextChoices: readonly PublicKey[], since: Milliseconds): Milliseconds {
    return nextChoices.some((key) => this.#overtaken.has(holderOf(key))) ? since + waitMs : since;
  }
}

const nobody: ReadonlySet<Holder> = new Set();
