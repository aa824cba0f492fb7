/**
 * Links that are opened, greeted and proven as a test says, with no network.
 */
import { Effects } from '../../core/effects.ts';
import type { Effect } from '../../core/events.ts';
import type { Carrier } from '../../core/link.ts';
import { Links } from '../../core/network/links.ts';
import type { GreetedLink } from '../../core/network/open-link.ts';
import { dialects } from '../../core/wire/dialect.ts';
import { type Greeting, oursCommit, wireVersion } from '../../core/wire/messages.ts';
import { Session } from '../../core/wire/session.ts';
import { type Author, authors } from './author.ts';
import { fakeCurve } from './fake-curve.ts';
import { Seeded } from './seeded.ts';

export const [small, self, large] = authors(3) as [Author, Author, Author];
export const start = 50_000;

export function greetingOf(author: Author, commit = oursCommit): Greeting {
  const version = { ...wireVersion, target: '', branch: 'main', commit };
  const nothing = { root: undefined, last: undefined, count: 0n, thin: false };
  return { pubkey: author.key, listen: '127.0.0.1:1', ...nothing, version, known: [] };
}

export function phaseOf(author: Author, ours: boolean, since: number): GreetedLink['phase'] {
  const greeting = greetingOf(author);
  const { key, hex } = author;
  return { kind: 'greeted', greeting, key, hex, ours, dialect: dialects.cbc, quiet: false, since };
}

export const accepts = ['cbc', 'gcm-siv'] as const;

export class Bench {
  readonly effects = new Effects();
  readonly links: Links;
  readonly #seeded = new Seeded(1);
  #lastLink = 0;

  constructor(maxLinks = 64, count = 0) {
    const session = { curve: fakeCurve, random: this.#seeded.random, secret: self.secret, publicKey: self.key };
    this.links = new Links({ accepts, ...session, network: 'main' }, { maxLinks, count }, this.effects);
  }

  /** @returns the link's id */
  open(dialled = false, now = start, carrier: Carrier = 'memory', address?: string): number {
    const link = ++this.#lastLink;
    const event = { kind: 'linkOpened', link, carrier, dial: undefined, dialled, remote: undefined } as const;
    const isOpen = this.links.opened({ ...event, address: address ?? `m:${link}` }, { waitMs: 0, isFar: false }, now);
    if (isOpen) this.advance(now);
    return link;
  }

  /** What a peer does at the end of an event. */
  advance(now: number): void {
    for (const link of this.links.dueToGreet(now)) this.links.greet(link, greetingOf(self), 'cbc', now);
  }

  /** The first bytes of a greeting of 100, on a link that is open. */
  speak(link: number): void {
    this.links.link(link)?.session.receive(Uint8Array.of(100, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2));
  }

  greet(author: Author, dialled = false, now = start, ours = true): GreetedLink {
    const id = this.open(dialled, now);
    const link = this.links.link(id);
    if (link === undefined) throw new Error('the link is open');
    const { secret, key: publicKey } = author;
    const options = {
      curve: fakeCurve,
      random: this.#seeded.random,
      secret,
      publicKey,
      network: 'main',
      dialled: !dialled,
    };
    const other = new Session({ ...options, expected: undefined, accepts });
    link.session.receive(other.greet(greetingOf(author, ''), 'cbc'));
    link.phase = phaseOf(author, ours, now);
    return link as GreetedLink;
  }

  /** A link that is proven at once. */
  prove(author: Author, dialled = false, now = start, ours = true): GreetedLink {
    const link = this.greet(author, dialled, now, ours);
    this.links.prove(link, now);
    return link;
  }

  /** What a peer does at the end of an event. */
  elapse(now: number): void {
    for (const { link, reason } of this.links.overdue(now)) this.links.close(link, reason);
  }

  get ids(): number[] {
    return this.links.all().map(({ id }) => id);
  }

  taken<K extends Effect['kind']>(kind: K): Extract<Effect, { kind: K }>[] {
    return this.effects.take().filter((effect): effect is Extract<Effect, { kind: K }> => effect.kind === kind);
  }
}
