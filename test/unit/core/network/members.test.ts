import { describe, expect, it } from 'vitest';
import type { PublicKey } from '../../../../core/crypto/keys.ts';
import {
  knownMs,
  liveMs,
  mostMembers,
  onlineForAcceptingMs,
  onlineForWritingMs,
} from '../../../../core/network/member.ts';
import { Members } from '../../../../core/network/members.ts';
import { Author, authors } from '../../../model/author.ts';
import { otherParity } from '../../../model/fake-curve.ts';
import { Seeded } from '../../../model/seeded.ts';

/** Ours count Unix time. */
const oursCount = 1_700_000_000_000n;

const [self, b, c, d] = authors(4) as [Author, Author, Author, Author];
const start = 10_000;
const make = () => new Members(self.key, new Seeded(17).random, start);
const known = (members: Members) => [...members.known].sort();

describe('who is known', () => {
  it('is nobody at first, and never ourselves', () => {
    const members = make();
    members.heard(self.keepAlive(1), start);
    members.provenBy(self.key, start, true);
    members.provenBy(otherParity(self.key), start, true);
    expect(known(members)).toEqual([]);
    expect(members.deadline).toBeUndefined();
  });

  it('is who is heard, for its time', () => {
    const members = make();
    members.heard(b.keepAlive(1), start);
    expect(known(members)).toEqual([b.hex]);
    expect(members.deadline).toBe(start + knownMs);
    expect(members.elapse(start + knownMs - 1)).toBe(false);
    expect(members.elapse(start + knownMs)).toBe(true);
    expect(known(members)).toEqual([]);
    expect(members.deadline).toBeUndefined();
  });

  it('stays known by every further sign of life', () => {
    const members = make();
    members.heard(b.keepAlive(1), start);
    members.heard(b.keepAlive(2), start + 1_000);
    expect(members.elapse(start + knownMs)).toBe(false);
    expect(members.deadline).toBe(start + 1_000 + knownMs);
  });

  it('is known for longer with a link of its own, until that ends', () => {
    const members = make();
    members.provenBy(b.key, start, true);
    expect(members.elapse(start + onlineForWritingMs - 1)).toBe(false);
    expect(known(members)).toEqual([b.hex]);
    members.unlinked(b.key, start + onlineForWritingMs - 1);
    expect(known(members)).toEqual([]);
    members.unlinked(c.key, start);
    expect(members.elapse(start + 99_999)).toBe(false);
  });

  it('is one for both parities of one x, under the key that its own link shows', () => {
    const members = make();
    members.heard({ ...b.keepAlive(1), pubkey: otherParity(b.key) }, start);
    expect(members.known.size).toBe(1);
    members.provenBy(b.key, start, true);
    expect(known(members)).toEqual([b.hex]);
    members.heard({ ...b.keepAlive(5), pubkey: otherParity(b.key) }, start);
    expect(known(members)).toEqual([b.hex]);
    expect(members.countOf(b.key)).toBe(5n);
    expect(members.countOf(otherParity(b.key))).toBe(5n);
    expect(members.candidates(start)).toEqual([b.key]);
    members.unlinked(otherParity(b.key), start + knownMs);
    expect(known(members)).toEqual([]);
  });

  it('is remembered to have changed when one came or went, not when one stayed', () => {
    const members = make();
    expect(members.changedAt).toBe(start);
    members.heard(b.keepAlive(1), start + 10);
    expect(members.changedAt).toBe(start + 10);
    members.heard(b.keepAlive(2), start + 20);
    members.elapse(start + 30);
    expect(members.changedAt).toBe(start + 10);
    members.elapse(start + 20 + knownMs);
    expect(members.changedAt).toBe(start + 20 + knownMs);
  });

  it('has a deadline that is later after every elapse at it', () => {
    const members = make();
    [b, c, d].forEach((author, place) => {
      members.heard(author.keepAlive(1), start + 100 * place);
    });
    let wakes = 0;
    for (let at = members.deadline; at !== undefined; at = members.deadline) {
      expect(members.elapse(at)).toBe(true);
      expect(members.deadline ?? Number.POSITIVE_INFINITY).toBeGreaterThan(at);
      wakes++;
    }
    expect(wakes).toBe(3);
  });
});

