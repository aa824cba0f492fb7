/**
 * Who is online: what KeepAlives and frames of a peer's own link have shown.
 *
 * A KeepAlive counts only when its count has risen, and is judged only after its signature was checked, by whoever
 * calls. Times: a key may write until 2.5 s without a sign of life, its turn is honoured until 0.9 s, it is named as
 * candidate while proven within 3 s (spec/safety.md, Who is online). Nothing here sends; `presence.ts` does.
 */
import { equalBytes } from '../codec/bytes.ts';
import type { Milliseconds } from '../config.ts';
import { type Holder, holderOf, isPublicKey, keyHex, type PublicKey, type PublicKeyHex } from '../crypto/keys.ts';
import type { KeepAlive } from '../wire/messages.ts';

/** spec/safety.md, Online. */
export const onlineForWritingMs = 2_500;
export const onlineForAcceptingMs = 900;
/** spec/safety.md, Who is online: `live`. */
export const liveMs = 3_000;
/**
 * How long a key that only KeepAlives tell of is shown as known: two of them and a little for a busy machine. The
 * reference says 0.9 s; the scenarios give 1.5 s (spec/scenarios.md, first paragraph).
 */
export const knownMs = 1_400;
/** spec/safety.md, Leave: `heard` is capped, with a quota for each link. */
export const mostMembers = 4_096;

export interface Member {
  /** Both parities of one x are one holder; this is the one that its own link shows, or else that was heard first. */
  key: PublicKey;
  /** The newest KeepAlive, for new links; undefined when only frames of its own link were seen. */
  keepAlive: KeepAlive | undefined;
  /** The last proof that it is there: a frame of its own link that decrypted, or a rising KeepAlive. */
  aliveAt: Milliseconds;
  /** Whether a proven link to it is open. */
  linked: boolean;
}

export class Members {
  readonly #members = new Map<Holder, Member>();
  readonly #own: Holder;
  readonly #startedAt: Milliseconds;
  #known = new Set<PublicKeyHex>();
  #changedAt: Milliseconds;
  /** Nobody's time is over before; looked for anew only then, for this is asked at every event. */
  #nextEnd: Milliseconds = Number.POSITIVE_INFINITY;

  constructor(own: PublicKey, startedAt: Milliseconds) {
    this.#own = holderOf(own);
    this.#startedAt = startedAt;
    this.#changedAt = startedAt;
  }

  /** When a key was last added to or taken from those known. */
  get changedAt(): Milliseconds {
    return this.#changedAt;
  }

  /** Keys online now, without our own. */
  get known(): ReadonlySet<PublicKeyHex> {
    return this.#known;
  }

  /** The greatest count seen from a key whose signature held; undefined when none was. */
  countOf(key: PublicKey): bigint | undefined {
    return this.keepAliveOf(key)?.count;
  }

  /** The newest KeepAlive of this key, however long ago. */
  keepAliveOf(key: PublicKey): KeepAlive | undefined {
    return this.#members.get(holderOf(key))?.keepAlive;
  }

  /** A verified KeepAlive with a risen count. */
  heard(keepAlive: KeepAlive, now: Milliseconds): void {
    const member = this.#member(keepAlive.pubkey);
    if (member === undefined) return;
    member.keepAlive = keepAlive;
    this.#alive(member, now);
  }

  /** A frame of the key's own link decrypted. */
  provenBy(key: PublicKey, now: Milliseconds): void {
    const member = this.#member(key);
    if (member === undefined) return;
    if (!equalBytes(member.key, key)) this.#renamed(member, key);
    member.linked = true;
    this.#alive(member, now);
  }

  /** The last link to this key ended. */
  unlinked(key: PublicKey, now: Milliseconds): void {
    const member = this.#members.get(holderOf(key));
    if (member === undefined) return;
    member.linked = false;
    this.#nextEnd = now;
    this.elapse(now);
  }

