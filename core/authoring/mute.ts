/**
 * Reference peers that are online and write no more (spec/safety.md, Mute candidates; spec/wire.md, Riddle).
 *
 * One that was the first online candidate for 5 s while data was pending, and wrote nothing, is mute: it is waited for
 * like one of ours, and not named until it writes again.
 */
import type { Milliseconds } from '../config.ts';
import { type Holder, holderOf, type PublicKey } from '../crypto/keys.ts';

const patienceMs = 5_000;
const mostMute = 1_024;

export class Mute {
  readonly #mute = new Set<Holder>();
  #nextAt: Milliseconds | undefined;

  get deadline(): Milliseconds | undefined {
    return this.#nextAt;
  }

  has(key: PublicKey): boolean {
    return this.#mute.has(holderOf(key));
  }

  /** Nothing is waited for at present. */
  rest(): void {
    this.#nextAt = undefined;
  }

  /** It has written a block. */
  wrote(author: PublicKey): void {
    this.#mute.delete(holderOf(author));
  }

  /**
   * @param first of the newest block's candidates that is online, when it is a reference peer's and not ours
   * @param since data has waited for this candidate
   */
  look(first: PublicKey | undefined, since: Milliseconds, now: Milliseconds): void {
    this.#nextAt = undefined;
    if (first === undefined || this.has(first)) return;
    if (now < since + patienceMs) {
      this.#nextAt = since + patienceMs;
      return;
    }
    if (this.#mute.size < mostMute) this.#mute.add(holderOf(first));
  }
}
