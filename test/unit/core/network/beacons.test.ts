import { describe, expect, it } from 'vitest';
import type { Hash, PublicKey } from '../../../../core/crypto/keys.ts';
import { Beacons } from '../../../../core/network/beacons.ts';
import { Members } from '../../../../core/network/members.ts';
import { intervalsOfLife } from '../../../../core/network/pace.ts';
import type { Beacon } from '../../../../core/wire/beacon.ts';
import { type Author, authors } from '../../../model/author.ts';
import { fakeCurve, fakeVerify, otherParity } from '../../../model/fake-curve.ts';
import { Seeded } from '../../../model/seeded.ts';

const people = authors(90);
const [self, b, c, d] = people as [Author, Author, Author, Author];
const start = 1_700_000_000_000;
const keepAliveMs = 600;
const tip = new Uint8Array(32).fill(7) as Hash;

class Bench {
  readonly members: Members;
  readonly beacons: Beacons;
  now = start;
  known = 40;
  nextChoices: readonly PublicKey[] = [];

  constructor(author = self, { thin = false, network = 'main' } = {}) {
    this.members = new Members(author.key, new Seeded(17).random, start);
    const { secret, key: publicKey } = author;
    const options = { curve: fakeCurve, random: new Seeded(1).random, secret, publicKey, network, thin, keepAliveMs };
    this.beacons = new Beacons(options, this.members, start);
  }

  due(now = this.now): Beacon | undefined {
    this.now = now;
    return this.beacons.due({ known: this.known, tip, nextChoices: this.nextChoices }, now);
  }

  /** Every beacon in this time, as a host calls. */
  sent(forMs: number): Beacon[] {
    const sent: Beacon[] = [];
    for (const end = this.now + forMs; this.now < end; this.now += 50) {
      const beacon = this.due();
      if (beacon !== undefined) sent.push(beacon);
    }
    return sent;
  }

  /** Comes, is checked, comes back. @returns what became of it; undefined when it was dropped unchecked */
  comes(beacon: Beacon, { link = 1, ageMs = 0 } = {}) {
    const carried = { ...beacon, ageMs };
    const check = this.beacons.check(carried, link, this.now);
    return check === undefined ? undefined : this.beacons.checked(carried, fakeVerify([check])[0] === true, this.now);
  }
}

/** A beacon of this author, made at this time. */
function beaconOf(author: Author, { at = start, known = 40, network = 'main', named = false } = {}): Beacon {
  const bench = new Bench(author, { network });
  bench.known = known;
  if (named) bench.nextChoices = [author.key];
  const beacon = bench.due(at);
  if (beacon === undefined) throw new Error('the first is due at once');
  return beacon;
}

describe('our own beacon', () => {
  it('is sent at once when the network is large, and never while it has up to 32 peers', () => {
    const bench = new Bench();
    bench.known = 31;
    expect([bench.sent(10_000), bench.beacons.deadline, bench.beacons.isLarge]).toEqual([[], undefined, false]);
    bench.known = 32;
    expect(bench.due()).toMatchObject({ pubkey: self.key, tip });
    expect(bench.beacons.isLarge).toBe(true);
    expect(bench.beacons.deadline).toBeGreaterThan(bench.now);
  });

  it('shows it to all at the time it was sent, and in a small network all the time', () => {
    const bench = new Bench();
    bench.due();
    expect(bench.beacons.spokeAt(start + 900)).toBe(start);
    bench.known = 3;
    bench.due();
    expect(bench.beacons.spokeAt(start + 900)).toBe(start + 900);
  });

  it('goes on until the network is a good deal smaller', () => {
    const bench = new Bench();
    bench.due();
    bench.known = 24;
    bench.due();
    expect(bench.beacons.isLarge).toBe(true);
    bench.known = 23;
    bench.due();
    expect(bench.beacons.isLarge).toBe(false);
  });

  it('is never sent by a thin peer', () => {
    expect(new Bench(self, { thin: true }).sent(10_000)).toEqual([]);
  });

  it('comes again after about its interval, of which it states three as its lifetime, and counts on', () => {
    const sent = new Bench().sent(120_000);
    // Four seconds each, as long as nobody else is heard; then less and less.
    expect(sent[0]?.lifetimeMs).toBe(intervalsOfLife * 4_000);
    for (const [place, { counter }] of sent.entries()) {
      const after = Number(sent[place + 1]?.counter ?? counter + 4_000n) - Number(counter);
      expect(after).toBeGreaterThan(2_900);
      expect(after).toBeLessThan(5_100);
    }
  });

  it('is sent every keep_alive by who is named by the newest block, and once more when that is over', () => {
    const bench = new Bench();
    bench.sent(1_000);
    bench.nextChoices = [b.key, otherParity(self.key)];
    const sent = bench.sent(6_000);
    expect(sent).toHaveLength(10);
    expect(sent[0]?.lifetimeMs).toBe(intervalsOfLife * keepAliveMs);
    bench.nextChoices = [b.key];
    expect(bench.sent(2_000).map(({ lifetimeMs }) => lifetimeMs)).toEqual([intervalsOfLife * 4_000]);
  });

  it('exceeds a higher counter of our own key that is heard back, and says so at once', () => {
    const bench = new Bench();
    bench.due();
    expect(bench.comes(beaconOf(self, { at: start + 60_000 }))).toEqual({ kind: 'kept' });
    expect(bench.due()?.counter).toBe(BigInt(start) + 60_001n);
    expect(bench.members.known.size).toBe(0);
  });
});

