/**
 * What beacons say of who is online: in a network of hundreds most keys are heard from once in minutes.
 */
import { describe, expect, it } from 'vitest';
import { drawnMs, knownMs, mostMembers, onlineForWritingMs } from '../../../../core/network/member.ts';
import { Members } from '../../../../core/network/members.ts';
import { mostLifetimeMs } from '../../../../core/network/pace.ts';
import { Author, authors } from '../../../model/author.ts';
import { beaconOf } from '../../../model/beacon.ts';
import { Seeded } from '../../../model/seeded.ts';

const [self, b, c, d] = authors(4) as [Author, Author, Author, Author];
const start = 1_000_000;
const lifetimeMs = 300_000;
const make = () => new Members(self.key, new Seeded(17).random, start);
const beacon = (author: Author, counter = 1, life = lifetimeMs) =>
  beaconOf(author, { network: 'main', counter, lifetimeMs: life });

describe('a key that beacons', () => {
  it('is known and online for its lifetime, and may be named for 30 s of it', () => {
    const members = make();
    members.beaconed(beacon(b), 0, start);
    for (const [at, isNamed, isOnline] of [
      [start + drawnMs - 1, true, true],
      [start + drawnMs, false, true],
      [start + lifetimeMs - 1, false, true],
      [start + lifetimeMs, false, false],
    ] as const) {
      members.elapse(at);
      expect([members.candidates(at).length, members.online(at).length, members.known.size]).toEqual([
        Number(isNamed),
        Number(isOnline),
        Number(isOnline),
      ]);
    }
    expect(members.isOurs(b.key)).toBe(true);
  });

  it('stays for what it said first when it says less later, as a candidate does', () => {
    const members = make();
    members.beaconed(beacon(b, 1), 0, start);
    members.beaconed(beacon(b, 2, 1_800), 0, start + 1_000);
    members.elapse(start + lifetimeMs - 1);
    expect([...members.known]).toEqual([b.hex]);
    expect(members.beaconOf(b.key)?.counter).toBe(2n);
  });

  it('lives half an hour at most, whatever it says', () => {
    const members = make();
    members.beaconed(beacon(b, 1, 4_000_000_000), 0, start);
    members.elapse(start + mostLifetimeMs);
    expect(members.known.size).toBe(0);
  });

  it('is waited for from the moment that it was named, for it could not speak before', () => {
    const members = make();
    members.beaconed(beacon(b), 0, start);
    const namedAt = start + 50_000;
    expect(members.onlineUntil(b.key, namedAt)).toBe(namedAt + onlineForWritingMs);
    members.beaconed(beacon(b, 2, 1_800), 0, namedAt + 600);
    expect(members.onlineUntil(b.key, namedAt)).toBe(namedAt + 600 + onlineForWritingMs);
    // Of one that sent KeepAlives its silence before says enough.
    members.heard(c.keepAlive(1), start);
    expect(members.onlineUntil(c.key, namedAt)).toBe(start + onlineForWritingMs);
  });

  it('of whom a neighbour only told is shown for the rest of its lifetime, and is not online', () => {
    const members = make();
    members.beaconed(beacon(b), 100_000, start);
    expect([...members.known]).toEqual([b.hex]);
    expect([members.online(start), members.candidates(start), members.onlineSince(b.key, start)]).toEqual([
      [],
      [],
      undefined,
    ]);
    members.elapse(start + lifetimeMs - 100_000);
    expect(members.known.size).toBe(0);
    members.beaconed(beacon(c), lifetimeMs, start);
    expect(members.known.size).toBe(0);
  });

  it('is gone when its own link ends, until it beacons again', () => {
    const members = make();
    members.provenBy(b.key, start, true);
    members.beaconed(beacon(b), 0, start);
    members.unlinked(b.key, start + 10_000);
    expect(members.known.size).toBe(0);
    members.beaconed(beacon(b, 2), 0, start + 11_000);
    members.elapse(start + 11_000 + knownMs);
    expect([...members.known]).toEqual([b.hex]);
  });
});

describe('what is told of beacons', () => {
  it('is the newest of each key that is known, the newest first, so many at most', () => {
    const members = make();
    members.beaconed(beacon(b), 5_000, start);
    members.beaconed(beacon(c, 1), 0, start + 100);
    members.beaconed(beacon(c, 2), 0, start + 200);
    members.beaconed(beacon(d, 1, 1_000), 0, start);
    members.elapse(start + 1_500);
    expect(members.beacons(64).map(({ newest, madeAt }) => [newest.counter, madeAt])).toEqual([
      [2n, start + 200],
      [1n, start - 5_000],
    ]);
    expect(members.beacons(1)).toHaveLength(1);
  });
});

describe('a network larger than what is kept of it', () => {
  it('is known by its freshest keys, and by those with a link here', () => {
    const members = make();
    const crowd = Array.from({ length: mostMembers }, (_, place) => new Author(200_000 + place));
    members.provenBy(b.key, start, true);
    members.beaconed(beacon(b), 0, start);
    crowd.forEach((author, place) => {
      members.beaconed(beacon(author), 0, start + 1 + place);
    });
    members.beaconed(beacon(c), 0, start + 50_000);
    expect(members.known.size).toBe(mostMembers);
    for (const { hex } of [b, c, crowd.at(-1) as Author]) expect([...members.known]).toContain(hex);
    for (const { hex } of crowd.slice(0, 2)) expect([...members.known]).not.toContain(hex);
  });
});
