/**
 * Addresses this peer has learned, and what became of them: whom to dial next, and whom first after a restart.
 *
 * What was reached once (`tried`) stands apart from what was only told of (`fresh`), so that whoever tells of addresses
 * without end holds its own quota and pushes out nothing that works. The fresh ones lie in a bucket for each source; of
 * one address group no more than so many are held in either table. Those reached are preferred, failures back off, what
 * was never reached ages out. Choice is random, from different sources and groups, so that nobody can foresee it. Knows
 * no links, dials nothing, and hands nothing out: neighbours are introduced by what they announce themselves.
 *
 * Tor: an address of a private network, or of this machine, is taken only from a source that is itself in one; from
 * nobody where links come or go by Tor, for there every source looks local. What is kept on the disk is `address-note.ts`.
 */
import type { Milliseconds } from '../config.ts';
import type { PublicKeyHex } from '../crypto/keys.ts';
import { type Random, randomBelow, sample } from '../random.ts';
import { groupOf, hostAndPort, signaledKey } from './addresses.ts';

/** Who told of an address, as quotas count: an address group, a key, or one of those below. */
export type Source = string;
/** The signaling, which knows who is there now. */
export const roomSource: Source = 'room';
export const userSource: Source = 'user';

export interface Entry {
  readonly address: string;
  readonly source: Source;
  /** Undefined where it says nothing (addresses.ts). */
  readonly group: string | undefined;
  toldAt: Milliseconds;
  /** When a link there was last proven; undefined: never. */
  reachedAt: Milliseconds | undefined;
  /** Dials in a row that failed. */
  failures: number;
  /** Not dialled before. */
  dueAt: Milliseconds;
  /** Its link had lasted and given blocks when this peer ended: dialled first. */
  isAnchor: boolean;
  /** Who says that it listens here; not proven. */
  claimedBy: PublicKeyHex | undefined;
}

export interface Wanted {
  readonly count: number;
  /** Of these at most so many that were never reached. */
  readonly mostFresh: number;
  /** Whether this one may be dialled now. */
  readonly isFree: (entry: Entry) => boolean;
  /** Of links that are there: others are preferred. */
  readonly groups: ReadonlySet<string | undefined>;
}

/** Together 1,024, of which any one source or group has but a part. */
export const mostTried = 256;
export const mostFresh = 768;
export const mostOfOneSource = 64;
export const mostOfOneGroup = 32;
/** Nobody has told of it again for so long, and it was never reached. */
const freshMs = 3 * 24 * 60 * 60_000;
/** One that fails is given up when it was reached before that. */
const triedMs = 30 * 24 * 60 * 60_000;
/** One that was reached within a day gives up its place only when it fails (what Bitcoin calls test before evict). */
const settledMs = 24 * 60 * 60_000;
const signaledRestMs = 3_000;
const spreadMs = 500;
const retryMs = { least: 2_000, mostFresh: 30_000, mostTried: 10 * 60_000 };

export class AddressBook {
  readonly #random: Random;
  readonly #retry: number;
  readonly #tried = new Map<string, Entry>();
  readonly #fresh = new Map<string, Entry>();
  readonly #sources = new Map<Source, Map<string, Entry>>();
  #changes = 0;

  /** @param retry an address that was never reached is forgotten after so many dials that failed */
  constructor(random: Random, retry: number) {
    this.#random = random;
    this.#retry = retry;
  }

  /** Rises with every change that is worth keeping. */
  get changes(): number {
    return this.#changes;
  }

