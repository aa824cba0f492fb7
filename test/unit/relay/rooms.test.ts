import { describe, expect, it, vi } from 'vitest';
import { keyHex, type PublicKey } from '../../../core/crypto/keys.ts';
import { mostTold } from '../../../core/wire/signaling.ts';
import { type Member, mostMembers, Room } from '../../../relay/rooms.ts';
import { Seeded } from '../../model/seeded.ts';
import { SlowRoom } from '../../model/slow-room.ts';

const seeded = new Seeded(1);

function member(key = numbered(seeded.u32())) {
  return { key, replaced: vi.fn<Member['replaced']>(), signalled: vi.fn<Member['signalled']>() };
}

function numbered(value: number): PublicKey {
  const key = new Uint8Array(33);
  key[0] = 2;
  new DataView(key.buffer).setUint32(1, value);
  return key as PublicKey;
}

const hexes = (keys: readonly PublicKey[]) => keys.map(keyHex).sort();

describe('Room', () => {
  it('tells each of all others while they are few', () => {
    const room = new Room(new Seeded(2).random);
    const members = [member(), member(), member()] as const;
    for (const each of members) expect(room.join(each)).toBe(true);
    expect(hexes(room.others(members[0], []))).toEqual(hexes([members[1].key, members[2].key]));
    expect(hexes(room.others(members[0], [members[1].key]))).toEqual(hexes([members[2].key]));
    expect(room.size).toBe(3);
  });

  it(`tells of ${mostTold} when they are many, and each of them as likely`, () => {
    const room = new Room(new Seeded(3).random);
    const members = Array.from({ length: 41 }, () => member());
    for (const each of members) room.join(each);
    const self = members[0] as Member;
    const times = new Map<string, number>();
    for (let i = 0; i < 400; i++) {
      const others = hexes(room.others(self, []));
      expect(new Set(others).size).toBe(mostTold);
      for (const other of others) times.set(other, (times.get(other) ?? 0) + 1);
    }
    expect(times.has(keyHex(self.key))).toBe(false);
    expect(times.size).toBe(40);
    for (const count of times.values()) expect(Math.abs(count - 100)).toBeLessThan(45);
  });

  it('tells of each pair of others as often as of any other pair', () => {
    const room = new Room(new Seeded(8).random);
    const members = Array.from({ length: 13 }, () => member());
    for (const each of members) room.join(each);
    const self = members[12] as Member;
    const names = new Map(members.map(({ key }, place) => [keyHex(key), place]));
    const times = new Map<string, number>();
    const rounds = 3_000;
    for (let i = 0; i < rounds; i++) {
      const told = new Set(room.others(self, []).map((key) => names.get(keyHex(key))));
      const leftOut = Array.from({ length: 12 }, (_, place) => place).filter((place) => !told.has(place));
      expect(leftOut).toHaveLength(2);
      times.set(leftOut.join(), (times.get(leftOut.join()) ?? 0) + 1);
    }
    const expected = rounds / 66;
    const chiSquared = [...times.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(times.size).toBe(66);
    // 65 degrees of freedom: one in ten thousand is above 114.
    expect(chiSquared).toBeLessThan(114);
  });

  it.each([1, 2, 3, 4])('tells the same as one that searches and shuffles a whole list (seed %i)', (seed) => {
    const room = new Room(new Seeded(seed).random);
    const slow = new SlowRoom(new Seeded(seed).random);
    const drawn = new Seeded(100 + seed);
    const present = new Map<string, Member>();
    for (let step = 0; step < 2_000; step++) {
      const one = member(numbered(drawn.below(90)));
      const there = present.get(keyHex(one.key));
      if (drawn.chance(0.4)) {
        room.join(one);
        slow.join(one.key);
        present.set(keyHex(one.key), one);
      } else if (there !== undefined && drawn.chance(0.5)) {
        room.leave(there);
        slow.leave(there.key);
        present.delete(keyHex(there.key));
      } else {
        const exclude = Array.from({ length: drawn.below(65) }, () => numbered(drawn.below(90)));
        const told = room.others(one, exclude);
        expect(told.map(keyHex)).toEqual(slow.others(one.key, exclude).map(keyHex));
        expect(new Set(told.map(keyHex)).size).toBe(told.length);
        expect(told.map(keyHex)).not.toContain(keyHex(one.key));
      }
      expect(room.size).toBe(slow.list.length);
    }
  });

  it('draws as often in a room of any size', () => {
    const counted = (count: number) => {
      const random = vi.fn(new Seeded(9).random);
      const room = new Room(random);
      const members = Array.from({ length: count }, (_, place) => member(numbered(place)));
      for (const each of members) room.join(each);
      room.others(members[0] as Member, []);
      return random.mock.calls.length;
    };
    expect(counted(5_000)).toBeLessThanOrEqual(mostTold + 2);
    expect(counted(100)).toBeLessThanOrEqual(mostTold + 2);
  });

  it('passes a signal to the member it is for, and says when there is none', () => {
    const room = new Room(new Seeded(4).random);
    const [one, two, stranger] = [member(), member(), member()];
    room.join(one);
    room.join(two);
    const sealed = Uint8Array.of(1, 2, 3);
    expect(room.signal(one, two.key, sealed)).toBe(true);
    expect(two.signalled).toHaveBeenCalledExactlyOnceWith(one.key, sealed);
    expect(room.signal(one, stranger.key, sealed)).toBe(false);
    expect(room.signal(one, one.key, sealed)).toBe(false);
    expect(one.signalled).not.toHaveBeenCalled();
  });

  it('gives the place of a key to who came last, and a late leaving takes it from nobody', () => {
    const room = new Room(new Seeded(5).random);
    const [older, other] = [member(), member()];
    const newer = member(older.key);
    for (const each of [older, other, newer]) room.join(each);
    expect(older.replaced).toHaveBeenCalledTimes(1);
    expect(newer.replaced).not.toHaveBeenCalled();
    expect(room.size).toBe(2);
    room.leave(older);
    room.signal(other, older.key, Uint8Array.of(1));
    expect(newer.signalled).toHaveBeenCalledTimes(1);
    expect(older.signalled).not.toHaveBeenCalled();
  });

  it('forgets who leaves', () => {
    const room = new Room(new Seeded(6).random);
    const [one, two] = [member(), member()];
    room.join(one);
    room.join(two);
    room.leave(two);
    room.leave(two);
    expect(room.others(one, [])).toEqual([]);
    expect(room.signal(one, two.key, Uint8Array.of(1))).toBe(false);
  });

  it(`holds ${mostMembers} and no more, but lets a member come again`, () => {
    const room = new Room(new Seeded(7).random);
    for (let i = 0; i < mostMembers; i++) room.join(member(numbered(i)));
    expect(room.join(member(numbered(mostMembers)))).toBe(false);
    expect(room.join(member(numbered(5)))).toBe(true);
    expect(room.size).toBe(mostMembers);
    room.leave(member(numbered(6)));
    expect(room.size).toBe(mostMembers);
  });
});
