import { describe, expect, it } from 'vitest';
import type { MemberChange } from '../../../../core/network/known-keys.ts';
import { mostMembers } from '../../../../core/network/member.ts';
import { Members } from '../../../../core/network/members.ts';
import { Author, authors } from '../../../model/author.ts';
import { otherParity } from '../../../model/fake-curve.ts';
import { Seeded } from '../../../model/seeded.ts';

const [self, b, c, d, e] = authors(5) as [Author, Author, Author, Author, Author];
const start = 1_000_000;
const longMs = 24 * 3_600_000;
const make = (seed = 17) => new Members(self.key, new Seeded(seed).random, start);
const known = (members: Members) => [...members.known].sort();
/** Ours count Unix time. */
const oursCount = 1_700_000_000_000n;
const changes = (members: Members) =>
  members.takeChanges().map(({ key, isHere, seen, link }) => ({ key, isHere, seen, link }));

/** Lets time pass as a host does. @returns what changed on the way, and when */
function pass(members: Members, from: number, until: number): (MemberChange & { readonly at: number })[] {
  const seen: (MemberChange & { readonly at: number })[] = [];
  for (let at = members.deadline; at !== undefined && at <= until; at = members.deadline) {
    const now = Math.max(at, from);
    members.elapse(now);
    for (const change of members.takeChanges()) seen.push({ ...change, at: now });
    expect(members.deadline ?? Number.POSITIVE_INFINITY).toBeGreaterThan(now);
  }
  return seen;
}

describe('a key that was announced', () => {
  it('is known, online and accepted for ever, though it says nothing', () => {
    const members = make();
    members.announced(b.key, 1, start);
    expect([known(members), members.changedAt, members.isStanding(b.key)]).toEqual([[b.hex], start, true]);
    const later = start + longMs;
    expect(pass(members, start, later)).toEqual([]);
    expect([known(members), members.isKnown(b.key), members.online(later)]).toEqual([[b.hex], true, [b.key]]);
    expect(members.onlineUntil(b.key)).toBe(Number.POSITIVE_INFINITY);
    expect(members.onlineForAccepting(b.key, later)).toBe(true);
    expect(members.deadline).toBeUndefined();
  });

  it('is told as heard, once, with the link that it came by', () => {
    const members = make();
    members.announced(b.key, 3, start);
    members.announced(b.key, 4, start + 1);
    expect(changes(members)).toEqual([{ key: b.key, isHere: true, seen: false, link: 3 }]);
  });

  it('is one for both parities, and never ourselves', () => {
    const members = make();
    members.announced(b.key, 1, start);
    members.announced(otherParity(b.key), 1, start);
    members.announced(self.key, 1, start);
    members.announced(otherParity(self.key), 1, start);
    expect(known(members)).toEqual([b.hex]);
  });

  it('may be drawn only when a frame of its own link is less than 30 s old', () => {
    const members = make();
    members.announced(b.key, 1, start);
    members.provenBy(c.key, start, false, 2);
    expect(members.candidates(start + 1)).toEqual([c.key]);
    expect(members.candidates(start + 29_999)).toEqual([c.key]);
    expect(members.candidates(start + 30_000)).toEqual([]);
    expect(members.online(start + 30_000)).toEqual([c.key, b.key]);
  });

  it('is known no more when its own link ends, and that was seen', () => {
    const members = make();
    members.announced(b.key, 1, start);
    members.provenBy(b.key, start + 5, false, 2);
    members.takeChanges();
    members.unlinked(b.key, start + 9);
    expect(changes(members)).toEqual([{ key: b.key, isHere: false, seen: true, link: undefined }]);
    expect([known(members), members.online(start + 9), members.isStanding(b.key)]).toEqual([[], [], false]);
    expect(members.onlineForAccepting(b.key, start + 9)).toBe(false);
  });

  it('lapses as others do once KeepAlives speak for it', () => {
    const members = make();
    members.announced(b.key, 1, start);
    members.heard(b.keepAlive(1), start);
    expect(members.isStanding(b.key)).toBe(false);
    const gone = pass(members, start, start + 10_000);
    expect([known(members), gone.filter(({ isHere }) => !isHere).length]).toEqual([[], 1]);
  });

  it('and runs our program lapses, whoever announces it', () => {
    const members = make();
    members.provenBy(b.key, start, true);
    members.announced(b.key, 1, start);
    expect(members.isStanding(b.key)).toBe(false);
    pass(members, start, start + 10_000);
    expect(known(members)).toEqual([]);
  });

  it('and counts its KeepAlives as ours do lapses, whatever its link speaks', () => {
    const members = make();
    members.heard(b.keepAlive(oursCount), start);
    members.provenBy(b.key, start, false, 1);
    expect(members.isStanding(b.key)).toBe(false);
  });

  it('and lapses is not shown as known by that: only its own signs of life do it', () => {
    const members = make();
    members.heard(b.keepAlive(1), start);
    pass(members, start, start + 10_000);
    members.announced(b.key, 1, start + 10_000);
    expect([known(members), changes(members)]).toEqual([[], []]);
  });

  it('stands when it has changed its program: its link shows it at once, others when its KeepAlives are ten minutes old', () => {
    const members = make();
    for (const author of [b, c]) members.heard(author.keepAlive(1), start);
    members.provenBy(b.key, start + 5_000, false, 1);
    members.announced(c.key, 1, start + 599_999);
    expect([members.isStanding(b.key), members.isStanding(c.key)]).toEqual([true, false]);
    members.announced(c.key, 1, start + 600_000);
    expect([members.isStanding(c.key), members.isKnown(c.key)]).toEqual([true, true]);
    members.provenBy(b.key, start + 700_000, false);
    expect(members.isStanding(b.key)).toBe(false);
  });
});

