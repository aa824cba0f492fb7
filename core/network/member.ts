/**
 * One key as it has shown itself here: which of two kinds it is of, and for how long it is shown (spec/safety.md, Online).
 *
 * One that KeepAlives or our own program speak for lapses without a sign of life. One that only `gcm-siv` speaks for
 * stands, for its peer says nothing while it is idle. Decides nothing about others; `members.ts` keeps them all.
 */
import type { Milliseconds } from '../config.ts';
import type { PublicKey } from '../crypto/keys.ts';
import type { LinkId } from '../events.ts';
import type { Beacon } from '../wire/beacon.ts';
import type { KeepAlive } from '../wire/messages.ts';

/** spec/safety.md, Online. */
export const onlineForWritingMs = 2_500;
export const onlineForAcceptingMs = 900;
/** spec/safety.md, Who is online: `live`. */
export const liveMs = 3_000;
/** spec/safety.md, Leave: `heard` is capped, with a quota for each link. */
export const mostMembers = 4_096;
/** Of those that beacon seldom only such may be drawn (spec/safety.md, Presence that does not grow). */
export const drawnMs = 30_000;
/** A reference author needs up to 1.5 s, and a sibling of its block is a fork it never undoes (Writing, Order). */
export const referenceDelayMs = 3_000;
/** So long an item waits before it crosses from one era to the other (spec/safety.md, Both eras). */
export const crossingMs = 4_000;
/**
 * How long a key that only KeepAlives tell of is shown as known: two of them and a little for a busy machine. The
 * reference says 0.9 s; the scenarios give 1.5 s (spec/scenarios.md, first paragraph).
 */
export const knownMs = 1_400;

/** A reference peer counts its KeepAlives from 1; ours count Unix time (spec/safety.md), since 2001 in so many ms. */
const leastCountOfOurs = 1_000_000_000_000n;

/** What the beacons of a key say. */
export interface Beaconed {
  readonly newest: Beacon;
  /** When that was made, as far as is known. */
  readonly madeAt: Milliseconds;
  /** Until when what it proved, and what was only told of it, may be taken to hold. */
  readonly liveUntil: Milliseconds;
  readonly heardUntil: Milliseconds;
}

export interface Member {
  /** Both parities of one x are one holder; this is the one that its own link shows, or else that was heard first. */
  key: PublicKey;
  /** The newest KeepAlive, for new links; undefined when only frames of its own link were seen. */
  keepAlive: KeepAlive | undefined;
  /** The last proof that it is there: a frame of its own link that decrypted, or a rising KeepAlive. */
  aliveAt: Milliseconds;
  /** When it last came to be online for writing after it had not been. */
  onlineSince: Milliseconds;
  /** When the newest KeepAlive came; 0 when none has. */
  keepAliveAt: Milliseconds;
  /** Undefined while none has come. */
  beacon: Beaconed | undefined;
  /** Whether KeepAlives speak for it, so that its silence says something. */
  lapses: boolean;
  /** Whether a proven link to it is open. */
  linked: boolean;
  /** A link has shown that it runs this program. */
  ours: boolean;
  /** `gcm-siv` has announced it; by which link, and when a Leave about it counts. */
  standing: { readonly link: LinkId; readonly leavesAt: Milliseconds | undefined } | undefined;
}

export function newMember(key: PublicKey): Member {
  const unseen = { keepAlive: undefined, aliveAt: 0, onlineSince: 0, keepAliveAt: 0, lapses: false };
  return { key, ...unseen, beacon: undefined, linked: false, ours: false, standing: undefined };
}

/** Only `gcm-siv` speaks for it, so silence says nothing. */
export function stands({ standing, lapses, ours }: Member): boolean {
  return standing !== undefined && !lapses && !ours;
}

/** For writing (spec/safety.md, Online). */
export function isOnline(member: Member, now: Milliseconds): boolean {
  return stands(member) || now < Math.max(member.aliveAt + onlineForWritingMs, member.beacon?.liveUntil ?? 0);
}

/** Whether it runs our program, as far as is known here. */
export function isOurs({ ours, keepAlive }: Member): boolean {
  return ours || (keepAlive !== undefined && isCountOfOurs(keepAlive.count));
}

export function isCountOfOurs(count: bigint): boolean {
  return count >= leastCountOfOurs;
}

/** Of a key that lapses: proven to be there of late, or lately enough for one that beacons seldom. */
export function isLive({ aliveAt, beacon }: Member, now: Milliseconds): boolean {
  return now < Math.max(aliveAt + liveMs, Math.min(aliveAt + drawnMs, beacon?.liveUntil ?? 0));
}

/**
 * A key with a link of its own is shown as long as it may write; the end of the link is seen at once. One that beacons is
 * shown for as long as its beacons say.
 */
export function shownUntil({ aliveAt, linked, beacon }: Member): Milliseconds {
  const until = aliveAt + (linked ? onlineForWritingMs : knownMs);
  return beacon === undefined ? until : Math.max(until, beacon.liveUntil, beacon.heardUntil);
}
