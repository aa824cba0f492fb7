import { describe, expect, it } from 'vitest';
import type { PublicKey } from '../../../../core/crypto/keys.ts';
import { Members } from '../../../../core/network/members.ts';
import { WatchDog, type WatchDogView } from '../../../../core/network/watch-dog.ts';
import { type Author, authors } from '../../../model/author.ts';
import { Seeded } from '../../../model/seeded.ts';

/** The smallest key first. */
const [a, b, c, d, e] = authors(5) as [Author, Author, Author, Author, Author];
const start = 1_000_000;
const patienceMs = 5_000;

class Bench {
  readonly members: Members;
  readonly watchDog: WatchDog;
  view: WatchDogView = { pendingSince: start, tipAt: undefined, nextChoices: [] };

  constructor(self = d) {
    this.members = new Members(self.key, new Seeded(1).random, start - 60_000);
    this.watchDog = new WatchDog(self.key, this.members);
  }

  /** Keys for which only `gcm-siv` speaks, some time ago. */
  announced(...people: readonly Author[]): this {
    for (const { key } of people) this.members.announced(key, 1, start - 30_000);
    return this;
  }

  /** What a peer does at the end of an event. */
  look(now: number): PublicKey[] {
    const named = this.watchDog.look(this.view, now);
    for (const key of named) this.members.gone(key, true, now);
    expect(this.watchDog.deadline ?? Number.POSITIVE_INFINITY).toBeGreaterThan(now);
    return named;
  }
}

/** Named by a block that came before anything was pending. */
const tipNaming = (...people: readonly Author[]) => ({
  tipAt: start - 20_000,
  nextChoices: people.map(({ key }) => key),
});

describe('while nothing is pending', () => {
  it('nobody is named, however silent', () => {
    const bench = new Bench().announced(a, b);
    bench.view = { pendingSince: undefined, ...tipNaming(a, b) };
    expect(bench.look(start + 99_999)).toEqual([]);
    expect(bench.watchDog.deadline).toBeUndefined();
  });
});

describe('when data has waited for 5 s without a block', () => {
  it('every candidate is named that gave no sign of life since then, at once and once', () => {
    const bench = new Bench().announced(a, b, c);
    bench.view = { pendingSince: start, ...tipNaming(b, c) };
    expect(bench.look(start)).toEqual([]);
    expect(bench.watchDog.deadline).toBe(start + patienceMs);
    expect(bench.look(start + patienceMs - 1)).toEqual([]);
    expect(bench.look(start + patienceMs)).toEqual([b.key, c.key]);
    expect(bench.look(start + patienceMs + 1)).toEqual([]);
  });

  it.each<[string, (members: Members) => void]>([
    ['a frame of its own link', (members) => members.provenBy(b.key, start, false, 7)],
    ['data that it has signed', (members) => members.signed(b.key, start + 4_000)],
    ['a block that it has written', (members) => members.wrote(b.key, 1, start + 4_000)],
  ])('one of whom came %s is not', (_, live) => {
    const bench = new Bench().announced(a, b, c);
    bench.view = { pendingSince: start, ...tipNaming(b, c) };
    live(bench.members);
    expect(bench.look(start + patienceMs)).toEqual([c.key]);
  });

  it('one of whom an Announce came is: it says only that somebody believes in it', () => {
    const bench = new Bench().announced(b);
    bench.view = { pendingSince: start, ...tipNaming(b) };
    bench.members.announced(b.key, 2, start + 4_000);
    expect(bench.look(start + patienceMs)).toEqual([b.key]);
  });

  it('keys that lapse by themselves, our own and unknown ones are not', () => {
    const bench = new Bench(d);
    bench.members.provenBy(a.key, start - 1, true);
    bench.members.heard(b.keepAlive(1), start - 1);
    bench.view = { pendingSince: start, ...tipNaming(a, b, d, e) };
    expect(bench.look(start + patienceMs)).toEqual([]);
  });

  it('the time counts from the newest block, if that is later', () => {
    const bench = new Bench().announced(b);
    bench.view = { pendingSince: start, tipAt: start + 3_000, nextChoices: [b.key] };
    expect(bench.look(start + 7_999)).toEqual([]);
    expect(bench.look(start + 8_000)).toEqual([b.key]);
  });
});

describe('where the lowest key decides', () => {
  it('it is named when it gave no sign of life: there is no block yet, or none of the candidates is online', () => {
    for (const view of [{ tipAt: undefined, nextChoices: [] }, tipNaming(e)]) {
      const bench = new Bench(d).announced(a, b);
      bench.view = { pendingSince: start, ...view };
      expect(bench.look(start + patienceMs)).toEqual([a.key]);
    }
  });

  it('the next one has 5 s from then on, for it is its turn only now', () => {
    const bench = new Bench(d).announced(a, b, c);
    expect(bench.look(start + patienceMs)).toEqual([a.key]);
    expect(bench.watchDog.deadline).toBe(start + 2 * patienceMs);
    for (const now of [1, 600, 4_999]) expect(bench.look(start + patienceMs + now)).toEqual([]);
    expect(bench.look(start + 2 * patienceMs)).toEqual([b.key]);
    expect(bench.look(start + 3 * patienceMs)).toEqual([c.key]);
    expect(bench.look(start + 9 * patienceMs)).toEqual([]);
  });

  it('so has the lowest when the candidates were named', () => {
    const bench = new Bench(d).announced(a, b);
    bench.view = { pendingSince: start, ...tipNaming(b) };
    expect(bench.look(start + patienceMs)).toEqual([b.key]);
    expect(bench.look(start + 2 * patienceMs - 1)).toEqual([]);
    expect(bench.look(start + 2 * patienceMs)).toEqual([a.key]);
  });

  it('it is not named while a candidate is online, whoever that is', () => {
    const bench = new Bench(d).announced(a);
    bench.view = { pendingSince: start, ...tipNaming(c) };
    bench.members.heard(c.keepAlive(1), start + 4_500);
    expect(bench.look(start + patienceMs)).toEqual([]);
  });

  it('it is not named when it is our own, or one that lapses', () => {
    const own = new Bench(a).announced(b, c);
    expect(own.look(start + patienceMs)).toEqual([]);
    const other = new Bench(d).announced(b);
    other.members.provenBy(a.key, start + 4_000, true);
    expect(other.look(start + patienceMs)).toEqual([]);
    expect(other.look(start + 4_000 + 2_500)).toEqual([b.key]);
  });

  it('it is not named when it gave a sign of life since data is pending', () => {
    const bench = new Bench(d).announced(a, b);
    bench.members.provenBy(a.key, start + 1, false, 3);
    expect(bench.look(start + patienceMs)).toEqual([]);
  });

  it('a block begins the time anew, whoever was named before', () => {
    const bench = new Bench(d).announced(a, b);
    expect(bench.look(start + patienceMs)).toEqual([a.key]);
    bench.view = { pendingSince: start + 7_000, tipAt: start + 7_000, nextChoices: [b.key] };
    expect(bench.look(start + 10_500)).toEqual([]);
    expect(bench.look(start + 12_000)).toEqual([b.key]);
  });
});