describe('a key that a greeting shows', () => {
  it('is known, and told to nobody before a frame decrypts', () => {
    const members = make();
    members.shown(b.key, 1, start);
    expect([known(members), members.changedAt, changes(members)]).toEqual([[b.hex], start, []]);
    members.provenBy(b.key, start + 5, false, 1);
    expect(changes(members)).toEqual([{ key: b.key, isHere: true, seen: true, link: undefined }]);
    members.provenBy(b.key, start + 6, false, 1);
    expect(changes(members)).toEqual([]);
  });

  it('is forgotten with its link when none has, and nobody is told that it went', () => {
    const members = make();
    members.shown(b.key, 1, start);
    members.linkEnded(1, b.key, start + 7);
    expect([known(members), members.changedAt, changes(members)]).toEqual([[], start + 7, []]);
    expect(members.isStanding(b.key)).toBe(false);
  });

  it('and that others have announced stays what it was, whoever shows it and hangs up', () => {
    const members = make();
    members.announced(b.key, 1, start);
    members.provenBy(c.key, start, false, 2);
    members.takeChanges();
    for (const author of [b, c]) {
      members.shown(author.key, 9, start + 5);
      members.linkEnded(9, author.key, start + 6);
    }
    expect([known(members), changes(members)]).toEqual([[b.hex, c.hex].sort(), []]);
  });

  it('does not save it from a Leave: anybody may show any key', () => {
    const members = make();
    members.announced(b.key, 1, start);
    members.leaving(b.key, 1, start);
    members.shown(b.key, 9, start + 100);
    pass(members, start + 100, start + 7_100);
    expect(known(members)).toEqual([]);
  });
});