describe('a beacon that comes', () => {
  it('makes its key known and is passed on to all but those who have it', () => {
    const bench = new Bench();
    const carried = { ...beaconOf(b), ageMs: 0 };
    const check = bench.beacons.check(carried, 1, start);
    expect(check && fakeVerify([check])).toEqual([true]);
    expect(bench.beacons.check(carried, 2, start)).toBeUndefined();
    expect(bench.beacons.checked(carried, true, start)).toEqual({ kind: 'passOn', except: new Set([1, 2]) });
    expect([...bench.members.known]).toEqual([b.hex]);
    expect(bench.comes(carried)).toBeUndefined();
  });

  it.each([
    ['of another network', { network: 'other' }, {}],
    ['with another key', {}, { pubkey: c.key }],
    ['with a higher counter', {}, { counter: BigInt(start) + 1n }],
    ['with another tip', {}, { tip: undefined }],
    ['with a longer lifetime', {}, { lifetimeMs: 1_800_000 }],
  ])('%s is forged, and its key is not known by it', (_, made, changed) => {
    const bench = new Bench();
    expect(bench.comes({ ...beaconOf(b, made), ...changed })).toEqual({ kind: 'forged' });
    expect(bench.members.known.size).toBe(0);
    expect(bench.comes(beaconOf(b))).toMatchObject({ kind: 'passOn' });
  });

  it.each([
    ['counts no more than the newest', { ...beaconOf(b), counter: BigInt(start) - 1n }],
    ['counts the same', beaconOf(b)],
    ['counts 0', { ...beaconOf(c), counter: 0n }],
    ['names no key', { ...beaconOf(c), pubkey: new Uint8Array(33) as PublicKey }],
  ])('that %s is not even checked', (_, beacon) => {
    const bench = new Bench();
    bench.comes(beaconOf(b));
    expect(bench.beacons.check({ ...beacon, ageMs: 0 }, 1, start)).toBeUndefined();
  });

  it('that a neighbour only tells of is heard and not live, and is not passed on', () => {
    const bench = new Bench();
    expect(bench.comes(beaconOf(b), { ageMs: 3_000 })).toEqual({ kind: 'kept' });
    expect([...bench.members.known]).toEqual([b.hex]);
    expect([bench.members.online(start), bench.members.candidates(start)]).toEqual([[], []]);
    bench.comes(beaconOf(b, { at: start + 100 }));
    expect(bench.members.candidates(start)).toEqual([b.key]);
  });
});

describe('what is passed on and checked', () => {
  /** Beacons of all people, each from its own neighbour or from one, as fast as they come. */
  function flooded(bench: Bench, { seconds = 5, ofOneLink = false } = {}) {
    const counted = { passedOn: 0, checked: 0, candidates: 0 };
    const others = people.slice(1);
    for (let round = 0; round < 2 * seconds; round++, bench.now += 500) {
      others.forEach((author, place) => {
        const heard = bench.comes(beaconOf(author, { at: bench.now }), { link: ofOneLink ? 1 : place });
        if (heard !== undefined) counted.checked++;
        if (heard?.kind !== 'passOn') return;
        counted.passedOn++;
        if (author === d) counted.candidates++;
      });
    }
    return counted;
  }

  it('is some twelve a second over all, whatever comes, and checks are twenty', () => {
    const { passedOn, checked } = flooded(new Bench(), { seconds: 20 });
    expect(passedOn).toBeLessThanOrEqual(20 * 12 + 24);
    expect(passedOn).toBeGreaterThan(20 * 10);
    expect(checked).toBeLessThanOrEqual(20 * 20 + 64);
    expect(checked).toBeGreaterThan(20 * 18);
  });

  it('is every beacon of a candidate, though others want more than there is', () => {
    const bench = new Bench();
    bench.nextChoices = [d.key];
    bench.due();
    expect(flooded(bench).candidates).toBe(10);
  });

  it('is ten a second for one link', () => {
    expect(flooded(new Bench(), { seconds: 20, ofOneLink: true }).checked).toBeLessThanOrEqual(20 * 10 + 64);
    const bench = new Bench();
    flooded(bench, { ofOneLink: true });
    bench.beacons.ended(1);
    expect(bench.comes(beaconOf(b, { at: bench.now + 1 }), { link: 1 })).toBeDefined();
  });
});
