/**
 * Who is where: members of each network by their proven key (docs/protocol.md, Signaling).
 *
 * Knows no sockets and no bytes. A key is in a room once: a tab that comes again takes its own place. What a relay keeps
 * is bounded, and what is said about a bound is said with a reason (field-notes: a relay that stops silently).
 */
import type { PublicKey, PublicKeyHex } from '../core/crypto/keys.ts';
import { keyHex } from '../core/crypto/keys.ts';
import { type Random, sample } from '../core/random.ts';
import { mostTold } from '../core/wire/signaling.ts';

export interface Member {
  readonly key: PublicKey;
  /** Another has come with the same key. */
  replaced(): void;
  /** A signal for this member. */
  signalled(from: PublicKey, sealed: Uint8Array): void;
}

/** A room of 10,000 tabs takes some 20 MB; a network that has more has more than one relay. */
export const mostMembers = 10_000;

export class Room {
  readonly #members = new Map<PublicKeyHex, Member>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  get size(): number {
    return this.#members.size;
  }

  /** False when the room is full. */
  join(member: Member): boolean {
    const key = keyHex(member.key);
    const before = this.#members.get(key);
    if (before === undefined && this.#members.size >= mostMembers) return false;
    this.#members.delete(key);
    before?.replaced();
    this.#members.set(key, member);
    return true;
  }

  /** Does nothing when another has taken the member's place. */
  leave(member: Member): void {
    const key = keyHex(member.key);
    if (this.#members.get(key) === member) this.#members.delete(key);
  }

  /** At most `mostTold` of the others, at random, without those named. */
  others(member: Member, exclude: readonly PublicKey[]): PublicKey[] {
    const excluded = new Set([member.key, ...exclude].map(keyHex));
    const keys: PublicKey[] = [];
    for (const [key, other] of this.#members) if (!excluded.has(key)) keys.push(other.key);
    return sample(this.#random, keys, mostTold);
  }

  /** False when there is nobody of that key but oneself. */
  signal(from: Member, to: PublicKey, sealed: Uint8Array): boolean {
    const member = this.#members.get(keyHex(to));
    if (member === undefined || member === from) return false;
    member.signalled(from.key, sealed);
    return true;
  }
}
