import { describe, expect, it } from 'vitest';
import type { PublicKey } from '../../../../core/crypto/keys.ts';
import { Members } from '../../../../core/network/members.ts';
import { Presence } from '../../../../core/network/presence.ts';
import type { KeepAlive } from '../../../../core/wire/messages.ts';
import { type Author, authors } from '../../../model/author.ts';
import { fakeCurve, fakeVerify, otherParity } from '../../../model/fake-curve.ts';
import { Seeded } from '../../../model/seeded.ts';

const [self, b, c] = authors(3) as [Author, Author, Author];
const start = 1_700_000_000_000;

function make({ thin = false } = {}) {
  const members = new Members(self.key, new Seeded(17).random, start);
  const { secret, key: publicKey } = self;
  const options = { curve: fakeCurve, random: new Seeded(1).random, secret, publicKey, thin, keepAliveMs: 600 };
  const presence = new Presence(options, members, start);
  /** Comes, is checked, comes back: whether it is passed on. */
  const comes = (keepAlive: KeepAlive, now = start): boolean => {
    const check = presence.check(keepAlive);
    return check !== undefined && presence.checked(keepAlive, fakeVerify([check])[0] === true, now);
  };
  return { members, presence, comes };
}

describe('our own KeepAlive', () => {
  it('is due at once, then every keep_alive, with one deadline after the other', () => {
    const { presence } = make();
    expect(presence.deadline).toBe(start);
    const sent: KeepAlive[] = [];
    for (let now = start; now < start + 3_000; now += 50) {
      const keepAlive = presence.due(now, true);
      if (keepAlive !== undefined) sent.push(keepAlive);
      expect(presence.deadline).toBeGreaterThan(now);
    }
    expect(sent).toHaveLength(5);
    for (const [place, { count }] of sent.entries()) expect(count).toBeGreaterThan(sent[place - 1]?.count ?? 0n);
  });

  it('is sent once after a long sleep, not once for every one that was missed', () => {
    const { presence } = make();
    expect(presence.due(start + 60_000, true)).toBeDefined();
    expect(presence.due(start + 60_000, true)).toBeUndefined();
    expect(presence.deadline).toBe(start + 60_600);
  });

  it('counts in Unix milliseconds and always rises, though two are made in one', () => {
    const { presence } = make();
    const counts = [
      presence.fresh(start),
      presence.fresh(start),
      presence.due(start, true),
      presence.fresh(start - 500),
    ];
    expect(counts.map((keepAlive) => keepAlive?.count)).toEqual([0n, 1n, 2n, 3n].map((more) => BigInt(start) + more));
  });

  it('is never counted 0, which the reference would pass on for ever', () => {
    const { presence } = make();
    expect(presence.fresh(0)?.count).toBe(1n);
  });

  it('is signed so that it holds for others', () => {
    const own = make().presence.fresh(start) as KeepAlive;
    const other = make();
    const check = other.presence.check({ ...own, pubkey: b.key });
    expect(check && fakeVerify([check])).toEqual([false]);
    const { presence } = make();
    const raised = presence.check({ ...own, count: own.count + 5n });
    expect(raised && fakeVerify([raised])).toEqual([false]);
    const true_ = presence.check(own);
    expect(true_ && fakeVerify([true_])).toEqual([true]);
  });

  it('exceeds a higher one of our own key that is heard back, and that one is not passed on', () => {
    const { presence, comes, members } = make();
    const echo = self.keepAlive(BigInt(start) + 1_000_000n);
    expect(comes(echo)).toBe(false);
    expect(presence.fresh(start)?.count).toBe(BigInt(start) + 1_000_001n);
    expect(members.known.size).toBe(0);
  });

  it('is due at once when it was exceeded by an echo, and not by one that another has overtaken', () => {
    const { presence } = make();
    presence.due(start, true);
    const [lower, higher] = [self.keepAlive(BigInt(start) + 500n), self.keepAlive(BigInt(start) + 900n)];
    for (const echo of [lower, higher]) expect(presence.check(echo)).toBeDefined();
    expect(presence.checked(higher, true, start + 10)).toBe(false);
    expect(presence.due(start + 10, true)?.count).toBe(BigInt(start) + 901n);
    expect(presence.checked(lower, true, start + 20)).toBe(false);
    expect(presence.deadline).toBe(start + 610);
    expect(presence.fresh(start)?.count).toBe(BigInt(start) + 902n);
  });

  it('is not raised by one of our own key that somebody else made up', () => {
    const { presence, comes } = make();
    const forged = { ...b.keepAlive(BigInt(start) * 2n), pubkey: self.key };
    expect(comes(forged)).toBe(false);
    expect(comes({ ...forged, pubkey: otherParity(self.key) })).toBe(false);
    expect(presence.fresh(start)?.count).toBe(BigInt(start));
  });

  it('is not sent by a thin peer', () => {
    const { presence } = make({ thin: true });
    expect([presence.deadline, presence.due(start, true), presence.fresh(start)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("another's KeepAlive", () => {
  it('is passed on and remembered once its signature held', () => {
    const { members, comes } = make();
    expect(comes(b.keepAlive(7))).toBe(true);
    expect([...members.known]).toEqual([b.hex]);
    expect(members.countOf(b.key)).toBe(7n);
  });

  it('counts only when its count has risen', () => {
    const { comes } = make();
    expect([5, 5, 4, 1, 6, 5, 7].map((count) => comes(b.keepAlive(count)))).toEqual([
      true,
      false,
      false,
      false,
      true,
      false,
      true,
    ]);
    expect(comes(c.keepAlive(1))).toBe(true);
  });

  it('is dropped unchecked when it counts 0 or names what is no key', () => {
    const { presence } = make();
    expect(presence.check(b.keepAlive(0))).toBeUndefined();
    expect(presence.check({ ...b.keepAlive(1), pubkey: new Uint8Array(33) as PublicKey })).toBeUndefined();
  });

  it('changes nothing when its signature does not hold', () => {
    const { members, presence, comes } = make();
    const forged = { ...c.keepAlive(2n ** 64n - 1n), pubkey: b.key };
    expect(comes(forged)).toBe(false);
    expect(members.known.size).toBe(0);
    expect(presence.check(b.keepAlive(1))).toBeDefined();
  });

  it('is checked once, however many bring it meanwhile', () => {
    const { presence } = make();
    const keepAlive = b.keepAlive(3);
    expect(presence.check(keepAlive)).toBeDefined();
    expect(presence.check(keepAlive)).toBeUndefined();
    expect(presence.checked(keepAlive, true, start)).toBe(true);
    expect(presence.check(keepAlive)).toBeUndefined();
  });

  it('is not kept away by a forged one with a higher count that is under check', () => {
    const { presence } = make();
    const forged = { ...c.keepAlive(2n ** 64n - 1n), pubkey: b.key };
    const true_ = b.keepAlive(3);
    expect(presence.check(forged)).toBeDefined();
    expect(presence.check(true_)).toBeDefined();
    expect(presence.checked(true_, true, start)).toBe(true);
    expect(presence.checked(forged, false, start)).toBe(false);
  });

  it('that was overtaken by a newer one while it was checked is not passed on', () => {
    const { presence, members } = make();
    const [older, newer] = [b.keepAlive(3), b.keepAlive(4)];
    for (const keepAlive of [older, newer]) expect(presence.check(keepAlive)).toBeDefined();
    expect(presence.checked(newer, true, start)).toBe(true);
    expect(presence.checked(older, true, start)).toBe(false);
    expect(members.countOf(b.key)).toBe(4n);
  });

  it('does not make a second member by the other parity of its key', () => {
    const { members, comes } = make();
    expect(comes(b.keepAlive(3))).toBe(true);
    expect(comes({ ...b.keepAlive(3), pubkey: otherParity(b.key) })).toBe(false);
    expect(members.known.size).toBe(1);
  });

  it('waits for no check when too many are under way', () => {
    const { presence } = make();
    const checks = Array.from({ length: 1_100 }, (_, count) => presence.check(b.keepAlive(count + 1)));
    expect(checks.filter((check) => check !== undefined)).toHaveLength(1_024);
  });
});
