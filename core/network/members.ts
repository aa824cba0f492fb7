/**
 * Who is online: what KeepAlives, Announces, Leaves and frames of a peer's own link have shown (spec/safety.md, Who is
 * online).
 *
 * Two kinds of keys. One that KeepAlives or our own program speak for lapses: it may write until 2.5 s without a sign
 * of life, its turn is honoured until 0.9 s. One that only `gcm-siv` speaks for stands until its link here ends or a
 * Leave counts, for its peer says nothing while it is idle. A KeepAlive counts only when its count has risen, and is
 * judged only after its signature was checked, by whoever calls. Nothing here sends.
 */
import { equalBytes } from '../codec/bytes.ts';
import type { Milliseconds } from '../config.ts';
import type { PublicKey, PublicKeyHex } from '../crypto/keys.ts';
import type { LinkId } from '../events.ts';
import { type Random, randomBelow } from '../random.ts';
import type { Beacon } from '../wire/beacon.ts';
import type { KeepAlive } from '../wire/messages.ts';
import { KnownKeys, type MemberChange } from './known-keys.ts';
import {
  type Beaconed,
  crossingMs,
  isLive,
  isOnline,
  isOurs,
  type Member,
  onlineForAcceptingMs,
  onlineForWritingMs,
  referenceDelayMs,
  shownUntil,
  stands,
} from './member.ts';
import { mostLifetimeMs } from './pace.ts';
import { Roster } from './roster.ts';

/** A Leave that was only heard is acted on after this time, and not at all on a sign of life (spec/safety.md, Leave). */
const leaveMs = { least: 5_000, most: 7_000 };
/** A `gcm-siv` reference key may be drawn while a frame of its own link is less than this old. */
const standingLiveMs = 30_000;
/** For so long a KeepAlive of a reference peer says that its era is here (spec/safety.md, Both eras). */
const eraMs = 600_000;
/** Keys that one link may announce. */
const mostOfOneLink = 1_024;

export class Members {
  readonly #roster: Roster;
  readonly #startedAt: Milliseconds;
  readonly #known: KnownKeys;
  readonly #random: Random;
  /** How many keys each link has announced. */
  readonly #announcedBy = new Map<LinkId, number>();
  #referenceKeepAliveAt: Milliseconds = Number.NEGATIVE_INFINITY;
  /** Nobody's time is over before; looked for anew only then, for this is asked at every event. */
  #nextEnd: Milliseconds = Number.POSITIVE_INFINITY;

  constructor(own: PublicKey, random: Random, startedAt: Milliseconds) {
    this.#random = random;
    this.#startedAt = startedAt;
    this.#known = new KnownKeys(startedAt);
    this.#roster = new Roster(own, this.#known);
  }

  /** When a key was last added to or taken from those known. */
  get changedAt(): Milliseconds {
    return this.#known.changedAt;
  }

  /** Keys online now, without our own. */
  get known(): ReadonlySet<PublicKeyHex> {
    return this.#known.keys;
  }

  /** The greatest count seen from a key whose signature held; undefined when none was. */
  countOf(key: PublicKey): bigint | undefined {
    return this.keepAliveOf(key)?.count;
  }

  /** The newest KeepAlive of this key, however long ago. */
  keepAliveOf(key: PublicKey): KeepAlive | undefined {
    return this.#roster.find(key)?.keepAlive;
  }

