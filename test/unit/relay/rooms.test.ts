import { describe, expect, it, vi } from 'vitest';
import { keyHex, type PublicKey } from '../../../core/crypto/keys.ts';
import { mostTold } from '../../../core/wire/signaling.ts';
import { type Member, mostMembers, Room } from '../../../relay/rooms.ts';
import { Seeded } from '../../model/seeded.ts';

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
