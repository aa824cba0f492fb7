import { describe, expect, it } from 'vitest';
import { encodeBlock } from '../../../../core/chain/block.ts';
import { Effects } from '../../../../core/effects.ts';
import { greetingTimeoutMs, Links } from '../../../../core/network/links.ts';
import type { GreetedLink, OpenLink } from '../../../../core/network/open-link.ts';
import { type DialectName, dialects } from '../../../../core/wire/dialect.ts';
import { type Greeting, type Message, wireVersion } from '../../../../core/wire/messages.ts';
import { Session } from '../../../../core/wire/session.ts';
import { type Author, authors } from '../../../model/author.ts';
import { fakeCurve } from '../../../model/fake-curve.ts';
import { Seeded } from '../../../model/seeded.ts';

const [self, b, c] = authors(3) as [Author, Author, Author];
const start = 50_000;
const eachDialect: readonly DialectName[] = ['cbc', 'gcm-siv'];

function greetingOf({ key }: Author): Greeting {
  const version = { ...wireVersion, target: '', branch: 'main', commit: '' };
  const nothing = { root: undefined, last: undefined, count: 0n, thin: false, known: [] };
  return { pubkey: key, listen: '127.0.0.1:1', ...nothing, version };
}

/** The other end of a link, and what it has heard. */
interface Other {
  readonly session: Session;
  readonly heard: Message[];
  greeted: number;
}

class Bench {
  readonly effects = new Effects();
  readonly links: Links;
  readonly #others = new Map<number, Other>();
  #lastLink = 0;

