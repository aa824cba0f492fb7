/**
 * Whom a reference peer holds for online: by signed KeepAlives in one era, by Announce and Leave in the other.
 *
 * One's own key is never among them. Everything that is new is passed on to all but the sender (spec/wire.md, KeepAlive,
 * Announce / Leave).
 */
import type { ExactMessage, SecondGreeting } from '../second-decoder.ts';
import { type Crypto, keepAliveHolds, type Signer } from './signing.ts';

export interface Surroundings {
  readonly signer: Signer;
  readonly crypto: Crypto;
  readonly thin: boolean;
  readonly now: () => number;
  /** To every neighbour but the one with this link. */
  readonly flood: (message: ExactMessage, except: number | undefined) => void;
}

export interface Presence {
  /** Keys held for online, without one's own. */
  known(): string[];
  /** A neighbour has greeted. */
  greeted(greeting: SecondGreeting, link: number): void;
  /** Its connection has ended and is not dialled again. */
  left(key: string): void;
  heard(message: ExactMessage, link: number): void;
  /** Every `keep_alive`. */
  tick(): void;
}

/** `cbc`: heard within this many times `keep_alive`. */
const patience = 1.5;

export class KeepAlives implements Presence {
  readonly #around: Surroundings;
  readonly #keepAliveMs: number;
  readonly #heard = new Map<string, { readonly count: bigint; readonly at: number }>();
  #count = 0n;

  constructor(around: Surroundings, keepAliveMs: number) {
    this.#around = around;
    this.#keepAliveMs = keepAliveMs;
  }

  /** Whoever is not known any more is forgotten: a key that starts again may count from 1. */
  known(): string[] {
    const since = this.#around.now() - patience * this.#keepAliveMs;
    for (const [key, { at }] of this.#heard) if (at < since) this.#heard.delete(key);
    return [...this.#heard.keys()];
  }

  greeted(): void {}

  left(): void {}

  heard(message: ExactMessage, link: number): void {
    const { crypto, signer, now, flood } = this.#around;
    if (message.type !== 'keepAlive') return;
    const { pubkey, count, sign } = message;
    this.known();
    const last = this.#heard.get(pubkey)?.count;
    if (pubkey === signer.key || (last !== undefined && count <= last && count !== 0n)) return;
    if (!keepAliveHolds(crypto, pubkey, count, sign)) return;
    this.#heard.set(pubkey, { count, at: now() });
    flood(message, link);
  }

  tick(): void {
    const { thin, signer, flood } = this.#around;
    if (!thin) flood(signer.keepAlive(++this.#count), undefined);
  }
}

export class Announcements implements Presence {
  readonly #around: Surroundings;
  readonly #known = new Set<string>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  known(): string[] {
    return [...this.#known];
  }

  greeted(greeting: SecondGreeting, link: number): void {
    if (greeting.thin) return;
    const others = 'known' in greeting ? greeting.known : [];
    for (const key of [greeting.pubkey, ...others]) this.#add(key, link);
  }

  left(key: string): void {
    this.#remove(key, undefined);
  }

  heard(message: ExactMessage, link: number): void {
    if (message.type === 'announce') this.#add(message.pubkey, link);
    if (message.type === 'leave') this.#remove(message.pubkey, link);
  }

  tick(): void {}

  #add(pubkey: string, link: number): void {
    if (pubkey === this.#around.signer.key || this.#known.has(pubkey)) return;
    this.#known.add(pubkey);
    this.#around.flood({ type: 'announce', pubkey }, link);
  }

  #remove(pubkey: string, link: number | undefined): void {
    if (this.#known.delete(pubkey)) this.#around.flood({ type: 'leave', pubkey }, link);
  }
}