  get tried(): readonly Entry[] {
    return [...this.#tried.values()];
  }

  get fresh(): readonly Entry[] {
    return [...this.#fresh.values()];
  }

  entry(address: string): Entry | undefined {
    return this.#tried.get(address) ?? this.#fresh.get(address);
  }

  /** @returns its entry; undefined when it is no address to dial, or there is no room for it */
  told(address: string, source: Source, now: Milliseconds): Entry | undefined {
    const known = this.entry(address);
    if (known !== undefined) {
      known.toldAt = now;
      // Whoever is there now, by signaling, is dialled now. Else telling again and again would make us dial as often.
      if (source === roomSource) known.dueAt = Math.min(known.dueAt, now);
      if (source !== known.source) known.claimedBy = undefined;
      return known;
    }
    const group = groupOf(address);
    if (hostAndPort(address) === undefined || !this.#makeRoom(source, group)) return undefined;
    const entry = newEntry(address, source, now);
    this.#addFresh(entry);
    return entry;
  }

  /** A link there was proven. Those the user gave come in by this too. */
  reached(address: string, now: Milliseconds): void {
    const entry = this.entry(address) ?? this.told(address, userSource, now);
    if (entry === undefined) return;
    this.#changes++;
    entry.failures = 0;
    entry.claimedBy = undefined;
    if (entry.reachedAt === undefined && !this.#makeTriedRoom(entry.group, now)) return;
    entry.reachedAt = now;
    this.#removeFresh(entry);
    this.#tried.set(address, entry);
  }

  /** It could not be dialled, or its link ended before it was proven. */
  failed(address: string, now: Milliseconds): void {
    const entry = this.entry(address);
    if (entry === undefined) return;
    entry.failures++;
    entry.isAnchor = false;
    const { reachedAt, failures } = entry;
    // A tab that is gone is told of by the room when it is there again.
    const isGone = reachedAt === undefined || now - reachedAt > triedMs || signaledKey(address) !== undefined;
    if (failures >= this.#retry && isGone) return this.forget(address);
    const most = reachedAt === undefined ? retryMs.mostFresh : retryMs.mostTried;
    const wait = Math.min(most, retryMs.least * 2 ** Math.min(failures - 1, 16));
    entry.dueAt = now + wait - randomBelow(this.#random, Math.ceil(wait / 5));
  }

  /** Its link was proven and has ended: it is there, and left alone for a moment. */
  rested(address: string, now: Milliseconds): void {
    const entry = this.entry(address);
    if (entry !== undefined) entry.dueAt = now + retryMs.least - randomBelow(this.#random, retryMs.least / 5);
  }

  /** Who says that it listens here is linked, or was just now: not dialled before `dueAt`. */
  claimed(address: string, by: { readonly source: Source; readonly key: PublicKeyHex }, dueAt: Milliseconds): void {
    const isNew = this.entry(address) === undefined;
    const entry = this.told(address, by.source, dueAt);
    if (entry === undefined || (!isNew && entry.claimedBy !== by.key)) return;
    entry.claimedBy = by.key;
    entry.dueAt = dueAt;
  }

  forget(address: string): void {
    const entry = this.entry(address);
    if (entry === undefined) return;
    this.#changes++;
    this.#removeFresh(entry);
    this.#tried.delete(address);
  }

  /** Those, and no others, are dialled first at the next start. */
  anchor(addresses: ReadonlySet<string>): void {
    for (const entry of this.#tried.values()) {
      if (entry.isAnchor === addresses.has(entry.address)) continue;
      entry.isAnchor = !entry.isAnchor;
      this.#changes++;
    }
  }

  /** As it was kept. What is over a bound is left out. */
  restore(entry: Entry): void {
    if (this.entry(entry.address) !== undefined) return;
    if (entry.reachedAt === undefined) {
      if (this.#makeRoom(entry.source, entry.group)) this.#addFresh(entry);
    } else if (this.#tried.size < mostTried && !this.#isFullOf(entry.group)) this.#tried.set(entry.address, entry);
  }

  /**
   * After a start: anchors at once, the others by lot one after the other, for many may be gone. Before those that are
   * reached by signaling the room has a moment to tell who is there.
   */
  spread(now: Milliseconds): void {
    let place = 0;
    for (const entry of sample(this.#random, [...this.tried, ...this.fresh], mostTried + mostFresh)) {
      const restMs = signaledKey(entry.address) === undefined ? 0 : signaledRestMs;
      entry.dueAt = now + restMs + (entry.isAnchor ? 0 : spreadMs * place++);
    }
  }

  /** Anchors first, then in turn by lot from those reached and those told of. Fewer, when there are no more. */
  choose(wanted: Wanted, now: Milliseconds): Entry[] {
    this.#age(now);
    const isDue = (entry: Entry): boolean => entry.dueAt <= now && wanted.isFree(entry);
    const left = { tried: this.tried.filter(isDue), fresh: this.fresh.filter(isDue) };
    const groups = new Set(wanted.groups);
    const chosen: Entry[] = [];
    let freshLeft = wanted.mostFresh;
    while (chosen.length < wanted.count) {
      const anchors = left.tried.filter(({ isAnchor }) => isAnchor);
      const tried = anchors.length > 0 ? anchors : left.tried;
      const takesFresh = freshLeft > 0 && left.fresh.length > 0 && anchors.length === 0;
      if (tried.length === 0 && !takesFresh) break;
      const isFresh = takesFresh && (tried.length === 0 || randomBelow(this.#random, 2) === 0);
      const entry = isFresh ? this.#draw(ofOneSource(left.fresh, this.#random), groups) : this.#draw(tried, groups);
      if (isFresh) freshLeft--;
      const list = isFresh ? left.fresh : left.tried;
      list.splice(list.indexOf(entry), 1);
      groups.add(entry.group);
      chosen.push(entry);
    }
    return chosen;
  }

  /** When the first of those is due. */
  nextDue(isFree: Wanted['isFree'], now: Milliseconds): Milliseconds {
    let earliest = Number.POSITIVE_INFINITY;
    for (const entry of [...this.#tried.values(), ...this.#fresh.values()]) {
      if (entry.dueAt > now && entry.dueAt < earliest && isFree(entry)) earliest = entry.dueAt;
    }
    return earliest;
  }

  /** One of them by lot; of another group than those, if there is one. */
  #draw(entries: readonly Entry[], groups: ReadonlySet<string | undefined>): Entry {
    const others = entries.filter(({ group }) => group === undefined || !groups.has(group));
    const from = others.length > 0 ? others : entries;
    return from[randomBelow(this.#random, from.length)] as Entry;
  }

  #age(now: Milliseconds): void {
    for (const { address, toldAt } of this.#fresh.values()) if (now - toldAt > freshMs) this.forget(address);
  }

  /** For one more that this source tells of: at its own cost, or at that of the source that has most. */
  #makeRoom(source: Source, group: string | undefined): boolean {
    const own = this.#sources.get(source);
    if (own !== undefined && own.size >= mostOfOneSource) return this.#forgetOf(own.values());
    if (group !== undefined) {
      const ofGroup = [...this.#fresh.values()].filter((entry) => entry.group === group);
      if (ofGroup.length >= mostOfOneGroup) return this.#forgetOf(ofGroup.filter((entry) => entry.source === source));
    }
    if (this.#fresh.size < mostFresh) return true;
    let largest = own;
    for (const bucket of this.#sources.values()) if (bucket.size > (largest?.size ?? 0)) largest = bucket;
    return this.#forgetOf(largest?.values() ?? []);
  }

  /** The first that has failed, or the one that was told of first. @returns whether there was one */
  #forgetOf(entries: Iterable<Entry>): boolean {
    let worst: Entry | undefined;
    for (const entry of entries) {
      worst ??= entry;
      if (entry.failures === 0) continue;
      worst = entry;
      break;
    }
    if (worst !== undefined) this.forget(worst.address);
    return worst !== undefined;
  }

  /** One that has failed makes room, the most often first; else one that was not reached for long, the longest first. */
  #makeTriedRoom(group: string | undefined, now: Milliseconds): boolean {
    if (this.#tried.size < mostTried && !this.#isFullOf(group)) return true;
    let worst: Entry | undefined;
    for (const entry of this.#tried.values()) {
      if (this.#isFullOf(group) && entry.group !== group) continue;
      if (entry.failures === 0 && now - (entry.reachedAt ?? 0) <= settledMs) continue;
      if (worst === undefined || isWorse(entry, worst)) worst = entry;
    }
    if (worst !== undefined) this.forget(worst.address);
    return worst !== undefined;
  }

  #isFullOf(group: string | undefined): boolean {
    if (group === undefined) return false;
    let held = 0;
    for (const entry of this.#tried.values()) if (entry.group === group) held++;
    return held >= mostOfOneGroup;
  }

  #addFresh(entry: Entry): void {
    this.#changes++;
    this.#fresh.set(entry.address, entry);
    const bucket = this.#sources.get(entry.source);
    if (bucket === undefined) this.#sources.set(entry.source, new Map([[entry.address, entry]]));
    else bucket.set(entry.address, entry);
  }

  #removeFresh({ address, source }: Entry): void {
    if (!this.#fresh.delete(address)) return;
    const bucket = this.#sources.get(source);
    bucket?.delete(address);
    if (bucket?.size === 0) this.#sources.delete(source);
  }
}

export function newEntry(address: string, source: Source, now: Milliseconds): Entry {
  const nothing = { reachedAt: undefined, failures: 0, isAnchor: false, claimedBy: undefined };
  return { address, source, group: groupOf(address), toldAt: now, dueAt: now, ...nothing };
}

function isWorse(entry: Entry, than: Entry): boolean {
  if (entry.failures !== than.failures) return entry.failures > than.failures;
  return (entry.reachedAt ?? 0) < (than.reachedAt ?? 0);
}

/** Each source has the same chance, however many addresses it tells of. */
function ofOneSource(entries: readonly Entry[], random: Random): readonly Entry[] {
  const sources = [...new Set(entries.map(({ source }) => source))];
  const source = sources[randomBelow(random, sources.length)];
  return entries.filter((entry) => entry.source === source);
}