  constructor() {
    this.links = new Links(this.#identity(self), { maxLinks: 64, count: 0 }, this.effects);
  }

  open(waitMs = 0, now = start): OpenLink {
    const id = ++this.#lastLink;
    const session = new Session({ ...this.#identity(b), dialled: false, expected: undefined });
    this.#others.set(id, { session, heard: [], greeted: 0 });
    const event = { kind: 'linkOpened', link: id, carrier: 'tcp', address: '127.0.0.1:1', dial: undefined } as const;
    this.links.opened({ ...event, dialled: true, remote: undefined }, { waitMs, isFar: false }, now);
    return this.#openLink(id);
  }

  /** The other end greets first, and we answer. */
  greet(name: DialectName, quiet = false): GreetedLink {
    const link = this.open(1_000);
    link.session.receive(this.other(link).session.greet(greetingOf(b), name));
    this.links.greet(link, greetingOf(self), name === 'cbc' ? 'gcm-siv' : 'cbc', start);
    const { key, hex } = b;
    const phase = { kind: 'greeted', key, hex, ours: false, dialect: dialects[name], quiet, since: start } as const;
    link.phase = { ...phase, greeting: greetingOf(b) };
    this.deliver();
    return link as GreetedLink;
  }

  other({ id }: OpenLink): Other {
    const other = this.#others.get(id);
    if (other === undefined) throw new Error('the link was opened here');
    return other;
  }

  /** What was sent arrives. */
  deliver(): void {
    this.links.flush(start);
    for (const effect of this.effects.take()) {
      const other = effect.kind === 'send' ? this.#others.get(effect.link) : undefined;
      if (effect.kind !== 'send' || other === undefined) continue;
      for (const arrived of other.session.receive(effect.bytes)) {
        if (arrived.kind === 'message') other.heard.push(arrived.message);
        if (arrived.kind === 'greeted') other.greeted++;
      }
    }
  }

  kinds(link: OpenLink): Message['kind'][] {
    this.deliver();
    return this.other(link).heard.map(({ kind }) => kind);
  }

  #openLink(id: number): OpenLink {
    const link = this.links.link(id);
    if (link === undefined) throw new Error('the link is open');
    return link;
  }

  #identity({ secret, key: publicKey }: Author) {
    const random = new Seeded(this.#lastLink + 1).random;
    return { curve: fakeCurve, random, secret, publicKey, network: 'main', accepts: eachDialect };
  }
}

const presence: readonly Message[] = [
  { kind: 'keepAlive', ...c.keepAlive(1) },
  { kind: 'announce', pubkey: c.key },
  { kind: 'leave', pubkey: c.key },
];

describe('a link whose other end may speak first', () => {
  it('is due to be greeted when its time is over, and is closed 5 s after that', () => {
    const bench = new Bench();
    const link = bench.open(1_000);
    expect([bench.links.dueToGreet(start + 999), bench.links.deadline]).toEqual([[], start + 1_000]);
    expect(bench.links.dueToGreet(start + 1_000)).toEqual([link]);
    bench.links.greet(link, greetingOf(self), 'gcm-siv', start + 1_000);
    expect([bench.links.dueToGreet(start + 1_000), bench.links.deadline]).toEqual([
      [],
      start + 1_000 + greetingTimeoutMs,
    ]);
    expect(bench.links.overdue(start + 999 + greetingTimeoutMs)).toEqual([]);
    const over = bench.links.overdue(start + 1_000 + greetingTimeoutMs);
    expect(over).toEqual([{ link, reason: 'no greeting in time' }]);
  });

  it('that is given no time is due at once', () => {
    const bench = new Bench();
    const link = bench.open(0);
    expect(bench.links.dueToGreet(start)).toEqual([link]);
  });

  it('is not due any more when the other has spoken', () => {
    const bench = new Bench();
    bench.greet('cbc');
    expect(bench.links.dueToGreet(start + 60_000)).toEqual([]);
  });

  it.each(eachDialect)('is greeted as it has begun to speak, whatever we would begin with (%s)', (name) => {
    const bench = new Bench();
    const link = bench.greet(name);
    expect([bench.other(link).greeted, link.session.dialect?.name]).toEqual([1, name]);
  });
});

describe('what is said', () => {
  const block = b.block(undefined);
  const others: readonly Message[] = [
    { kind: 'requestNeighbours', count: 3, exclude: [c.key] },
    { kind: 'shareData', data: c.item() },
    { kind: 'requestBlocks', start: block.hash },
  ];

  it('to one is said in its dialect, and what that has no word for is not', () => {
    const bench = new Bench();
    const [cbc, gcmSiv] = [bench.greet('cbc'), bench.greet('gcm-siv')];
    for (const link of [cbc, gcmSiv])
      for (const message of [...presence, ...others]) bench.links.send(link, message, 'kept');
    bench.deliver();
    expect(bench.other(cbc).heard).toEqual([presence[0], ...others]);
    expect(bench.other(gcmSiv).heard).toEqual([presence[1], presence[2], ...others]);
  });

  it('to all is said to each in its dialect', () => {
    const bench = new Bench();
    const links = [bench.greet('gcm-siv'), bench.greet('cbc'), bench.greet('gcm-siv'), bench.greet('cbc')];
    for (const message of [...presence, ...others])
      bench.links.broadcast(message, 'kept', new Set([links[3]?.id ?? 0]));
    bench.deliver();
    const heard = links.map((link) => bench.other(link).heard);
    const bySilent = [presence[1], presence[2], ...others];
    expect(heard).toEqual([bySilent, [presence[0], ...others], bySilent, []]);
  });

  it('of blocks that lie encoded arrives as the blocks that they are', () => {
    const bench = new Bench();
    const links = eachDialect.map((name) => bench.greet(name));
    const bytes = encodeBlock(block);
    bench.links.broadcast({ kind: 'shareBlock', bytes }, 'block');
    for (const link of links) bench.links.send(link, { kind: 'requestedBlock', bytes }, 'block');
    bench.deliver();
    for (const link of links) {
      expect(bench.other(link).heard).toEqual([
        { kind: 'shareBlock', block },
        { kind: 'requestedBlock', block },
      ]);
    }
  });

  it.each(eachDialect)('to a peer of another root is nothing of who is online (%s)', (name) => {
    const bench = new Bench();
    const link = bench.greet(name, true);
    for (const message of [...presence, ...others]) {
      bench.links.send(link, message, 'kept');
      bench.links.broadcast(message, 'kept');
    }
    const kinds = others.map(({ kind }) => kind);
    expect(bench.kinds(link)).toEqual(kinds.flatMap((kind) => [kind, kind]));
  });
});

describe('those who have not greeted', () => {
  /** A greeting of 1 MiB has begun to come, and so many bytes of it are here. */
  function begin(link: OpenLink, bytes: number): void {
    link.session.receive(Uint8Array.of(0, 0, 15, 0, 1, 0, 0, 0, 0, 0, 0, 0));
    link.session.receive(new Uint8Array(bytes));
  }

  it('may send long greetings, sixteen at a time: the next one is too much', () => {
    const bench = new Bench();
    const links = Array.from({ length: 18 }, () => bench.open());
    const [first, ...rest] = links as [OpenLink, ...OpenLink[]];
    for (const link of rest.slice(0, 15)) begin(link, 70_000);
    begin(first, 60_000);
    expect(links.filter((link) => bench.links.isTooMuch(link))).toEqual([]);
    begin(rest[15] as OpenLink, 70_000);
    expect(links.filter((link) => bench.links.isTooMuch(link))).toEqual([]);
    first.session.receive(new Uint8Array(10_000));
    expect(bench.links.isTooMuch(first)).toBe(true);
    expect(bench.links.isTooMuch(rest[16] as OpenLink)).toBe(false);
    bench.links.close(rest[0] as OpenLink, 'gone');
    expect(bench.links.isTooMuch(first)).toBe(false);
  });

  it('do not suffer from those who have, whatever these send', () => {
    const bench = new Bench();
    for (let count = 0; count < 20; count++) {
      const link = bench.greet('cbc');
      link.session.receive(Uint8Array.of(0, 0, 15, 0));
      link.session.receive(new Uint8Array(70_000));
      expect(bench.links.isTooMuch(link)).toBe(false);
    }
    const link = bench.open();
    begin(link, 70_000);
    expect(bench.links.isTooMuch(link)).toBe(false);
  });
});