  /** Every key that is known, for a greeting. */
  knownKeys(): PublicKey[] {
    return [...this.#known.keys].flatMap((hex) => this.#roster.findHex(hex)?.key ?? []);
  }

  /** What came and went since the last call, in order. */
  takeChanges(): MemberChange[] {
    return this.#known.takeChanges();
  }

  /** Whether a peer of the `cbc` era that is not ours was heard in the last ten minutes. */
  hearsReferenceKeepAlives(now: Milliseconds): boolean {
    return now < this.#referenceKeepAliveAt + eraMs;
  }

  /** How long a reference key is waited for: one that only the other era sees has an item so much later. */
  referenceDelayMs(key: PublicKey, now: Milliseconds): Milliseconds {
    const isAcross = this.isStanding(key) && this.hearsReferenceKeepAlives(now);
    return isAcross ? referenceDelayMs + crossingMs : referenceDelayMs;
  }

  /** Whether a peer of either era is about that is not known as ours. */
  referencesAreNear(now: Milliseconds): boolean {
    if (this.hearsReferenceKeepAlives(now)) return true;
    for (const member of this.#roster.all()) if (stands(member)) return true;
    return false;
  }

  /** The last proof that this key is there. */
  aliveAt(key: PublicKey): Milliseconds | undefined {
    return this.#roster.find(key)?.aliveAt;
  }

  /** Whether this key runs our program, as far as is known here. */
  isOurs(key: PublicKey): boolean {
    const member = this.#roster.find(key);
    return member !== undefined && isOurs(member);
  }

  /** Whether only the era of Announce and Leave can see this key. */
  isStanding(key: PublicKey): boolean {
    const member = this.#roster.find(key);
    return member !== undefined && stands(member);
  }

  isKnown(key: PublicKey): boolean {
    const member = this.#roster.find(key);
    return member !== undefined && this.#known.has(member.key);
  }

  /** A verified KeepAlive with a risen count. */
  heard(keepAlive: KeepAlive, now: Milliseconds, link?: LinkId): void {
    const member = this.#roster.obtain(keepAlive.pubkey, true);
    if (member === undefined) return;
    comes(member, now);
    member.keepAlive = keepAlive;
    member.keepAliveAt = now;
    member.lapses = true;
    if (!isOurs(member)) this.#referenceKeepAliveAt = now;
    this.#alive(member, { seen: false, link }, now);
  }

  beaconOf(key: PublicKey): Beacon | undefined {
    return this.#roster.find(key)?.beacon?.newest;
  }

  /** A verified beacon whose counter has risen. @param ageMs how old it is: one told of later is heard and proves nothing */
  beaconed(beacon: Beacon, ageMs: Milliseconds, now: Milliseconds): void {
    const lifetimeMs = Math.min(beacon.lifetimeMs, mostLifetimeMs);
    if (ageMs >= lifetimeMs) return;
    const member = this.#roster.obtain(beacon.pubkey, true);
    if (member === undefined) return;
    comes(member, now);
    const { liveUntil = 0, heardUntil = 0 } = member.beacon ?? {};
    const madeAt = now - ageMs;
    const until = madeAt + lifetimeMs;
    member.ours = true;
    if (ageMs === 0) {
      member.beacon = { newest: beacon, madeAt, heardUntil, liveUntil: Math.max(liveUntil, until) };
      return this.#alive(member, { seen: false, link: undefined }, now);
    }
    member.beacon = { newest: beacon, madeAt, liveUntil, heardUntil: Math.max(heardUntil, until) };
    this.#nextEnd = Math.min(this.#nextEnd, shownUntil(member));
    this.#show(member, { seen: false, link: undefined }, now);
  }

  /** The newest beacon of each key that is known by one, the newest first. @param most of them */
  beacons(most: number): Pick<Beaconed, 'newest' | 'madeAt'>[] {
    const beacons = this.knownKeys().flatMap((key) => this.#roster.find(key)?.beacon ?? []);
    return beacons.sort((a, b) => b.madeAt - a.madeAt).slice(0, most);
  }

  /**
   * A frame of the key's own link decrypted.
   * @param ours its Version says that it runs this program @param silent the link, when it speaks `gcm-siv`
   */
  provenBy(key: PublicKey, now: Milliseconds, ours: boolean, silent?: LinkId): void {
    const member = this.#roster.obtain(key, true);
    if (member === undefined) return;
    comes(member, now);
    if (!equalBytes(member.key, key)) {
      this.#known.rename(member.key, key);
      member.key = key;
    }
    if (ours) member.ours = true;
    // Of which kind it is its own link shows best: a peer may have changed its program since we heard of it.
    if (!isOurs(member)) member.lapses = silent === undefined;
    const link = silent ?? member.standing?.link;
    if (link !== undefined) member.standing = { link, leavesAt: undefined };
    this.#alive(member, { seen: true, link: undefined }, now);
    // It was known before by its greeting, or by what others say: now it was seen.
    if (!member.linked) this.#known.tell({ key: member.key, isHere: true, seen: true, link: undefined });
    member.linked = true;
  }

  /** A `gcm-siv` greeting shows this key: it is known, but nobody is told of it before a frame decrypts. */
  shown(key: PublicKey, link: LinkId, now: Milliseconds): void {
    const member = this.#roster.obtain(key, false);
    if (member === undefined) return;
    comes(member, now);
    // It is no sign of life, for anybody may show any key: what others say of it goes on.
    member.standing ??= { link, leavesAt: undefined };
    if (stands(member)) this.#known.add(member.key, now);
  }

  /** The link ended. @param shown the key of its greeting, when no frame of it has decrypted */
  linkEnded(link: LinkId, shown: PublicKey | undefined, now: Milliseconds): void {
    this.#announcedBy.delete(link);
    const member = shown === undefined ? undefined : this.#roster.find(shown);
    if (member?.standing?.link !== link || member.linked) return;
    member.standing = undefined;
    this.#known.remove(member.key, now);
  }

  /** Data that this key has signed came, so it was there a moment ago, whoever brought it. */
  signed(key: PublicKey, now: Milliseconds): void {
    const member = this.#roster.find(key);
    if (member?.standing === undefined || !stands(member)) return;
    member.standing = { ...member.standing, leavesAt: undefined };
    this.#alive(member, { seen: false, link: undefined }, now);
  }

  /** This key has written a block just now: it is there, though a Leave or the watch-dog had it gone. */
  wrote(key: PublicKey, link: LinkId, now: Milliseconds): void {
    const member = this.#roster.find(key);
    if (member === undefined || member.lapses || member.ours) return;
    comes(member, now);
    member.standing = { link, leavesAt: undefined };
    this.#alive(member, { seen: false, link }, now);
  }

  /** An Announce, or a key that a `gcm-siv` greeting names. */
  announced(key: PublicKey, link: LinkId, now: Milliseconds): void {
    const announcedBy = this.#announcedBy.get(link) ?? 0;
    const isNew = !this.#roster.has(key);
    if (isNew && announcedBy >= mostOfOneLink) return;
    const member = this.#roster.obtain(key, false);
    if (member === undefined) return;
    if (isNew) this.#announcedBy.set(link, announcedBy + 1);
    comes(member, now);
    // What speaks for itself and has been silent for so long may have changed its program since.
    if (!isOurs(member) && now >= member.keepAliveAt + eraMs) member.lapses = false;
    member.standing = { link, leavesAt: undefined };
    if (stands(member)) this.#show(member, { seen: false, link }, now);
  }

  /**
   * A Leave about a key that is not the sender's and has no link here: it is shown as gone at once, and counts later.
   * @returns whether it was known
   */
  leaving(key: PublicKey, link: LinkId, now: Milliseconds): boolean {
    const member = this.#roster.find(key);
    if (member?.standing === undefined || !stands(member) || member.standing.leavesAt !== undefined) return false;
    const span = leaveMs.most - leaveMs.least;
    member.standing = { link, leavesAt: now + leaveMs.least + randomBelow(this.#random, span) };
    this.#nextEnd = now;
    this.#known.remove(member.key, now);
    return true;
  }

  /** It counts as gone from now on, and everybody is to hear of it: its own word, or the watch-dog's. */
  gone(key: PublicKey, seen: boolean, now: Milliseconds): void {
    const member = this.#roster.find(key);
    if (member === undefined || !stands(member)) return;
    member.standing = undefined;
    member.aliveAt = 0;
    this.#known.remove(member.key, now);
    // After a Leave it was shown as gone before, but could write until now.
    this.#known.changed(now);
    this.#known.tell({ key: member.key, isHere: false, seen, link: undefined });
  }

  /** The last link to this key ended. */
  unlinked(key: PublicKey, now: Milliseconds): void {
    const member = this.#roster.find(key);
    if (member === undefined) return;
    member.linked = false;
    // It has gone as far as we can tell, whatever its beacons said; the next one says if it has not.
    if (member.beacon !== undefined) member.beacon = { ...member.beacon, liveUntil: 0, heardUntil: 0 };
    if (stands(member)) this.gone(key, true, now);
    this.#nextEnd = now;
    this.elapse(now);
  }

  /** No link is left by which a Leave could come: what such links have announced is known no more. */
  forgetStanding(now: Milliseconds): void {
    this.#announcedBy.clear();
    for (const member of this.#roster.all()) if (stands(member)) this.gone(member.key, false, now);
  }

  /** Keys whose time is over leave `known`. @returns whether it changed */
  elapse(now: Milliseconds): boolean {
    if (now < this.#nextEnd) return false;
    this.#nextEnd = Number.POSITIVE_INFINITY;
    const before = this.#known.keys.size;
    for (const member of this.#roster.all()) this.#elapseOne(member, now);
    return this.#known.keys.size !== before;
  }

  /** When a key may leave `known`, at the earliest. */
  get deadline(): Milliseconds | undefined {
    return this.#nextEnd === Number.POSITIVE_INFINITY ? undefined : this.#nextEnd;
  }

  /**
   * As one that is waited for: silence before we began to listen says nothing, so nobody is gone before a whole term has
   * passed. Nor does that of one that beacons seldom, before it was named and we have heard of that.
   * @param namedAt when the block that names it came here
   */
  onlineUntil(key: PublicKey, namedAt: Milliseconds = 0): Milliseconds {
    const member = this.#roster.find(key);
    if (member !== undefined && stands(member)) return Number.POSITIVE_INFINITY;
    const heardFrom = Math.max(member?.aliveAt ?? 0, this.#startedAt);
    const beaconsSeldom = (member?.beacon?.liveUntil ?? 0) > heardFrom + onlineForWritingMs;
    return (beaconsSeldom ? Math.max(heardFrom, namedAt) : heardFrom) + onlineForWritingMs;
  }

  onlineForAccepting(key: PublicKey, now: Milliseconds): boolean {
    const member = this.#roster.find(key);
    if (member === undefined) return false;
    return stands(member) || now < member.aliveAt + onlineForAcceptingMs;
  }

  /** Keys that count as online for writing, freshest first. */
  online(now: Milliseconds): PublicKey[] {
    return this.#roster.freshest((member) => isOnline(member, now));
  }

  /** The smallest of them. @param standing whether those count too that only the era of Announce and Leave can see */
  lowestOnline(standing: boolean, now: Milliseconds): PublicKey | undefined {
    return this.#roster.lowest((member) => isOnline(member, now) && (standing || !stands(member)))?.key;
  }

  /** Since when a key has counted as online for writing without a break; undefined while it does not. */
  onlineSince(key: PublicKey, now: Milliseconds): Milliseconds | undefined {
    const member = this.#roster.find(key);
    return member !== undefined && isOnline(member, now) ? member.onlineSince : undefined;
  }

  /**
   * Keys a block may name, freshest first: proven to be there. While peers of the `cbc` era are heard only those that
   * they can see too, and of ours only such as they have just heard (spec/safety.md, Both eras).
   */
  candidates(now: Milliseconds): PublicKey[] {
    const bothEras = this.hearsReferenceKeepAlives(now);
    return this.#roster.freshest((member) => {
      if (stands(member)) return !bothEras && now < member.aliveAt + standingLiveMs;
      if (bothEras && isOurs(member) && now >= member.keepAliveAt + onlineForAcceptingMs) return false;
      return isLive(member, now);
    });
  }

  /** The newest KeepAlive of each key that is known, for a new link. */
  keepAlives(): KeepAlive[] {
    const newest: KeepAlive[] = [];
    for (const hex of this.#known.keys) {
      const keepAlive = this.#roster.findHex(hex)?.keepAlive;
      if (keepAlive !== undefined) newest.push(keepAlive);
    }
    return newest;
  }

  #elapseOne(member: Member, now: Milliseconds): void {
    const { standing } = member;
    if (stands(member) && standing !== undefined) {
      if (standing.leavesAt === undefined) return;
      if (standing.leavesAt <= now) this.gone(member.key, false, now);
      else this.#nextEnd = Math.min(this.#nextEnd, standing.leavesAt);
      return;
    }
    if (!this.#known.has(member.key)) return;
    const until = shownUntil(member);
    if (until > now) this.#nextEnd = Math.min(this.#nextEnd, until);
    else {
      this.#known.remove(member.key, now);
      this.#known.tell({ key: member.key, isHere: false, seen: false, link: undefined });
    }
  }

  #alive(member: Member, source: Pick<MemberChange, 'seen' | 'link'>, now: Milliseconds): void {
    member.aliveAt = now;
    if (!stands(member)) this.#nextEnd = Math.min(this.#nextEnd, shownUntil(member));
    this.#show(member, source, now);
  }

  #show(member: Member, { seen, link }: Pick<MemberChange, 'seen' | 'link'>, now: Milliseconds): void {
    if (this.#known.add(member.key, now)) this.#known.tell({ key: member.key, isHere: true, seen, link });
  }
}

/** Called before what makes it count as online, if it did not. */
function comes(member: Member, now: Milliseconds): void {
  if (!isOnline(member, now)) member.onlineSince = now;
}