describe('who is online', () => {
  it('for writing, is nobody gone before a whole term of listening', () => {
    const members = make();
    expect(members.onlineUntil(b.key)).toBe(start + onlineForWritingMs);
    members.heard(b.keepAlive(1), start + 700);
    expect(members.onlineUntil(b.key)).toBe(start + 700 + onlineForWritingMs);
    expect(members.onlineUntil(otherParity(b.key))).toBe(start + 700 + onlineForWritingMs);
  });

  it('for accepting, is who gave a sign of life within 0.9 s', () => {
    const members = make();
    expect(members.onlineForAccepting(b.key, start)).toBe(false);
    members.heard(b.keepAlive(1), start);
    expect(members.onlineForAccepting(b.key, start + onlineForAcceptingMs - 1)).toBe(true);
    expect(members.onlineForAccepting(b.key, start + onlineForAcceptingMs)).toBe(false);
  });

  it('is told freshest first', () => {
    const members = make();
    members.heard(b.keepAlive(oursCount), start);
    members.heard(c.keepAlive(oursCount), start + 200);
    members.provenBy(d.key, start + 100, true);
    expect(members.candidates(start + 200)).toEqual([c.key, d.key, b.key]);
    expect(members.candidates(start + liveMs)).toEqual([c.key, d.key]);
    expect(members.candidates(start + liveMs + 200)).toEqual([]);
  });

  it('is still told after it left the known ones', () => {
    const members = make();
    members.heard(b.keepAlive(1), start);
    members.elapse(start + knownMs);
    expect(members.online(start + knownMs)).toEqual([b.key]);
  });
});

describe('since when a key is online', () => {
  it('is when it came, or came back after it was gone, by whatever shows it', () => {
    const members = make();
    members.heard(b.keepAlive(1), start);
    members.heard(b.keepAlive(2), start + 2_000);
    expect(members.onlineSince(b.key, start + 4_499)).toBe(start);
    expect(members.onlineSince(b.key, start + 4_500)).toBeUndefined();
    members.provenBy(b.key, start + 5_000, true);
    expect(members.onlineSince(b.key, start + 5_000)).toBe(start + 5_000);
    members.announced(c.key, 1, start + 100);
    members.announced(c.key, 2, start + 9_000);
    expect(members.onlineSince(c.key, start + 60_000)).toBe(start + 100);
    members.gone(c.key, false, start + 60_000);
    expect(members.onlineSince(c.key, start + 60_000)).toBeUndefined();
    expect(members.onlineSince(d.key, start)).toBeUndefined();
  });
});

describe('what is remembered', () => {
  it('is the newest KeepAlive of each known key', () => {
    const members = make();
    const newest = c.keepAlive(9);
    members.heard(b.keepAlive(1), start);
    members.heard(c.keepAlive(3), start + 1_000);
    members.heard(newest, start + 1_100);
    members.provenBy(d.key, start, true);
    members.elapse(start + knownMs);
    expect(members.keepAlives()).toEqual([newest]);
    expect(members.countOf(c.key)).toBe(9n);
    expect(members.countOf(b.key)).toBe(1n);
    expect(members.countOf(d.key)).toBeUndefined();
  });

  it('is bounded: who has been silent longest is forgotten, never who is known', () => {
    const members = make();
    const crowd = Array.from({ length: mostMembers }, (_, place) => new Author(100_000 + place));
    crowd.forEach((author, place) => {
      members.provenBy(author.key, start + (place < 2 ? place : 5_000), true);
    });
    members.elapse(start + 5_000);
    expect(members.known.size).toBe(mostMembers - 2);
    members.heard(b.keepAlive(1), start + 5_000);
    members.heard(c.keepAlive(1), start + 5_000);
    expect(known(members)).toContain(b.hex);
    expect(known(members)).toContain(c.hex);
    members.heard(d.keepAlive(1), start + 5_000);
    expect(known(members)).not.toContain(d.hex);
    expect(members.known.size).toBe(mostMembers);
  });

  it('is not what is no key', () => {
    const members = make();
    members.provenBy(new Uint8Array(33) as PublicKey, start, true);
    expect(known(members)).toEqual([]);
  });
});
