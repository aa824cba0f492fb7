/**
 * The keys of which anything has been heard, at most 4,096, and who makes room when there are more (spec/safety.md, Leave:
 * `heard` is capped).
 *
 * Knows nothing of links or messages: `members.ts` says what happened to each.
 */
import { compareBytes } from '../codec/bytes.ts';
import type { Milliseconds } from '../config.ts';
import { type Holder, holderOf, isPublicKey, type PublicKey, type PublicKeyHex } from '../crypto/keys.ts';
import type { KnownKeys } from './known-keys.ts';
import { type Member, mostMembers, newMember, stands } from './member.ts';

export class Roster {
  readonly #members = new Map<Holder, Member>();
  readonly #own: Holder;
  readonly #known: KnownKeys;

  constructor(own: PublicKey, known: KnownKeys) {
    this.#own = holderOf(own);
    this.#known = known;
  }

  has(key: PublicKey): boolean {
    return this.#members.has(holderOf(key));
  }

  find(key: PublicKey): Member | undefined {
    return this.#members.get(holderOf(key));
  }

  /** By the hex of either parity. */
  findHex(hex: PublicKeyHex): Member | undefined {
    return this.#members.get(hex.slice(2) as string as Holder);
  }

  all(): IterableIterator<Member> {
    return this.#members.values();
  }

  /** Keys, freshest first. */
  freshest(isWanted: (member: Member) => boolean): PublicKey[] {
    const wanted = [...this.#members.values()].filter(isWanted);
    return wanted.sort((a, b) => b.aliveAt - a.aliveAt).map(({ key }) => key);
  }

  /** The smallest of them by all its bytes; undefined when there is none. */
  lowest(isWanted: (member: Member) => boolean): Member | undefined {
    let lowest: Member | undefined;
    for (const member of this.#members.values()) {
      if (!isWanted(member)) continue;
      if (lowest === undefined || compareBytes(member.key, lowest.key) < 0) lowest = member;
    }
    return lowest;
  }

  /** Found, or new. @param isThere the key has shown so itself @returns undefined for our own key, for none, without room */
  obtain(key: PublicKey, isThere: boolean): Member | undefined {
    const holder = holderOf(key);
    if (!isPublicKey(key) || holder === this.#own) return undefined;
    const held = this.#members.get(holder);
    if (held !== undefined) return held;
    if (this.#members.size >= mostMembers && !this.#forgetOne(isThere)) return undefined;
    const member = newMember(key);
    this.#members.set(holder, member);
    return member;
  }

  /**
   * Makes room by the key that has been silent longest. When all are known: for one that is there by the last that was
   * only announced, or whoever invents names would keep neighbours away; else by that of the oldest beacon, for a network
   * may be larger than what is kept of it.
   */
  #forgetOne(forOneThatIsThere: boolean): boolean {
    let oldest: Member | undefined;
    let invented: Member | undefined;
    let beaconed: Member | undefined;
    for (const member of this.#members.values()) {
      if (!this.#known.has(member.key)) {
        if (isOlder(member, oldest)) oldest = member;
      } else if (stands(member) && member.aliveAt === 0 && !member.linked) invented = member;
      else if (member.beacon !== undefined && !member.linked && isOlder(member, beaconed)) beaconed = member;
    }
    const member = oldest ?? (forOneThatIsThere ? (invented ?? beaconed) : undefined);
    if (member === undefined) return false;
    this.#known.forget(member.key);
    return this.#members.delete(holderOf(member.key));
  }
}

function isOlder(member: Member, than: Member | undefined): boolean {
  return than === undefined || shownAt(member) < shownAt(than);
}

function shownAt({ aliveAt, beacon }: Member): Milliseconds {
  return Math.max(aliveAt, beacon?.madeAt ?? 0);
}