describe('a Leave that was heard', () => {
  function left(seed = 17): Members {
    const members = make(seed);
    members.announced(b.key, 1, start);
    members.announced(c.key, 1, start);
    members.takeChanges();
    expect(members.leaving(b.key, 2, start + 100)).toBe(true);
    return members;
  }

  it('is shown at once, and counts only after 5 to 7 s', () => {
    const waits = new Set<number>();
    for (let seed = 1; seed <= 40; seed++) {
      const members = left(seed);
      expect([known(members), members.changedAt, changes(members)]).toEqual([[c.hex], start + 100, []]);
      expect([members.online(start + 5_000).length, members.onlineForAccepting(b.key, start + 5_000)]).toEqual([
        2,
        true,
      ]);
      const [gone, ...more] = pass(members, start + 100, start + 60_000);
      expect([gone, more]).toMatchObject([{ key: b.key, isHere: false, seen: false }, []]);
      waits.add((gone?.at ?? 0) - start - 100);
      expect([members.online(start + 60_000), members.isStanding(b.key)]).toEqual([[c.key], false]);
    }
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(5_000);
    expect(Math.max(...waits)).toBeLessThan(7_000);
    expect(waits.size).toBeGreaterThan(10);
  });

  it.each<[string, (members: Members, now: number) => void]>([
    ['an Announce', (members, now) => members.announced(b.key, 3, now)],
    ['a frame of its own link', (members, now) => members.provenBy(b.key, now, false, 3)],
    ['a frame of its own link that says it is ours', (members, now) => members.provenBy(b.key, now, true)],
    ['data that it has signed', (members, now) => members.signed(b.key, now)],
    ['a block that it has written', (members, now) => members.wrote(b.key, 3, now)],
  ])('never counts when %s comes meanwhile', (_, live) => {
    const members = left();
    live(members, start + 4_000);
    expect(members.isKnown(b.key)).toBe(true);
    expect(pass(members, start + 4_000, start + 6_499).filter(({ isHere }) => !isHere)).toEqual([]);
    expect(members.isKnown(b.key)).toBe(true);
  });

  it('that comes again does not put it off, nor one about a key that is not known or that lapses', () => {
    const members = left(3);
    const due = members.leaving(b.key, 3, start + 3_000);
    members.heard(d.keepAlive(1), start + 3_000);
    expect([due, members.leaving(d.key, 3, start + 3_000), members.leaving(e.key, 3, start + 3_000)]).toEqual([
      false,
      false,
      false,
    ]);
    pass(members, start + 3_000, start + 7_100);
    expect(members.isStanding(b.key)).toBe(false);
  });
});

describe('a key that is gone by its own word, or named by the watch-dog', () => {
  it('is gone at once for all, and only once', () => {
    const members = make();
    members.announced(b.key, 1, start);
    members.takeChanges();
    members.gone(b.key, true, start + 5);
    members.gone(b.key, true, start + 6);
    expect(changes(members)).toEqual([{ key: b.key, isHere: false, seen: true, link: undefined }]);
    expect([known(members), members.online(start + 5), members.changedAt]).toEqual([[], [], start + 5]);
  });

  it('stands again with the next frame of its link, and is told as seen', () => {
    const members = make();
    members.provenBy(b.key, start, false, 1);
    members.gone(b.key, true, start + 5);
    members.takeChanges();
    members.provenBy(b.key, start + 9, false, 1);
    expect(changes(members)).toEqual([{ key: b.key, isHere: true, seen: true, link: undefined }]);
    pass(members, start + 9, start + longMs);
    expect([known(members), members.isStanding(b.key)]).toEqual([[b.hex], true]);
  });

  it('stands again with a block that it has written, not with data that may have been under way for long', () => {
    const members = make();
    members.announced(b.key, 1, start);
    members.gone(b.key, true, start + 5);
    members.takeChanges();
    members.signed(b.key, start + 6);
    expect(known(members)).toEqual([]);
    members.wrote(b.key, 4, start + 7);
    expect([known(members), changes(members)]).toEqual([[b.hex], [{ key: b.key, isHere: true, seen: false, link: 4 }]]);
  });

  it('is nobody of whom other signs are known', () => {
    const members = make();
    members.heard(b.keepAlive(1), start);
    members.provenBy(c.key, start, true);
    for (const { key } of [b, c, d]) members.gone(key, true, start + 5);
    expect(known(members)).toEqual([b.hex, c.hex].sort());
    pass(members, start, start + 9_000);
    for (const { key } of [b, c, d]) members.wrote(key, 4, start + 9_000);
    expect([known(members), [b, c, d].map(({ key }) => members.isStanding(key))]).toEqual([[], [false, false, false]]);
  });
});