  /** Keys whose time is over leave `known`. @returns whether it changed */
  elapse(now: Milliseconds): boolean {
    if (now < this.#nextEnd) return false;
    this.#nextEnd = Number.POSITIVE_INFINITY;
    let changed = false;
    for (const hex of this.#known) {
      const member = this.#members.get(holderOfHex(hex));
      const until = member === undefined ? now : shownUntil(member);
      if (until <= now) {
        this.#known.delete(hex);
        changed = true;
      } else this.#nextEnd = Math.min(this.#nextEnd, until);
    }
    if (changed) this.#changedAt = now;
    return changed;
  }

  /** When a key may leave `known`, at the earliest. */
  get deadline(): Milliseconds | undefined {
    return this.#known.size === 0 ? undefined : this.#nextEnd;
  }

  /** Silence before we began to listen says nothing, so nobody is gone before a whole term has passed. */
  onlineUntil(key: PublicKey): Milliseconds {
    return Math.max(this.#aliveAt(key) ?? 0, this.#startedAt) + onlineForWritingMs;
  }

  onlineForAccepting(key: PublicKey, now: Milliseconds): boolean {
    const aliveAt = this.#aliveAt(key);
    return aliveAt !== undefined && now < aliveAt + onlineForAcceptingMs;
  }

  /** Keys that gave a sign of life within `withinMs`, freshest first. */
  alive(now: Milliseconds, withinMs: Milliseconds): PublicKey[] {
    return [...this.#members.values()]
      .filter((member) => now < member.aliveAt + withinMs)
      .sort((a, b) => b.aliveAt - a.aliveAt)
      .map((member) => member.key);
  }

  /** The newest KeepAlive of each key that is known, for a new link. */
  keepAlives(): KeepAlive[] {
    const newest: KeepAlive[] = [];
    for (const hex of this.#known) {
      const keepAlive = this.#members.get(holderOfHex(hex))?.keepAlive;
      if (keepAlive !== undefined) newest.push(keepAlive);
    }
    return newest;
  }

  #aliveAt(key: PublicKey): Milliseconds | undefined {
    return this.#members.get(holderOf(key))?.aliveAt;
  }

  #alive(member: Member, now: Milliseconds): void {
    member.aliveAt = now;
    this.#nextEnd = Math.min(this.#nextEnd, shownUntil(member));
    const hex = keyHex(member.key);
    if (this.#known.has(hex)) return;
    this.#known.add(hex);
    this.#changedAt = now;
  }

  #renamed(member: Member, key: PublicKey): void {
    if (this.#known.delete(keyHex(member.key))) this.#known.add(keyHex(key));
    member.key = key;
  }

  #member(key: PublicKey): Member | undefined {
    const holder = holderOf(key);
    if (!isPublicKey(key) || holder === this.#own) return undefined;
    const held = this.#members.get(holder);
    if (held !== undefined) return held;
    if (this.#members.size >= mostMembers && !this.#forgetOne()) return undefined;
    const member: Member = { key, keepAlive: undefined, aliveAt: 0, linked: false };
    this.#members.set(holder, member);
    return member;
  }

  /** Makes room by the key that has been silent longest; none when all are known. */
  #forgetOne(): boolean {
    let oldest: [Holder, Member] | undefined;
    for (const entry of this.#members) {
      if (this.#known.has(keyHex(entry[1].key))) continue;
      if (oldest === undefined || entry[1].aliveAt < oldest[1].aliveAt) oldest = entry;
    }
    if (oldest === undefined) return false;
    this.#members.delete(oldest[0]);
    return true;
  }
}

/** A key with a link of its own is shown as long as it may write; the end of the link is seen at once. */
function shownUntil(member: Member): Milliseconds {
  return member.aliveAt + (member.linked ? onlineForWritingMs : knownMs);
}

function holderOfHex(hex: PublicKeyHex): Holder {
  return hex.slice(2) as string as Holder;
}
