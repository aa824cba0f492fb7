/**
 * Whom to link with: addresses the user gave, addresses we were told of, and when to dial or to ask for more.
 *
 * An address the user gave is dialled again for as long as the peer runs. Of those told of, enough are dialled that
 * `relationship.count` neighbours are linked, besides the user's; who fails is left alone for a while, then forgotten.
 * Every `relationship.time` a peer with too few asks all it has (spec/wire.md, Messages). Of each address is remembered
 * how its peer wants to be greeted (spec/safety.md, Which dialect). Sends nothing itself.
 */
import type { Config, Milliseconds } from '../config.ts';
import { keyHex, type PublicKeyHex } from '../crypto/keys.ts';
import type { Effects } from '../effects.ts';
import type { RequestId } from '../events.ts';
import { type Random, randomBelow } from '../random.ts';
import type { DialectName } from '../wire/dialect.ts';
import { hostAndPort, signaledKey, unreachableAddress } from './addresses.ts';
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
}

/** Addresses we were told of, kept at most. */
const mostAddresses = 256;
const dialTimeoutMs = 10_000;
/** By Tor (spec/safety.md, Frames and sessions). */
const farDialTimeoutMs = 60_000;
/**
 * A wanted address is tried again quickly, and that of a relay never seldom: one that is started again is found within
 * 5 s. Others wait longer and longer, up to the configured time.
 */
const wantedRetryMs = { least: 250, mostForRelay: 2_000 };
const toldRetryMs = { least: 2_000, most: 30_000 };
/** The other dialect and the other root; whoever then still hangs up is dialled as seldom as one that cannot be. */
const mostTurns = 2;

export class Neighbours {
  readonly #known = new Map<string, Known>();
  readonly #settings: Config['relationship'];
  readonly #own: PublicKeyHex;
  readonly #random: Random;
  readonly #effects: Effects;
  readonly #ownAddress: OwnAddress;
  #askAt: Milliseconds;

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
    this.#askAt = now + settings.timeMs;
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

  /** We were told of this address. */
  told(address: string, now: Milliseconds): void {
    if (address === unreachableAddress || address === this.#ownAddress.listen) return;
    const known = this.#known.get(address);
    if (known !== undefined) {
      if (known.state.kind === 'idle' && !known.wanted && known.key !== this.#own)
        known.state = { kind: 'idle', from: Math.min(known.state.from, now) };
      return;
    }
    const key = keyOf(address);
    if (key === this.#own || (this.#known.size >= mostAddresses && !this.#forgetOne())) return;
    const state: AddressState = { kind: 'idle', from: now };
    this.#known.set(address, newly(address, { wanted: false, state, manner: usualManner }));
  }

  /** A link to this address opened, whoever dialled. */
  linked(address: string): void {
    const known = this.#known.get(address);
    if (known === undefined) return;
    known.state = { kind: 'linked' };
  }

  /** The link was proven: what failed before is forgiven, and whoever has another link is not dialled here again. */
  proven(address: string, key: PublicKeyHex): void {
    const known = this.#known.get(address);
    if (known === undefined) return;
    known.failures = 0;
    known.turns = 0;
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
  }

  /** The link to this address ended. */
  unlinked(address: string, now: Milliseconds): void {
    const known = this.#known.get(address);
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

  /**
   * Dials what should be dialled now.
   * @param links address and key of each open link, the key when it is known yet
   */
  dial(
    links: readonly { readonly address: string; readonly key: PublicKeyHex | undefined }[],
    now: Milliseconds,
  ): void {
    const linkedKeys = new Set(links.map((link) => link.key));
    let missing = this.#settings.count - links.filter(({ address }) => !this.isWanted(address)).length;
    for (const known of this.#known.values()) if (!known.wanted && known.state.kind === 'dialling') missing--;
    for (const known of this.#known.values()) {
      if (known.state.kind !== 'idle' || known.state.from > now) continue;
      if (known.key !== undefined && linkedKeys.has(known.key)) {
        // Looked at again later, or the deadline of a wanted one would stay in the past.
        known.state = { kind: 'idle', from: now + wantedRetryMs.mostForRelay };
        continue;
      }
      if (!known.wanted && missing-- <= 0) continue;
      const dial = this.#effects.nextRequest();
      known.state = { kind: 'dialling', dial };
      const timeoutMs = this.#ownAddress.isFar(known.address) ? farDialTimeoutMs : dialTimeoutMs;
      this.#effects.put({ kind: 'dial', dial, address: known.address, timeoutMs });
    }
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

  /** Makes room by the address that has waited longest. */
  #forgetOne(): boolean {
    for (const known of this.#known.values()) {
      if (!known.wanted && known.state.kind === 'idle') return this.#known.delete(known.address);
    }
    return false;
  }

  #retryMs({ wanted, address }: Known): { readonly least: Milliseconds; readonly most: Milliseconds } {
    if (!wanted) return toldRetryMs;
    const most = hostAndPort(address) === undefined ? wantedRetryMs.mostForRelay : this.#settings.reconnectMs;
    return { least: wantedRetryMs.least, most };
  }

  /** Of what the user has asked for; a relay's own address is its transport's to tell of. */
  #tellProblem(known: Known, reason: string | undefined): void {
    if (known.problem === reason) return;
    known.problem = reason;
    const message = reason === undefined ? undefined : `Cannot link: ${reason}.`;
    this.#effects.put({ kind: 'report', code: `unreachable ${known.address}`, message });
  }

  #failed(known: Known, now: Milliseconds): void {
    known.failures++;
    if (!known.wanted && known.failures >= this.#settings.retry) {
      this.#known.delete(known.address);
      return;
    }
    const { least, most } = this.#retryMs(known);
    const wait = Math.min(most, least * 2 ** Math.min(known.failures - 1, 16));
    known.state = { kind: 'idle', from: now + wait - randomBelow(this.#random, Math.ceil(wait / 5)) };
  }
}

function newly(address: string, known: Pick<Known, 'wanted' | 'state' | 'manner'>): Known {
  return { ...known, address, key: keyOf(address), problem: undefined, failures: 0, turns: 0 };
}

function keyOf(address: string): PublicKeyHex | undefined {
  const key = signaledKey(address);
  return key === undefined ? undefined : keyHex(key);
}