describe('when the last link ends by which a Leave could come', () => {
  it('what was announced is known no more, as heard; what lapses stays', () => {
    const members = make();
    members.announced(b.key, 1, start);
    members.announced(c.key, 1, start);
    members.heard(d.keepAlive(1), start);
    members.takeChanges();
    members.forgetStanding(start + 5);
    expect(known(members)).toEqual([d.hex]);
    expect(changes(members)).toEqual([b, c].map(({ key }) => ({ key, isHere: false, seen: false, link: undefined })));
  });
});

describe('the eras', () => {
  it('are both here for ten minutes from the KeepAlive of one that is not ours', () => {
    const members = make();
    expect(members.hearsReferenceKeepAlives(start)).toBe(false);
    members.heard(b.keepAlive(oursCount), start);
    members.provenBy(c.key, start, true);
    members.heard(c.keepAlive(7), start);
    members.announced(d.key, 1, start);
    expect(members.hearsReferenceKeepAlives(start)).toBe(false);
    members.heard(e.keepAlive(7), start + 5);
    expect(members.hearsReferenceKeepAlives(start + 600_004)).toBe(true);
    expect(members.hearsReferenceKeepAlives(start + 600_005)).toBe(false);
  });

  it('being both here, only keys may be drawn that both can see: of ours such as have just been heard', () => {
    const members = make();
    members.provenBy(b.key, start, false, 1);
    members.provenBy(c.key, start, true);
    members.heard(d.keepAlive(oursCount), start);
    expect(members.candidates(start).map((key) => key)).toEqual([b.key, c.key, d.key]);
    members.heard(e.keepAlive(7), start + 1);
    expect(members.candidates(start + 1)).toEqual([e.key, d.key]);
    members.heard(c.keepAlive(oursCount), start + 600);
    expect(members.candidates(start + 899)).toEqual([c.key, e.key, d.key]);
    expect(members.candidates(start + 900)).toEqual([c.key, e.key]);
    expect(members.candidates(start + 1_500)).toEqual([e.key]);
    expect(members.online(start + 1_500)).toHaveLength(4);
  });

  it('tell who is ours: by a link that shows it, or by KeepAlives that count Unix time', () => {
    const members = make();
    members.provenBy(b.key, start, true);
    members.heard(c.keepAlive(oursCount), start);
    members.heard(d.keepAlive(999_999_999_999n), start);
    members.announced(e.key, 1, start);
    expect([b, c, d, e, new Author(77)].map(({ key }) => members.isOurs(key))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('what one link may announce', () => {
  it('are 1,024 keys, whatever others announce; those known already are free', () => {
    const members = make();
    const crowd = Array.from({ length: 1_100 }, (_, place) => new Author(200_000 + place));
    for (const { key } of crowd) members.announced(key, 1, start);
    expect(members.known.size).toBe(1_024);
    members.announced(b.key, 1, start);
    expect(members.isKnown(b.key)).toBe(false);
    members.announced(b.key, 2, start);
    members.announced(b.key, 1, start);
    expect([members.isKnown(b.key), members.known.size]).toEqual([true, 1_025]);
  });

  it('keeps no neighbour away, however many links announce as much as they may', () => {
    const members = make();
    members.announced(b.key, 1, start);
    for (let place = 0; place < mostMembers; place++) {
      members.announced(new Author(300_000 + place).key, 2 + Math.floor(place / 1_000), start);
    }
    expect([members.known.size, members.isKnown(b.key)]).toEqual([mostMembers, true]);
    members.announced(c.key, 99, start);
    expect(members.isKnown(c.key)).toBe(false);
    members.provenBy(c.key, start, false, 99);
    members.heard(d.keepAlive(1), start);
    expect([members.known.size, members.isKnown(b.key)]).toEqual([mostMembers, true]);
    expect([members.isKnown(c.key), members.isKnown(d.key)]).toEqual([true, true]);
  });
});
