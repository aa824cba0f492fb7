import { describe, expect, it } from 'vitest';
import type { PublicKey } from '../../../../core/crypto/keys.ts';
import { keyHex } from '../../../../core/crypto/keys.ts';
import { type Announcement, Announcements } from '../../../../core/network/announcements.ts';
import { Members } from '../../../../core/network/members.ts';
import { Author, authors } from '../../../model/author.ts';
import { Seeded } from '../../../model/seeded.ts';

const [self, b, c, d] = authors(4) as [Author, Author, Author, Author];
const start = 1_000_000;
const dampMs = 10_000;

class Bench {
  readonly members: Members;
  readonly announcements: Announcements;

  constructor(seed = 1) {
    const { random } = new Seeded(seed);
    this.members = new Members(self.key, random, start);
    this.announcements = new Announcements(self.key, this.members, random);
  }

  /** What is told at this moment of what has changed. */
  told(now: number): string[] {
    this.members.elapse(now);
    const { members, announcements } = this;
    return [...announcements.changed(members.takeChanges(), now), ...announcements.due(now)].map(words);
  }

  /** Time passes as in a host. @returns what is told on the way */
  pass(from: number, until: number): string[] {
    const told: string[] = [];
    for (let at = this.deadline; at <= until; at = this.deadline) {
      const now = Math.max(at, from);
      for (const word of this.told(now)) told.push(`${now - start}: ${word}`);
      expect(this.deadline).toBeGreaterThan(now);
    }
    return told;
  }

  get deadline(): number {
    return Math.min(...[this.members, this.announcements].map(({ deadline }) => deadline ?? Number.POSITIVE_INFINITY));
  }
}

function words({ kind, pubkey, except }: Announcement): string {
  const name = [self, b, c, d].findIndex(({ hex }) => hex === keyHex(pubkey));
  return `${kind} ${name < 0 ? keyHex(pubkey).slice(0, 8) : 'abcd'[name]}${except === undefined ? '' : ` not to ${except}`}`;
}

/** A change that was only heard. */
const heard = (key: PublicKey, isHere: boolean, link?: number) => ({ key, isHere, seen: false, link });
const seen = (key: PublicKey, isHere: boolean) => ({ key, isHere, seen: true, link: undefined });

describe('what was seen on a link of our own', () => {
  it('is told at once to all, however often it changes', () => {
    const { announcements } = new Bench();
    const told = [0, 1, 2, 3].map((step) =>
      announcements.changed([seen(b.key, step % 2 === 0)], start + step).map(words),
    );
    expect(told).toEqual([['announce b'], ['leave b'], ['announce b'], ['leave b']]);
    expect(announcements.deadline).toBeUndefined();
  });

  it('is told once: who is here already is not announced again', () => {
    const { announcements } = new Bench();
    expect(announcements.changed([seen(b.key, true), seen(b.key, true)], start).map(words)).toEqual(['announce b']);
    expect(announcements.changed([seen(b.key, true)], start + 99_999)).toEqual([]);
  });

  it('of one that goes is told though we had told nobody that he came: others may have', () => {
    const { announcements } = new Bench();
    expect(announcements.changed([seen(b.key, false)], start).map(words)).toEqual(['leave b']);
  });
});

describe('what was only heard', () => {
  it('is told at once to all but who told us, when it is the first for long', () => {
    const { announcements } = new Bench();
    expect(announcements.changed([heard(b.key, true, 7)], start).map(words)).toEqual(['announce b not to 7']);
    expect(announcements.changed([heard(c.key, true, 8)], start).map(words)).toEqual(['announce c not to 8']);
    expect(announcements.changed([heard(b.key, false)], start + dampMs).map(words)).toEqual(['leave b']);
  });

  it('is not told of one who goes of whom we told nothing', () => {
    const { announcements } = new Bench();
    expect(announcements.changed([heard(b.key, false, 7)], start)).toEqual([]);
    expect(announcements.deadline).toBeUndefined();
  });

  it('waits when it changes within 10 s, and is told then if it is still so', () => {
    const { announcements } = new Bench();
    announcements.changed([heard(b.key, true, 7)], start);
    expect(announcements.changed([heard(b.key, false, 7)], start + 1)).toEqual([]);
    expect(announcements.deadline).toBe(start + dampMs);
    expect(announcements.due(start + dampMs - 1)).toEqual([]);
    expect(announcements.due(start + dampMs).map(words)).toEqual(['leave b']);
    expect(announcements.deadline).toBeUndefined();
  });

  it('is not told when it has changed back meanwhile', () => {
    const { announcements } = new Bench();
    announcements.changed([heard(b.key, true, 7)], start);
    announcements.changed([heard(b.key, false, 7)], start + 1);
    expect(announcements.changed([heard(b.key, true, 7)], start + 2)).toEqual([]);
    expect(announcements.deadline).toBeUndefined();
  });

  it('is told as it is when the 10 s are over, not as it was when it began to wait', () => {
    const bench = new Bench();
    bench.members.announced(b.key, 7, start);
    expect(bench.told(start)).toEqual(['announce b not to 7']);
    const { announcements } = bench;
    announcements.changed([heard(b.key, false, 7)], start + 1);
    expect(bench.members.isKnown(b.key)).toBe(true);
    expect(announcements.due(start + dampMs)).toEqual([]);
    expect(announcements.deadline).toBeUndefined();
  });

  it('waits from the last change that was told, seen or heard', () => {
    const { announcements } = new Bench();
    announcements.changed([seen(b.key, true)], start);
    announcements.changed([seen(b.key, false)], start + 4_000);
    expect(announcements.changed([heard(b.key, true, 7)], start + 9_000)).toEqual([]);
    expect(announcements.deadline).toBe(start + 14_000);
  });

  it('waits no longer when it is seen', () => {
    const { announcements } = new Bench();
    announcements.changed([heard(b.key, true, 7)], start);
    announcements.changed([heard(b.key, false, 7)], start + 1);
    expect(announcements.changed([seen(b.key, false)], start + 2).map(words)).toEqual(['leave b']);
    expect(announcements.deadline).toBeUndefined();
  });
});

