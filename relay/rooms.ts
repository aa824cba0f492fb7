/**
 * Who is where: members of each network by their proven key (docs/protocol.md, Signaling).
 *
 * Knows no sockets and no bytes. A key is in a room once: a tab that comes again takes its own place. What a relay keeps
 * is bounded, and what is said about a bound is said with a reason (field-notes: a relay that stops silently).
 */
import type { PublicKey, PublicKeyHex } from '../core/crypto/keys.ts';
import { keyHex } from '../core/crypto/keys.ts';
import { type Random, randomBelow } from '../core/random.ts';
import { mostTold } from '../core/wire/signaling.ts';

export interface Member {
  readonly key: PublicKey;
  /** Another has come with the same key. */
  replaced(): void;
  /** A signal for this member. */
  signalled(from: PublicKey, sealed: Uint8Array): void;
}

/** They and their sockets take some 100 MB; a network that has more has more than one relay. */
export const mostMembers = 10_000;

export class Room {
  readonly #seats = new Map<PublicKeyHex, Seat>();
  /** The same without gaps, in no order: any of them can be picked by its number. */
  readonly #row: Seat[] = [];
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  get size(): number {
    return this.#row.length;
  }

  /** False when the room is full. */
  join(member: Member): boolean {
    const key = keyHex(member.key);
    const seat = this.#seats.get(key);
    if (seat !== undefined) {
      const before = seat.member;
      seat.member = member;
      before.replaced();
      return true;
    }
    if (this.size >= mostMembers) return false;
    const taken = { member, number: this.#row.length };
    this.#seats.set(key, taken);
    this.#row.push(taken);
    return true;
  }

  /** Does nothing when another has taken the member's place. */
  leave(member: Member): void {
    const key = keyHex(member.key);
    const seat = this.#seats.get(key);
    if (seat?.member !== member) return;
    this.#seats.delete(key);
    const last = this.#row.pop();
    if (last === undefined || last === seat) return;
    last.number = seat.number;
    this.#row[seat.number] = last;
  }

  /** At most `mostTold` of the others, at random, without those named: the same work in a room of any size. */
  others(member: Member, exclude: readonly PublicKey[]): PublicKey[] {
    const passedOver = new Set([this.#seatOf(member.key), ...exclude.map((key) => this.#seatOf(key))]);
    const told: PublicKey[] = [];
    for (const seat of this.#drawn()) {
      if (passedOver.has(seat)) continue;
      told.push(seat.member.key);
      if (told.length === mostTold) break;
    }
    return told;
  }

  /** False when there is nobody of that key but oneself. */
  signal(from: Member, to: PublicKey, sealed: Uint8Array): boolean {
    const member = this.#seatOf(to)?.member;
    if (member === undefined || member === from) return false;
    member.signalled(from.key, sealed);
    return true;
  }

  #seatOf(key: PublicKey): Seat | undefined {
    return this.#seats.get(keyHex(key));
  }

  /** Every seat once, in random order: a shuffle (Fisher and Yates) that remembers only what it has moved. */
  *#drawn(): Generator<Seat> {
    const moved = new Map<number, Seat>();
    const at = (number: number): Seat => moved.get(number) ?? (this.#row[number] as Seat);
    for (let first = 0; first < this.#row.length; first++) {
      const number = first + randomBelow(this.#random, this.#row.length - first);
      const seat = at(number);
      moved.set(number, at(first));
      yield seat;
    }
  }
}

interface Seat {
  member: Member;
  /** Where it stands in the row. */
  number: number;
}
