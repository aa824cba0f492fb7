import { describe, expect, it } from 'vitest';
import { type ItemIdHex, itemIdHex } from '../../../../core/crypto/keys.ts';
import { Effects } from '../../../../core/effects.ts';
import { Crossing, mostHeldBack } from '../../../../core/network/crossing.ts';
import { Links } from '../../../../core/network/links.ts';
import { Members } from '../../../../core/network/members.ts';
import { type DialectName, dialects } from '../../../../core/wire/dialect.ts';
import { oursCommit, wireVersion } from '../../../../core/wire/messages.ts';
import { Author, authors, poolItem } from '../../../model/author.ts';
import { ChainBench } from '../../../model/chain-bench.ts';
import { fakeCurve } from '../../../model/fake-curve.ts';
import { Seeded } from '../../../model/seeded.ts';

const [self, b, c, d] = authors(4) as [Author, Author, Author, Author];
const start = 1_000_000;
const waitMs = 4_000;

/** A peer with neighbours that speak these dialects. */
class Bench {
  readonly chainBench = new ChainBench({ self });
  readonly members = new Members(self.key, new Seeded(1).random, start);
  readonly links: Links;
  readonly crossing: Crossing;
  #lastLink = 0;

  constructor(spoken: readonly DialectName[], bothEras = true) {
    const accepts = ['cbc', 'gcm-siv'] as const;
    const identity = { curve: fakeCurve, random: new Seeded(2).random, secret: self.secret, publicKey: self.key };
    this.links = new Links({ ...identity, network: 'main', accepts }, { maxLinks: 64, count: 0 }, new Effects());
    this.crossing = new Crossing(this.chainBench.chain, this.members, this.links);
    for (const dialect of spoken) this.link(dialect);
    // A reference peer of the older era is about: only then are there two.
    if (bothEras) this.members.heard(new Author(77).keepAlive(3), start);
  }

  link(name: DialectName): void {
    const id = ++this.#lastLink;
    const event = { kind: 'linkOpened', link: id, carrier: 'memory', address: `m:${id}`, dial: undefined } as const;
    this.links.opened({ ...event, dialled: false, remote: undefined }, { waitMs: 0, isFar: false }, start);
    const link = this.links.link(id);
    if (link === undefined) throw new Error('the link is open');
    const { key, hex } = b;
    const nothing = { root: undefined, last: undefined, count: 0n, thin: false, known: [], listen: '127.0.0.1:1' };
    const version = { ...wireVersion, target: '', branch: 'main', commit: oursCommit };
    const phase = {
      kind: 'greeted',
      key,
      hex,
      ours: false,
      dialect: dialects[name],
      quiet: false,
      since: start,
    } as const;
    link.phase = { ...phase, greeting: { pubkey: key, ...nothing, version } };
  }

  /** An item that waits for a block. */
  pending(text: string): ItemIdHex {
    const item = poolItem(c.item(text), start);
    this.chainBench.chain.accept(item);
    return itemIdHex(item.id);
  }

  /** The newest block names these. */
  tipNaming(...people: readonly Author[]): void {
    this.chainBench.add(
      d.block(
        undefined,
        people.map(({ key }) => key),
      ),
    );
  }

  due(now: number): [ItemIdHex, DialectName][] {
    return this.crossing.due(now).map(({ item, into }) => [itemIdHex(item.id), into]);
  }

  allows(id: ItemIdHex, dialect: DialectName): boolean {
    const item = this.chainBench.chain.pool.item(id);
    if (item === undefined) throw new Error('the item is pending');
    return this.crossing.allows(item, dialect);
  }
}

const both: readonly DialectName[] = ['cbc', 'gcm-siv'];

describe('an item, while no reference peer of the older era was heard', () => {
  it('is said to all at once, whatever they speak', () => {
    const bench = new Bench(both, false);
    expect(bench.crossing.came(bench.pending('x'), 'gcm-siv', start)).toBeUndefined();
    expect([bench.crossing.deadline, bench.due(start + waitMs)]).toEqual([undefined, []]);
  });
});

