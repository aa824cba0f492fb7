/**
 * Beacons, by which ours tell a large network that they are there (spec/safety.md, Presence that does not grow).
 *
 * Up to 32 peers need none: everybody's KeepAlive is flooded there, as the reference does. In a larger network each peer
 * beacons as seldom as its pace says, and the newest block's candidates every `keep_alive`, for those are waited for.
 * What comes is checked, and passed on, within allowances: ten a second are passed on over all, the candidates' first, so
 * that what presence costs a peer depends on its links and not on the network. `members.ts` remembers; the caller sends.
 */
import type { Milliseconds } from '../config.ts';
import type { Curve, SignatureCheck } from '../crypto/curve.ts';
import {
  type Hash,
  type Holder,
  holderOf,
  isPublicKey,
  isSameHolder,
  type PublicKey,
  type SecretKey,
  signatureHex,
} from '../crypto/keys.ts';
import type { LinkId } from '../events.ts';
import type { Random } from '../random.ts';
import { type Beacon, beaconDigest, type CarriedBeacon } from '../wire/beacon.ts';
import { Allowance } from './allowance.ts';
import { intervalsOfLife, mostLifetimeMs, Pace } from './pace.ts';

export interface BeaconOptions {
  readonly curve: Curve;
  readonly random: Random;
  readonly secret: SecretKey;
  readonly publicKey: PublicKey;
  readonly network: string;
  readonly thin: boolean;
  readonly keepAliveMs: Milliseconds;
}

/** Where the newest beacon of each key is kept. */
export interface BeaconBook {
  beaconOf(key: PublicKey): Beacon | undefined;
  /** One whose signature holds, and whose counter has risen, made so long ago as far as is known. */
  beaconed(beacon: Beacon, ageMs: Milliseconds, now: Milliseconds): void;
}

/** What a beacon of ours depends on. */
export interface BeaconView {
  /** How many other keys are online. */
  readonly known: number;
  /** The newest block that others may hear of. */
  readonly tip: Hash | undefined;
  /** Whom the newest block names. */
  readonly nextChoices: readonly PublicKey[];
}

export type Heard =
  /** Only the neighbour itself can have made it. */
  | { readonly kind: 'forged' }
  | { readonly kind: 'kept' }
  /** To all of ours but those, which have it. */
  | { readonly kind: 'passOn'; readonly except: ReadonlySet<LinkId> };

/** Others than ourselves, from which on a network is large (spec/safety.md: up to 32), and down to which it stays so. */
const largeFrom = 32;
const largeDownTo = 24;
/** Checks a second, over all and for one link; a new link tells of many at once (whereabouts.ts). */
const checksASecond = 20;
const checksOfOneLinkASecond = 10;
const checksAtOnce = 64;
const mostChecking = 256;
/**
 * A little more than the ten for which all set their pace: with ten, of 1,000 peers a third missed each beacon. In a network
 * whose peers should beacon more seldom than every ten minutes the rest stays with whom it has reached.
 */
const passedOnASecond = 12;
const passedOnAtOnce = 24;
/** A block may name more; those behind the first have little to say. */
const mostCandidates = 8;

export class Beacons {
  readonly #options: BeaconOptions;
  readonly #own: Holder;
  readonly #book: BeaconBook;
  readonly #pace: Pace;
  readonly #checks = new Allowance(checksASecond, checksAtOnce);
  readonly #checksOf = new Map<LinkId, Allowance>();
  readonly #passings = new Allowance(passedOnASecond, passedOnAtOnce);
  /** By key, counter and signature: which links have brought it. So a forged one keeps no true one away. */
  readonly #checking = new Map<string, Set<LinkId>>();
  #candidates: readonly Holder[] = [];
  #isLarge = false;
  #wasCandidate = false;
  #lastCounter = 0n;
  #lastAt: Milliseconds = Number.NEGATIVE_INFINITY;
  #nextAt: Milliseconds | undefined;

  constructor(options: BeaconOptions, book: BeaconBook, startedAt: Milliseconds) {
    this.#options = options;
    this.#own = holderOf(options.publicKey);
    this.#book = book;
    this.#pace = new Pace(options.keepAliveMs, startedAt);
  }

  get deadline(): Milliseconds | undefined {
    return this.#nextAt;
  }

  /** Whether this is a network in which not everybody's KeepAlive can be flooded. */
  get isLarge(): boolean {
    return this.#isLarge;
  }

  /** When we last showed ourselves to all: in a small network all the time. */
  spokeAt(now: Milliseconds): Milliseconds {
    return this.#isLarge ? this.#lastAt : now;
  }

  /** Whether the newest block names us. */
  get isCandidate(): boolean {
    return this.#candidates.includes(this.#own);
  }

