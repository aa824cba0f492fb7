/**
 * What every way of writing blocks must do, whatever its rule (core/authoring/authoring.ts).
 *
 * Many peers are asked that see the same: then somebody writes, and nobody writes together with another. Each rule's
 * own tests say who and when.
 */
import { describe, expect, it } from 'vitest';
import type { Authoring, AuthoringView, Turn } from '../../core/authoring/authoring.ts';
import { bytesToHex } from '../../core/codec/bytes.ts';
import type { Milliseconds } from '../../core/config.ts';
import { holderOf, type PublicKey } from '../../core/crypto/keys.ts';
import { Author } from '../model/author.ts';
import { Seeded } from '../model/seeded.ts';

export interface AuthoringUnderTest {
  readonly authoring: Authoring;
  /** Two writers are never nearer to each other than this. */
  readonly apartMs: Milliseconds;
  /** Somebody writes within this time of the last change. */
  readonly withinMs: Milliseconds;
}

interface Room {
  readonly people: readonly PublicKey[];
  readonly tip: AuthoringView['tip'];
  readonly pendingSince: Milliseconds;
  readonly membershipChangedAt: Milliseconds;
  /** Whether reference peers are about. */
  readonly near: boolean;
  /** Until when each of those counts as online; the others do not. */
  readonly online: ReadonlyMap<string, Milliseconds>;
}

const now = 1_000_000;

export function authoringContract(name: string, make: () => AuthoringUnderTest): void {
  describe(`${name} as a way of writing blocks`, () => {
    const { authoring, apartMs, withinMs } = make();

    it('lets somebody write, and never two together, whatever all of them see', () => {
      const seeded = new Seeded(1);
      for (let round = 0; round < 500; round++) {
        const room = randomRoom(seeded);
        const times = room.people.map((own) => writesAt(authoring, own, room)).sort((a, b) => a - b);
        expect(times[0]).toBeLessThan(now + withinMs);
        times.forEach((time, place) => {
          const after = times[place + 1] ?? Number.POSITIVE_INFINITY;
          if (time !== after) expect(after - time).toBeGreaterThanOrEqual(apartMs);
          else expect(time).toBe(Number.POSITIVE_INFINITY);
        });
      }
    });

    it('answers the same when it is asked the same, and never tells to wait for the past', () => {
      const seeded = new Seeded(2);
      for (let round = 0; round < 500; round++) {
        const room = randomRoom(seeded);
        const view = viewOf(seeded.pick(room.people), room, now);
        const turn = authoring.turn(now, view);
        expect(authoring.turn(now, view)).toEqual(turn);
        if (turn.kind === 'wait' && turn.until !== undefined) expect(turn.until).toBeGreaterThan(now);
      }
    });

    it('takes every author that it let write, when nobody of those named is there', () => {
      const seeded = new Seeded(3);
      for (let round = 0; round < 500; round++) {
        const room = randomRoom(seeded);
        if (room.tip === undefined) continue;
        for (const own of room.people) {
          if (writesAt(authoring, own, room) === Number.POSITIVE_INFINITY) continue;
          expect(authoring.accepts(own, room.tip.nextChoices, () => false)).toBe(true);
        }
      }
    });

    it('takes who was named, whoever is there', () => {
      const [named, other] = people(2) as [PublicKey, PublicKey];
      for (const isOnline of [true, false]) expect(authoring.accepts(named, [other, named], () => isOnline)).toBe(true);
    });

    it('names keys of those who are there, each once, and nobody else', () => {
      const seeded = new Seeded(4);
      for (let size = 0; size < 12; size++) {
        const live = people(size);
        const chosen = authoring.nextChoices(seeded.random, live).map(bytesToHex);
        expect(new Set(chosen).size).toBe(chosen.length);
        for (const key of chosen) expect(live.map(bytesToHex)).toContain(key);
        if (size > 0) expect(chosen.length).toBeGreaterThan(0);
      }
    });
  });
}

function people(count: number): PublicKey[] {
  return Array.from({ length: count }, (_, place) => new Author(700 + place).key);
}

/** At least two are there, or nobody could write. */
function randomRoom(seeded: Seeded): Room {
  const all = people(2 + seeded.below(6));
  const gone = people(20).slice(10, 10 + seeded.below(4));
  const nextChoices = seeded.shuffled([...all, ...gone]).slice(0, seeded.below(4));
  const arrivedAt = now - seeded.below(3_000);
  return {
    people: all,
    tip: seeded.chance(0.2) ? undefined : { nextChoices, arrivedAt },
    pendingSince: now - seeded.below(3_000),
    membershipChangedAt: now - seeded.below(3_000),
    near: seeded.chance(0.3),
    online: new Map(all.map((key) => [holderOf(key), now + 2_500])),
  };
}

/** Every third key may be a reference peer's. */
function isReference(key: PublicKey): boolean {
  return (key[1] ?? 0) % 3 === 0;
}

function viewOf(own: PublicKey, room: Room, at: Milliseconds): AuthoringView {
  const online = room.people.filter((key) => key !== own && (room.online.get(holderOf(key)) ?? 0) > at);
  return {
    ...room,
    own,
    online,
    onlineUntil: (key) => room.online.get(holderOf(key)) ?? 0,
    isReference,
    referenceDelayMs: () => 3_000,
    referencesAreNear: room.near,
    isAmongFreshest: true,
    rankDelayMs: 500,
    recentAuthors: [],
    onlineSince: (key) => (room.online.has(holderOf(key)) ? 0 : undefined),
  };
}

/** When this one would write if nobody did before; asked again whenever it is told to wait. */
function writesAt(authoring: Authoring, own: PublicKey, room: Room): Milliseconds {
  let at = now;
  for (let asked = 0; asked < 100; asked++) {
    const turn: Turn = authoring.turn(at, viewOf(own, room, at));
    if (turn.kind === 'write') {
      if (turn.at <= at) return at === now ? turn.at : at;
      return turn.at;
    }
    if (turn.until === undefined) return Number.POSITIVE_INFINITY;
    at = turn.until;
  }
  throw new Error('it waits without end');
}
