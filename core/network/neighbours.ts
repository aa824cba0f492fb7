/**
 * Whom to link with: addresses the user gave, addresses we were told of, and when to dial or to ask for more.
 *
 * An address the user gave is dialled again for as long as the peer runs. Of those told of, enough are dialled that
 * `relationship.count` neighbours are linked, besides the user's; who fails is left alone for a while, then forgotten.
 * Every `relationship.time` a peer with too few asks all it has (spec/wire.md, Messages). Sends nothing itself.
 */
import type { Config, Milliseconds } from '../config.ts';
import { keyHex, type PublicKeyHex } from '../crypto/keys.ts';
import type { Effects } from '../effects.ts';
import type { RequestId } from '../events.ts';
import { type Random, randomBelow } from '../random.ts';
import { signaledKey, unreachableAddress } from './addresses.ts';

type AddressState =
  | { readonly kind: 'idle'; readonly from: Milliseconds }
  | { readonly kind: 'dialling'; readonly dial: RequestId }
  | { readonly kind: 'linked' };

interface Known {
  readonly address: string;
  /** The user asked for it, so it is never given up. */
  readonly wanted: boolean;
  /** Whom it leads to, when the address says so or a link has shown it. */
  key: PublicKeyHex | undefined;
  state: AddressState;
  failures: number;
}

/** Addresses we were told of, kept at most. */
const mostAddresses = 256;
/** One we were told of is forgotten after this many failures in a row. */
const mostFailures = 3;
const dialTimeoutMs = 10_000;
/** A wanted address is tried again quickly, and never seldom: a relay that is started again is found within 5 s. */
const wantedRetryMs = { least: 250, most: 2_000 };
const toldRetryMs = { least: 2_000, most: 30_000 };

export class Neighbours {
  readonly #known = new Map<string, Known>();
  readonly #settings: Config['relationship'];
  readonly #own: PublicKeyHex;
  readonly #random: Random;
  readonly #effects: Effects;
  #askAt: Milliseconds;

  constructor(
    settings: Config['relationship'],
    own: PublicKeyHex,
    random: Random,
    effects: Effects,
    now: Milliseconds,
  ) {
    this.#settings = settings;
    this.#own = own;
    this.#random = random;
    this.#effects = effects;
    this.#askAt = now + settings.timeMs;
  }

  /** The user wants this address linked. */
  want(address: string, now: Milliseconds): void {
    const known = this.#known.get(address);
    if (known?.wanted === true) return;
    const state: AddressState =
      known === undefined || known.state.kind === 'idle' ? { kind: 'idle', from: now } : known.state;
    this.#known.set(address, { address, wanted: true, key: keyOf(address), state, failures: 0 });
  }

  /** We were told of this address. */
  told(address: string, now: Milliseconds): void {
    if (address === unreachableAddress) return;
    const known = this.#known.get(address);
    if (known !== undefined) {
      if (known.state.kind === 'idle' && !known.wanted)
        known.state = { kind: 'idle', from: Math.min(known.state.from, now) };
      return;
    }
    const key = keyOf(address);
    if (key === this.#own || (this.#known.size >= mostAddresses && !this.#forgetOne())) return;
    this.#known.set(address, { address, wanted: false, key, state: { kind: 'idle', from: now }, failures: 0 });
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
    known.key = key;
  }

  /** The link to this address ended. */
  unlinked(address: string, now: Milliseconds): void {
    const known = this.#known.get(address);
    if (known?.state.kind === 'linked') this.#failed(known, now);
  }

  dialFailed(dial: RequestId, now: Milliseconds): void {
    for (const known of this.#known.values()) {
      if (known.state.kind === 'dialling' && known.state.dial === dial) return this.#failed(known, now);
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
        known.state = { kind: 'idle', from: now + wantedRetryMs.most };
        continue;
      }
      if (!known.wanted && missing-- <= 0) continue;
      const dial = this.#effects.nextRequest();
      known.state = { kind: 'dialling', dial };
      this.#effects.put({ kind: 'dial', dial, address: known.address, timeoutMs: dialTimeoutMs });
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

  #failed(known: Known, now: Milliseconds): void {
    known.failures++;
    if (!known.wanted && known.failures >= mostFailures) {
      this.#known.delete(known.address);
      return;
    }
    const { least, most } = known.wanted ? wantedRetryMs : toldRetryMs;
    const wait = Math.min(most, least * 2 ** Math.min(known.failures - 1, 16));
    known.state = { kind: 'idle', from: now + wait - randomBelow(this.#random, Math.ceil(wait / 5)) };
  }
}

function keyOf(address: string): PublicKeyHex | undefined {
  const key = signaledKey(address);
  return key === undefined ? undefined : keyHex(key);
}