describe('a key of the other era', () => {
  it('is announced when its KeepAlive is heard, and a Leave told when it has expired', () => {
    const bench = new Bench();
    bench.members.heard(b.keepAlive(1), start, 3);
    expect(bench.told(start)).toEqual(['announce b not to 3']);
    for (let now = start + 600; now <= start + 30_000; now += 600) {
      bench.members.heard(b.keepAlive(now), now, 3);
      expect(bench.told(now)).toEqual([]);
    }
    expect(bench.pass(start + 30_000, start + 90_000)).toEqual(['31400: leave b']);
  });

  it('that flickers is told of once in 10 s', () => {
    const bench = new Bench();
    const told: string[] = [];
    for (let now = start; now < start + 60_000; now += 2_000) {
      bench.members.heard(b.keepAlive(now), now, 3);
      for (const word of bench.told(now)) told.push(word);
      told.push(...bench.pass(now, now + 1_999));
    }
    expect(told.length).toBeLessThanOrEqual(6);
    expect(told.length).toBeGreaterThan(0);
  });
});

describe('a Leave about one that we know better of', () => {
  it('is answered after 3 to 6 s, never at once, and not by all at one time', () => {
    const waits = new Set<number>();
    for (let seed = 1; seed <= 40; seed++) {
      const { announcements } = new Bench(seed);
      announcements.contradict(self.key, start);
      const { deadline } = announcements;
      expect(announcements.due((deadline ?? 0) - 1)).toEqual([]);
      expect(announcements.due(deadline ?? 0).map(words)).toEqual(['announce a']);
      expect([announcements.deadline, announcements.due(start + 99_999)]).toEqual([undefined, []]);
      waits.add((deadline ?? 0) - start);
    }
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(3_000);
    expect(Math.max(...waits)).toBeLessThan(6_000);
    expect(waits.size).toBeGreaterThan(20);
  });

  it('is answered once, however often it comes meanwhile', () => {
    const { announcements } = new Bench();
    for (let times = 0; times < 50; times++) announcements.contradict(self.key, start + times);
    expect(announcements.due(start + 6_100).map(words)).toEqual(['announce a']);
    announcements.contradict(self.key, start + 6_200);
    expect(announcements.deadline).toBeGreaterThanOrEqual(start + 9_200);
  });

  it('is not answered when he has gone by then', () => {
    const { members, announcements } = new Bench();
    for (const { key } of [b, c]) {
      members.provenBy(key, start, false, 1);
      announcements.contradict(key, start);
    }
    members.unlinked(b.key, start + 1_000);
    expect(announcements.due(start + 6_000).map(words)).toEqual(['announce c']);
  });

  it('waits beside 63 others at most', () => {
    const { members, announcements } = new Bench();
    for (let place = 0; place < 100; place++) {
      const { key } = new Author(400_000 + place);
      members.provenBy(key, start, false, place);
      announcements.contradict(key, start);
    }
    expect(announcements.due(start + 6_000)).toHaveLength(64);
  });
});

describe('what is remembered of what was told', () => {
  it('is bounded: who is gone and long told of is forgotten first, never who is here or whose change waits', () => {
    const { announcements } = new Bench();
    announcements.changed([heard(b.key, true, 1), heard(c.key, true, 1), heard(d.key, true, 1)], start);
    announcements.changed([heard(c.key, false, 1), seen(d.key, false)], start + 1);
    for (let place = 0; place < 4_094; place++) {
      announcements.changed([heard(new Author(500_000 + place).key, true, 1)], start + 2);
    }
    // Of whom nothing is remembered is told at once; of whom the last Leave is remembered only after its time.
    expect(announcements.changed([heard(b.key, true, 1)], start + 3)).toEqual([]);
    expect(announcements.changed([heard(d.key, true, 1)], start + 3).map(words)).toEqual(['announce d not to 1']);
    expect(announcements.due(start + dampMs).map(words)).toEqual(['leave c']);
  });
});
