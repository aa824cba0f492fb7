import { describe, expect, it } from 'vitest';
import { compareBytes } from '../../../../core/codec/bytes.ts';
import type { PublicKey } from '../../../../core/crypto/keys.ts';
import { KnownKeys } from '../../../../core/network/known-keys.ts';
import { mostMembers } from '../../../../core/network/member.ts';
import { Roster } from '../../../../core/network/roster.ts';
import { Author, authors } from '../../../model/author.ts';
import { otherParity } from '../../../model/fake-curve.ts';

const [self, b, c] = authors(3) as [Author, Author, Author];

describe('the roster', () => {
  it('has one place for both parities of a key', () => {
    const roster = new Roster(self.key, new KnownKeys(0));
    const member = roster.obtain(b.key, true);
    expect(roster.obtain(otherParity(b.key), true)).toBe(member);
    expect([roster.find(otherParity(b.key)), roster.findHex(b.hex)]).toEqual([member, member]);
    expect([roster.has(b.key), roster.has(c.key)]).toEqual([true, false]);
  });

  it('has none for ourselves, and none for what is no key', () => {
    const roster = new Roster(self.key, new KnownKeys(0));
    for (const key of [self.key, otherParity(self.key), new Uint8Array(33) as PublicKey]) {
      expect(roster.obtain(key, true)).toBeUndefined();
    }
  });

  it('finds the smallest key, of those that are wanted', () => {
    const roster = new Roster(self.key, new KnownKeys(0));
    expect(roster.lowest(() => true)).toBeUndefined();
    for (const { key } of [b, c]) roster.obtain(key, true);
    const lowest = compareBytes(b.key, c.key) < 0 ? b : c;
    expect(roster.lowest(() => true)?.key).toEqual(lowest.key);
    expect(roster.lowest(({ key }) => key !== lowest.key)?.key).toEqual(lowest === b ? c.key : b.key);
  });

  it('lists the freshest first, of those that are wanted', () => {
    const roster = new Roster(self.key, new KnownKeys(0));
    for (const [author, aliveAt] of [
      [b, 5],
      [c, 9],
    ] as const) {
      Object.assign(roster.obtain(author.key, true) ?? {}, { aliveAt });
    }
    expect(roster.freshest(() => true)).toEqual([c.key, b.key]);
    expect(roster.freshest(({ aliveAt }) => aliveAt < 9)).toEqual([b.key]);
  });

  it('makes room by who has been silent longest and is not known, and by nobody else for one that was only announced', () => {
    const known = new KnownKeys(0);
    const roster = new Roster(self.key, known);
    const crowd = Array.from({ length: mostMembers }, (_, place) => new Author(300_000 + place));
    for (const [place, author] of crowd.entries()) {
      Object.assign(roster.obtain(author.key, true) ?? {}, { aliveAt: 1_000 - place });
      if (place > 2) known.add(author.key, 0);
    }
    expect(roster.obtain(b.key, false)).toBeDefined();
    expect(crowd.slice(0, 4).map(({ key }) => roster.has(key))).toEqual([true, true, false, true]);
    for (const { key } of [b, ...crowd.slice(0, 2)]) known.add(key, 0);
    for (const isThere of [false, true]) expect(roster.obtain(c.key, isThere)).toBeUndefined();
  });
});
