/**
 * Whom to link with: addresses the user gave, addresses of the book, and when to dial or to ask for more.
 *
 * An address the user gave is dialled again for as long as the peer runs. Of those in the book (address-book.ts) enough
 * are dialled that `relationship.count` neighbours are linked, besides the user's; and of those reached before half as
 * many however many dial us, else whoever dials us from many keys would choose all our neighbours. Every
 * `relationship.time` a peer with too few asks all it has (spec/wire.md, Messages). Of each address is remembered how its
 * peer wants to be greeted (spec/safety.md, Which dialect). Sends nothing itself.
 */
import type { Config, Milliseconds } from '../config.ts';
import { keyHex, type PublicKeyHex } from '../crypto/keys.ts';
import type { Effects } from '../effects.ts';
import type { RequestId } from '../events.ts';
import { type Random, randomBelow } from '../random.ts';
import type { DialectName } from '../wire/dialect.ts';
import { AddressBook, type Entry, roomSource, type Source } from './address-book.ts';
import { addressNote, restoreNote } from './address-note.ts';
import { groupOf, hostAndPort, isPrivate, signaledKey, unreachableAddress } from './addresses.ts';
import type { Lasting } from './anchors.ts';
import type { OwnAddress } from './own-address.ts';

type AddressState =
  | { readonly kind: 'idle'; readonly from: Milliseconds }
  | { readonly kind: 'dialling'; readonly dial: RequestId }
  | { readonly kind: 'linked' };

/** How the peer at an address is greeted when it is dialled. */
export interface Manner {
  /** What it spoke last time. */
  readonly dialect: DialectName | undefined;
  /** It hung up on a greeting of ours, so it may be of the other dialect: let it speak first. */
  readonly patient: boolean;
  /** It has another root: greet as one that holds nothing and is known to nobody (spec/safety.md, Roots). */
  readonly thin: boolean;
}

const usualManner: Manner = { dialect: undefined, patient: false, thin: false };

interface Known {
  readonly address: string;
  /** The user asked for it, so it is never given up. */
  readonly wanted: boolean;
  /** Whom it leads to, when the address says so or a link has shown it. */
  key: PublicKeyHex | undefined;
  /** Why it cannot be reached, as the user was told. */
  problem: string | undefined;
  state: AddressState;
  failures: number;
  manner: Manner;
  /** Dials at once in another manner, since a link was last proven. */
  turns: number;
  /** It was never reached before it was dialled the last time. */
  isFresh: boolean;
  /** Its newest link was proven. */
  isProven: boolean;
}

/** A link as it counts here. */
export interface Neighbour {
  readonly address: string;
  /** When it is known yet. */
  readonly key: PublicKeyHex | undefined;
  readonly dialled: boolean;
}

/** A link that has told of addresses. */
export interface Teller extends Pick<Neighbour, 'address'> {
  readonly key: PublicKeyHex;
}

/** Addresses of the book that were dialled, whose manner is remembered. */
const mostDialled = 256;
/** Who says where it listens and is gone is dialled there when it has had time to dial us again. */
const claimRestMs = 30_000;
/** The book is kept when it has changed, no more often than that, and at the end. */
const keepMs = 60_000;
const dialTimeoutMs = 10_000;
/** By Tor (spec/safety.md, Frames and sessions). */
const farDialTimeoutMs = 60_000;
/**
 * A wanted address is tried again quickly, and that of a relay never seldom: one that is started again is found within
 * 5 s. Others wait longer and longer, up to the configured time. How long those of the book wait is the book's.
 */
const wantedRetryMs = { least: 250, mostForRelay: 2_000 };
/** The other dialect and the other root; whoever then still hangs up is dialled as seldom as one that cannot be. */
const mostTurns = 2;

export class Neighbours {
  readonly #known = new Map<string, Known>();
  readonly #settings: Config['relationship'];
  readonly #own: PublicKeyHex;
  readonly #random: Random;
  readonly #effects: Effects;
  readonly #ownAddress: OwnAddress;
  readonly #book: AddressBook;
  #askAt: Milliseconds;
  /** Nothing in the book is due before that. */
  #lookAt: Milliseconds = 0;
  #kept = { changes: 0, at: 0 };

