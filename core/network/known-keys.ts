/**
 * The keys that count as online, what came and went among them, and when they last changed.
 *
 * Decides nothing: members.ts says who is known (spec/safety.md, Who is online). Whoever lives in this peer reads the
 * set itself, which is changed in place.
 */
import type { Milliseconds } from '../config.ts';
import { keyHex, type PublicKey, type PublicKeyHex } from '../crypto/keys.ts';
import type { LinkId } from '../events.ts';

/** A key came to be known, or is known no more. */
export interface MemberChange {
  readonly key: PublicKey;
  readonly isHere: boolean;
  /** Seen on a link of our own, so that it is passed on at once; else heard, by this link if it is known. */
  readonly seen: boolean;
  readonly link: LinkId | undefined;
}

export class KnownKeys {
  readonly #keys = new Set<PublicKeyHex>();
  #changedAt: Milliseconds;
  #changes: MemberChange[] = [];

  constructor(startedAt: Milliseconds) {
    this.#changedAt = startedAt;
  }

  get keys(): ReadonlySet<PublicKeyHex> {
    return this.#keys;
  }

  get changedAt(): Milliseconds {
    return this.#changedAt;
  }

  has(key: PublicKey): boolean {
    return this.#keys.has(keyHex(key));
  }

  /** @returns whether it was not known */
  add(key: PublicKey, now: Milliseconds): boolean {
    if (this.has(key)) return false;
    this.#keys.add(keyHex(key));
    this.changed(now);
    return true;
  }

  /** @returns whether it was known */
  remove(key: PublicKey, now: Milliseconds): boolean {
    if (!this.#keys.delete(keyHex(key))) return false;
    this.changed(now);
    return true;
  }

  /** Makes room for another, which is no change of who is online. */
  forget(key: PublicKey): void {
    this.#keys.delete(keyHex(key));
  }

  /** Another counts as online, though who is known is the same. */
  changed(now: Milliseconds): void {
    this.#changedAt = now;
  }

  /** The same holder, by the other parity of its key. */
  rename(from: PublicKey, to: PublicKey): void {
    if (this.#keys.delete(keyHex(from))) this.#keys.add(keyHex(to));
  }

  /** Others are to hear of this. */
  tell(change: MemberChange): void {
    this.#changes.push(change);
  }

  /** What was told since the last call, in order. */
  takeChanges(): MemberChange[] {
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }
}