  /** At the end of every event. @returns our own beacon when it is time for one */
  due({ known, tip, nextChoices }: BeaconView, now: Milliseconds): Beacon | undefined {
    this.#candidates = nextChoices.slice(0, mostCandidates).map(holderOf);
    this.#isLarge = known >= (this.#isLarge ? largeDownTo : largeFrom);
    if (!this.#isLarge || this.#options.thin) {
      this.#nextAt = undefined;
      return undefined;
    }
    const { isCandidate } = this;
    const { keepAliveMs, random } = this.#options;
    const intervalMs = isCandidate ? keepAliveMs : this.#pace.intervalMs(known, now);
    if (isCandidate) this.#nextAt = Math.min(this.#nextAt ?? now, this.#lastAt + keepAliveMs);
    // Who is named no more says once for how long it is there now, for its last beacons said very little.
    else if (this.#wasCandidate) this.#nextAt = now;
    this.#nextAt ??= now;
    if (now < this.#nextAt) return undefined;
    this.#wasCandidate = isCandidate;
    this.#lastAt = now;
    // What was stated is kept to, however the interval changes meanwhile: where all put off theirs together nobody hears
    // any, and then all hasten. Less or more by a quarter, so that those who began together do not stay together.
    const spread = isCandidate ? 1 : 0.75 + (random(1)[0] as number) / 512;
    this.#nextAt = now + intervalMs * spread;
    return this.#sign(tip, intervalsOfLife * intervalMs, now);
  }

  /** What must be checked before this beacon counts; undefined when it is dropped unchecked. */
  check(beacon: CarriedBeacon, link: LinkId, now: Milliseconds): SignatureCheck | undefined {
    const { pubkey, counter, sign } = beacon;
    if (!isPublicKey(pubkey) || counter <= this.#counterOf(pubkey)) return undefined;
    const name = nameOf(beacon);
    const checking = this.#checking.get(name);
    checking?.add(link);
    if (checking !== undefined || this.#checking.size >= mostChecking) return undefined;
    if (!this.#allowanceOf(link).take(now)) return undefined;
    if (!this.#checks.take(now, this.#isOfCandidate(pubkey) ? checksASecond : 0)) return undefined;
    this.#checking.set(name, new Set([link]));
    return { key: pubkey, digest: beaconDigest(this.#options.network, beacon), signature: sign };
  }

  /** The check came back. */
  checked(beacon: CarriedBeacon, held: boolean, now: Milliseconds): Heard {
    const { pubkey, counter, ageMs } = beacon;
    const name = nameOf(beacon);
    const except = this.#checking.get(name) ?? new Set();
    this.#checking.delete(name);
    if (!held) return { kind: 'forged' };
    if (counter <= this.#counterOf(pubkey)) return { kind: 'kept' };
    if (this.#isOwn(pubkey)) {
      this.#lastCounter = counter;
      // Nobody has believed what we said so far: the clock was set back.
      this.#nextAt = now;
      return { kind: 'kept' };
    }
    this.#book.beaconed(beacon, ageMs, now);
    const intervalMs = Math.min(beacon.lifetimeMs, mostLifetimeMs) / intervalsOfLife;
    if (ageMs > 0) {
      this.#pace.told(intervalMs);
      return { kind: 'kept' };
    }
    this.#pace.heard(intervalMs, now);
    const ahead = this.#isOfCandidate(pubkey) ? passedOnASecond : 0;
    return this.#passings.take(now, ahead) ? { kind: 'passOn', except } : { kind: 'kept' };
  }

  ended(link: LinkId): void {
    this.#checksOf.delete(link);
  }

  #sign(tip: Hash | undefined, lifetimeMs: Milliseconds, now: Milliseconds): Beacon {
    const { curve, random, secret, publicKey, network } = this.#options;
    const time = BigInt(Math.max(1, Math.floor(now)));
    const counter = time > this.#lastCounter ? time : this.#lastCounter + 1n;
    this.#lastCounter = counter;
    const signed = { pubkey: publicKey, counter, tip, lifetimeMs: Math.round(lifetimeMs) };
    return { ...signed, sign: curve.sign(beaconDigest(network, signed), secret, random(32)) };
  }

  #counterOf(key: PublicKey): bigint {
    return this.#isOwn(key) ? this.#lastCounter : (this.#book.beaconOf(key)?.counter ?? 0n);
  }

  #allowanceOf(link: LinkId): Allowance {
    const held = this.#checksOf.get(link) ?? new Allowance(checksOfOneLinkASecond, checksAtOnce);
    this.#checksOf.set(link, held);
    return held;
  }

  #isOfCandidate(key: PublicKey): boolean {
    return this.#candidates.includes(holderOf(key));
  }

  #isOwn(key: PublicKey): boolean {
    return isSameHolder(key, this.#options.publicKey);
  }
}

function nameOf({ pubkey, counter, sign }: Beacon): string {
  return `${holderOf(pubkey)} ${counter} ${signatureHex(sign)}`;
}