  constructor(
    settings: Config['relationship'],
    ownAddress: OwnAddress,
    own: PublicKeyHex,
    random: Random,
    effects: Effects,
    now: Milliseconds,
  ) {
    this.#settings = settings;
    this.#own = own;
    this.#random = random;
    this.#effects = effects;
    this.#ownAddress = ownAddress;
    this.#book = new AddressBook(random, settings.retry);
    this.#askAt = now + settings.timeMs;
    this.#kept.at = now;
  }

  /** What `note` gave when this peer ran before. */
  restore(note: Uint8Array, now: Milliseconds): void {
    restoreNote(this.#book, note, this.#ownAddress.dialsByTor, now);
    this.#kept = { changes: this.#book.changes, at: now };
  }

  /** Whether it is time to keep the book. */
  dueToKeep(now: Milliseconds): boolean {
    return now >= this.#kept.at + keepMs;
  }

  /** The book as it is to be kept; undefined when it is kept like that. */
  note({ leading, anchors }: Lasting, now: Milliseconds): Uint8Array | undefined {
    this.#kept.at = now;
    this.#book.anchor(new Set(anchors));
    if (this.#book.changes === this.#kept.changes) return undefined;
    for (const address of leading) this.reached(address, now);
    this.#kept.changes = this.#book.changes;
    return addressNote(this.#book, this.#ownAddress.dialsByTor);
  }

  /** The user wants this address linked. */
  want(address: string, now: Milliseconds): void {
    const known = this.#known.get(address);
    if (known?.wanted === true) return;
    const state: AddressState =
      known === undefined || known.state.kind === 'idle' ? { kind: 'idle', from: now } : known.state;
    const manner = known?.manner ?? usualManner;
    this.#known.set(address, newly(address, { wanted: true, state, manner }));
  }

  /** The signaling says who is there. */
  discovered(address: string, now: Milliseconds): void {
    if (this.#isDialable(address)) this.#tell(address, roomSource, now);
  }

  /** A neighbour told of this address. */
  told(address: string, by: Teller, now: Milliseconds): void {
    if (this.#isDialable(address) && this.#mayTellOf(address, by)) this.#tell(address, sourceOfLink(by), now);
  }

  /** A neighbour says that it listens there itself; called when its link is proven, and when it has ended. */
  claimed(address: string, by: Teller, now: Milliseconds): void {
    if (!this.#isDialable(address) || !this.#mayTellOf(address, by)) return;
    this.#book.claimed(address, { source: sourceOfLink(by), key: by.key }, now + claimRestMs);
    this.#lookAt = 0;
  }

  /** A link to this address opened, whoever dialled. */
  linked(address: string): void {
    const known = this.#known.get(address);
    if (known === undefined) return;
    known.state = { kind: 'linked' };
  }

  /** A link is proven that leads where its address says. */
  reached(address: string, now: Milliseconds): void {
    if (this.#isDialable(address)) this.#book.reached(address, now);
  }

  /** The link was proven: what failed before is forgiven, and whoever has another link is not dialled here again. */
  proven(address: string, key: PublicKeyHex): void {
    const known = this.#known.get(address);
    if (known === undefined) return;
    known.failures = 0;
    known.turns = 0;
    known.isProven = true;
    known.key = key;
    this.#tellProblem(known, undefined);
  }

  manner(address: string): Manner {
    return this.#known.get(address)?.manner ?? usualManner;
  }

  /** Its peer has spoken this dialect. */
  spoke(address: string, dialect: DialectName): void {
    const known = this.#known.get(address);
    if (known !== undefined) known.manner = { ...known.manner, dialect, patient: false };
  }

  /** To be greeted in this manner from now on: dialled again at once, though not for ever. */
  again(address: string, manner: Manner, now: Milliseconds): void {
    const known = this.#known.get(address);
    if (known === undefined) return;
    known.manner = manner;
    if (known.turns >= mostTurns) return;
    known.turns++;
    known.state = { kind: 'idle', from: now };
  }

  /** It leads to ourselves: never dialled again. */
  leadsHere(address: string): void {
    const known = this.#known.get(address);
    if (known === undefined) return;
    known.key = this.#own;
    known.state = { kind: 'idle', from: Number.POSITIVE_INFINITY };
    this.#book.forget(address);
  }

  /** The link to this address ended. */
  unlinked(address: string, now: Milliseconds): void {
    const known = this.#known.get(address);
    this.#lookAt = 0;
    if (known?.state.kind === 'linked') this.#failed(known, now);
  }

  /** @param reason for people */
  dialFailed(dial: RequestId, reason: string, now: Milliseconds): void {
    for (const known of this.#known.values()) {
      if (known.state.kind !== 'dialling' || known.state.dial !== dial) continue;
      if (known.wanted && hostAndPort(known.address) !== undefined) this.#tellProblem(known, reason);
      return this.#failed(known, now);
    }
  }

  isWanted(address: string): boolean {
    return this.#known.get(address)?.wanted === true;
  }

  /** Dials what should be dialled now. */
  dial(links: readonly Neighbour[], now: Milliseconds): void {
    const linkedKeys = new Set(links.map((link) => link.key));
    const missing = this.#missing(links);
    let left = Math.max(missing.neighbours, missing.chosen);
    for (const known of this.#known.values()) {
      if (known.state.kind !== 'idle' || known.state.from > now) continue;
      if (known.key !== undefined && linkedKeys.has(known.key)) {
        // Looked at again later, or the deadline of a wanted one would stay in the past.
        known.state = {
          kind: 'idle',
          from: known.wanted ? now + wantedRetryMs.mostForRelay : Number.POSITIVE_INFINITY,
        };
        continue;
      }
      if (known.wanted || left-- > 0) this.#dial(known);
    }
    if (left > 0 && now >= this.#lookAt) this.#dialFromBook(left, Math.min(left, missing.neighbours), links, now);
  }

  /** Whether it is time to ask for more neighbours. */
  dueToAsk(linked: number, now: Milliseconds): boolean {
    if (now < this.#askAt) return false;
    this.#askAt = now + this.#settings.timeMs;
    return linked < this.#settings.count;
  }

  get deadline(): Milliseconds {
    let earliest = this.#askAt;
    for (const { state, wanted } of this.#known.values()) {
      if (wanted && state.kind === 'idle' && state.from < earliest) earliest = state.from;
    }
    return earliest;
  }

  /** How many more neighbours to dial; and how many of our own choice, however many dial us. */
  #missing(links: readonly Neighbour[]): { readonly neighbours: number; readonly chosen: number } {
    const { count } = this.#settings;
    let dialling = 0;
    for (const { wanted, state } of this.#known.values()) if (!wanted && state.kind === 'dialling') dialling++;
    const strangers = links.filter(({ address }) => !this.isWanted(address)).length;
    const dialled = links.filter((link) => link.dialled).length;
    return { neighbours: count - strangers - dialling, chosen: Math.ceil(count / 2) - dialled - dialling };
  }

  /**
   * Those over `missing` are of our own choice, so they must have been reached before. While there is hope to reach one
   * again, half of the places are kept for such.
   */
  #dialFromBook(count: number, missing: number, links: readonly Neighbour[], now: Milliseconds): void {
    const addresses = new Set(links.map(({ address }) => address));
    const keys = new Set(links.map(({ key }) => key));
    const isFree = ({ address, claimedBy }: Entry): boolean => {
      const known = this.#known.get(address);
      if (known !== undefined && (known.wanted || known.state.kind !== 'idle')) return false;
      const key = known?.key ?? keyOf(address) ?? claimedBy;
      return key !== this.#own && !addresses.has(address) && (key === undefined || !keys.has(key));
    };
    const hasHope = this.#book.tried.some((entry) => entry.failures === 0 && isFree(entry));
    let mostFresh = missing;
    if (hasHope) {
      const inUse = [...this.#known.values()].filter(({ isFresh, state }) => isFresh && state.kind !== 'idle').length;
      mostFresh = Math.min(missing, Math.max(1, Math.floor(this.#settings.count / 2)) - inUse);
    }
    const groups = new Set(links.map(({ address }) => groupOf(address)));
    const chosen = this.#book.choose({ count, mostFresh, isFree, groups }, now);
    if (chosen.length < count) this.#lookAt = this.#book.nextDue(isFree, now);
    for (const { address, reachedAt } of chosen) {
      const known = this.#known.get(address) ?? this.#remember(address, now);
      known.isFresh = reachedAt === undefined;
      this.#dial(known);
    }
  }

  #dial(known: Known): void {
    const dial = this.#effects.nextRequest();
    known.state = { kind: 'dialling', dial };
    const timeoutMs = this.#ownAddress.isFar(known.address) ? farDialTimeoutMs : dialTimeoutMs;
    this.#effects.put({ kind: 'dial', dial, address: known.address, timeoutMs });
  }

  /** An address of the book that is dialled now. One that has waited longest is remembered no more. */
  #remember(address: string, now: Milliseconds): Known {
    const idle = [...this.#known.values()].filter(({ wanted, state }) => !wanted && state.kind === 'idle');
    if (idle.length >= mostDialled) this.#known.delete(idle[0]?.address ?? '');
    const known = newly(address, { wanted: false, state: { kind: 'idle', from: now }, manner: usualManner });
    this.#known.set(address, known);
    return known;
  }

  #isDialable(address: string): boolean {
    return address !== unreachableAddress && address !== this.#ownAddress.listen && keyOf(address) !== this.#own;
  }

  /** Whoever is elsewhere has no business with addresses of this machine and its network (address-book.ts). */
  #mayTellOf(address: string, by: Teller): boolean {
    if (!isPrivate(address)) return true;
    return !this.#ownAddress.isByTor && (isPrivate(by.address) || signaledKey(by.address) !== undefined);
  }

  #tell(address: string, source: Source, now: Milliseconds): void {
    this.#book.told(address, source, now);
    this.#lookAt = 0;
  }

  /** Of what the user has asked for; a relay's own address is its transport's to tell of. */
  #tellProblem(known: Known, reason: string | undefined): void {
    if (known.problem === reason) return;
    known.problem = reason;
    const message = reason === undefined ? undefined : `Cannot link: ${reason}.`;
    this.#effects.put({ kind: 'report', code: `unreachable ${known.address}`, message });
  }

  #failed(known: Known, now: Milliseconds): void {
    if (!known.wanted) {
      // Dialled again when the book says so.
      known.state = { kind: 'idle', from: Number.POSITIVE_INFINITY };
      this.#lookAt = 0;
      if (known.isProven) this.#book.rested(known.address, now);
      else this.#book.failed(known.address, now);
      known.isProven = false;
      return;
    }
    known.failures++;
    const { least } = wantedRetryMs;
    const most = hostAndPort(known.address) === undefined ? wantedRetryMs.mostForRelay : this.#settings.reconnectMs;
    const wait = Math.min(most, least * 2 ** Math.min(known.failures - 1, 16));
    known.state = { kind: 'idle', from: now + wait - randomBelow(this.#random, Math.ceil(wait / 5)) };
  }
}

function newly(address: string, known: Pick<Known, 'wanted' | 'state' | 'manner'>): Known {
  const nothing = { problem: undefined, failures: 0, turns: 0, isFresh: false, isProven: false };
  return { ...known, ...nothing, address, key: keyOf(address) };
}

function keyOf(address: string): PublicKeyHex | undefined {
  const key = signaledKey(address);
  return key === undefined ? undefined : keyHex(key);
}

/** Whoever has many keys has mostly few networks; whom nobody can tell by an address counts by its key. */
function sourceOfLink({ address, key }: Teller): Source {
  return groupOf(address) ?? key;
}