describe('an item, while there is no block', () => {
  it.each<[DialectName | undefined, DialectName]>([
    ['cbc', 'gcm-siv'],
    ['gcm-siv', 'cbc'],
    [undefined, 'gcm-siv'],
  ])('that came by %s is not said in %s before 4 s are over', (by, into) => {
    const bench = new Bench(both);
    const id = bench.pending('x');
    expect(bench.crossing.came(id, by, start)).toBe(into);
    expect(bench.crossing.deadline).toBe(start + waitMs);
    expect([bench.allows(id, into), bench.allows(id, into === 'cbc' ? 'gcm-siv' : 'cbc')]).toEqual([false, true]);
    expect(bench.due(start + waitMs - 1)).toEqual([]);
    expect(bench.due(start + waitMs)).toEqual([[id, into]]);
    expect([bench.crossing.deadline, bench.due(start + 9 * waitMs), bench.allows(id, into)]).toEqual([
      undefined,
      [],
      true,
    ]);
  });

  it('that a block takes meanwhile does not cross', () => {
    const bench = new Bench(both);
    const [first, second] = [bench.pending('x'), bench.pending('y')];
    for (const id of [first, second]) bench.crossing.came(id, 'cbc', start);
    bench.chainBench.chain.dropPending(first);
    expect(bench.due(start + waitMs)).toEqual([[second, 'gcm-siv']]);
  });

  it('waits too when only one era is here: whoever joins of the other would hear it at once', () => {
    for (const [here, later] of [both, [...both].reverse()] as [DialectName, DialectName][]) {
      const bench = new Bench([here]);
      const [own, others] = [bench.pending('x'), bench.pending('y')];
      expect(bench.crossing.came(own, undefined, start)).toBe(later);
      bench.crossing.came(others, here, start + 1);
      bench.link(later);
      for (const id of [own, others]) expect([bench.allows(id, here), bench.allows(id, later)]).toEqual([true, false]);
      expect(bench.due(start + waitMs + 1)).toEqual([
        [own, later],
        [others, later],
      ]);
    }
  });

  it('of our own that nobody has heard of may be said to whoever comes', () => {
    const bench = new Bench([]);
    const id = bench.pending('x');
    expect(bench.crossing.came(id, undefined, start)).toBeUndefined();
    expect(both.map((dialect) => bench.allows(id, dialect))).toEqual([true, true]);
  });

  it('crosses when its own time has come, though others came again after it', () => {
    const bench = new Bench(both);
    const [first, second] = [bench.pending('x'), bench.pending('y')];
    bench.crossing.came(first, 'cbc', start);
    bench.crossing.came(second, 'cbc', start + 100);
    bench.crossing.came(first, 'gcm-siv', start + 3_000);
    expect(bench.crossing.deadline).toBe(start + 100 + waitMs);
    expect(bench.due(start + 100 + waitMs)).toEqual([[second, 'gcm-siv']]);
    expect(bench.crossing.deadline).toBe(start + 3_000 + waitMs);
    expect(bench.due(start + 3_000 + waitMs)).toEqual([[first, 'cbc']]);
  });
});

describe('an item, when there is a block', () => {
  it('waits while the newest one names a key that one era cannot see', () => {
    const bench = new Bench(both);
    bench.members.provenBy(b.key, start, false, 9);
    bench.tipNaming(c, b);
    expect(bench.crossing.came(bench.pending('x'), 'cbc', start)).toBe('gcm-siv');
  });

  it('crosses at once when all that are named can be seen by both', () => {
    const bench = new Bench(both);
    bench.members.provenBy(b.key, start, true);
    bench.members.heard(c.keepAlive(1), start);
    bench.tipNaming(b, c, d);
    const id = bench.pending('x');
    expect(both.map((dialect) => bench.crossing.came(id, dialect, start))).toEqual([undefined, undefined]);
    expect([bench.crossing.deadline, bench.allows(id, 'cbc'), bench.allows(id, 'gcm-siv')]).toEqual([
      undefined,
      true,
      true,
    ]);
  });
});

describe('the bound of what is held back', () => {
  it('lets one too many go to all at once, and holds back again when there is room', () => {
    const bench = new Bench(both);
    const came = (place: number, now = start) =>
      bench.crossing.came(place.toString(16).padStart(64, '0') as ItemIdHex, 'cbc', now);
    for (let place = 0; place < mostHeldBack; place++) expect(came(place)).toBe('gcm-siv');
    expect(came(mostHeldBack)).toBeUndefined();
    bench.due(start + waitMs);
    expect(came(mostHeldBack, start + waitMs)).toBe('gcm-siv');
  });
});
