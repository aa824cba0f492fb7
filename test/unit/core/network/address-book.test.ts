import { describe, expect, it } from 'vitest';
import {
  AddressBook,
  type Entry,
  mostFresh,
  mostOfOneGroup,
  mostOfOneSource,
  mostTried,
  newEntry,
  roomSource,
  type Wanted,
} from '../../../../core/network/address-book.ts';
import { signaledAddress } from '../../../../core/network/addresses.ts';
import { Author } from '../../../model/author.ts';
import { Seeded } from '../../../model/seeded.ts';

const start = 1_770_000_000_000;
const day = 24 * 60 * 60_000;
const tab = signaledAddress(new Author(1).key);

/** Of another network each. */
function far(place: number): string {
  return `${11 + (place >> 8)}.${place & 255}.1.1:29092`;
}

function book(seed = 1): AddressBook {
  return new AddressBook(new Seeded(seed).random, 3);
}

function choose(from: AddressBook, count: number, now = start, more: Partial<Wanted> = {}): string[] {
  const wanted = { count, mostFresh: count, isFree: () => true, groups: new Set<string>(), ...more };
  return from.choose(wanted, now).map(({ address }) => address);
}

function names(entries: readonly Entry[]): string[] {
  return entries.map(({ address }) => address);
}

describe('a liar that tells of 100,000 addresses', () => {
  it('holds its quota, and pushes out nothing that was reached and nothing that others told of', () => {
    const held = book();
    for (let place = 0; place < 200; place++) held.reached(far(place), start);
    for (let place = 200; place < 232; place++) held.told(far(place), 'honest', start);
    const before = { tried: held.tried, honest: held.fresh };
    for (let place = 0; place < 100_000; place++) held.told(`a.n${place}.example:1`, 'liar', start);
    expect(held.tried).toEqual(before.tried);
    expect(held.fresh.filter(({ source }) => source === 'honest')).toEqual(before.honest);
    expect(held.fresh.filter(({ source }) => source === 'liar')).toHaveLength(mostOfOneSource);
  });

  it('under as many names as it likes leaves the others their part, and those reached all', () => {
    const held = book();
    for (let place = 0; place < 200; place++) held.reached(far(place), start);
    for (let place = 0; place < 8; place++) held.told(far(200 + place), 'honest', start);
    for (let place = 0; place < 20_000; place++) held.told(far(1_000 + (place % 9_000)), `liar ${place % 90}`, start);
    expect(held.tried).toHaveLength(200);
    expect(held.fresh.filter(({ source }) => source === 'honest')).toHaveLength(8);
    expect(held.fresh.length).toBe(mostFresh);
  });

  it('of one network gets no more than a group may have, in either table', () => {
    const held = book();
    for (let place = 0; place < 1_000; place++) {
      held.told(`192.0.${place % 250}.${place >> 4}:1`, `liar ${place}`, start);
    }
    expect(held.fresh).toHaveLength(mostOfOneGroup);
    for (const { address } of held.fresh) held.reached(address, start);
    for (let place = 0; place < 100; place++) held.reached(`192.0.2.${place}:2`, start + place);
    expect(held.tried).toHaveLength(mostOfOneGroup);
  });
});

describe('an address', () => {
  it('that nobody can dial is not taken', () => {
    const held = book();
    for (const address of ['ws://a', 'host', '', 'a:b', `${'x'.repeat(254)}:1`]) {
      expect(held.told(address, 'a', start)).toBeUndefined();
    }
    expect(held.changes).toBe(0);
  });

  it('that was never reached is forgotten after three failures, the waits between them growing', () => {
    const held = book();
    held.told(far(1), 'a', start);
    const waits: number[] = [];
    for (let now = start; held.entry(far(1)) !== undefined; ) {
      expect(choose(held, 1, now)).toEqual([far(1)]);
      held.failed(far(1), now);
      const due = held.entry(far(1))?.dueAt ?? now;
      expect(choose(held, 1, due - 1)).toEqual([]);
      waits.push(due - now);
      now = due;
    }
    expect(waits).toHaveLength(3);
    expect(waits[0]).toBeGreaterThanOrEqual(1_600);
    expect(waits[1]).toBeGreaterThanOrEqual(3_200);
  });

  it('that was reached is tried again for a month, in the end every ten minutes', () => {
    const held = book();
    held.reached(far(1), start);
    let now = start;
    let dials = 0;
    for (; held.entry(far(1)) !== undefined && dials < 10_000; dials++) {
      held.failed(far(1), now);
      now = held.entry(far(1))?.dueAt ?? now;
    }
    expect(now - start).toBeGreaterThan(30 * day);
    expect(now - start).toBeLessThan(31 * day);
    expect(dials).toBeLessThan(6_000);
  });

  it('reached by signaling is forgotten after three failures though it was reached before', () => {
    const held = book();
    held.reached(tab, start);
    for (let failures = 0; failures < 3; failures++) held.failed(tab, start);
    expect(held.entry(tab)).toBeUndefined();
  });

  it('that nobody has told of for three days is not dialled any more', () => {
    const held = book();
    held.told(far(1), 'a', start);
    held.told(far(2), 'a', start);
    held.told(far(2), 'a', start + 2 * day);
    expect(choose(held, 5, start + 3 * day + 1)).toEqual([far(2)]);
    expect(names(held.fresh)).toEqual([far(2)]);
  });

  it('is due at once when the room tells of it again, not when anybody else does', () => {
    const held = book();
    held.told(far(1), 'a', start);
    held.failed(far(1), start);
    held.told(far(1), 'a', start);
    expect(choose(held, 1)).toEqual([]);
    held.told(far(1), roomSource, start);
    expect(choose(held, 1)).toEqual([far(1)]);
  });

  it('whose link has ended rests for two seconds and has not failed', () => {
    const held = book();
    held.reached(far(1), start);
    held.rested(far(1), start);
    expect(choose(held, 1, start + 1_500)).toEqual([]);
    expect(choose(held, 1, start + 2_000)).toEqual([far(1)]);
    expect(held.entry(far(1))?.failures).toBe(0);
  });

  it('that somebody claims is claimed no more once another tells of it, and a claim changes nothing of what was known', () => {
    const held = book();
    const by = { source: 'liar', key: 'aa' as never };
    held.claimed(far(1), by, start + 30_000);
    expect(held.entry(far(1))?.claimedBy).toBe('aa');
    expect(choose(held, 1, start + 29_999)).toEqual([]);
    held.told(far(1), 'honest', start);
    expect(held.entry(far(1))?.claimedBy).toBeUndefined();
    held.told(far(2), 'honest', start);
    held.claimed(far(2), by, start + 30_000);
    expect(held.entry(far(2))).toMatchObject({ claimedBy: undefined, dueAt: start });
  });
});

describe('when as many were reached as are kept', () => {
  function full(): AddressBook {
    const held = book();
    for (let place = 0; place < mostTried; place++) held.reached(far(place), start + place);
    return held;
  }

  it('another one takes the place of none that was reached within a day', () => {
    const held = full();
    held.reached(far(2_000), start + day);
    expect(names(held.tried)).not.toContain(far(2_000));
    expect(names(held.fresh)).toContain(far(2_000));
  });

  it('it takes that of the one that failed most often, or was not reached for longest', () => {
    const held = full();
    for (const place of [7, 9, 9]) held.failed(far(place), start + 500);
    held.reached(far(2_000), start + 500);
    held.reached(far(2_001), start + 500);
    held.reached(far(2_002), start + day + 1);
    const tried = new Set(names(held.tried));
    expect([9, 7, 0, 1, 2_000, 2_001, 2_002].filter((place) => tried.has(far(place)))).toEqual([
      1, 2_000, 2_001, 2_002,
    ]);
  });
});

describe('the choice', () => {
  it('is of other networks than the links have, where there are others', () => {
    const held = book();
    for (const address of ['192.0.2.1:1', '192.0.2.2:1', '192.0.2.3:1', '198.51.100.1:1'])
      held.told(address, 'a', start);
    const groups = new Set(['192.0.0.0/16']);
    for (let seed = 0; seed < 20; seed++) expect(choose(held, 1, start, { groups })).toEqual(['198.51.100.1:1']);
    expect(choose(held, 4, start, { groups })).toHaveLength(4);
  });

  it('gives each source the same chance, however much it tells', () => {
    const held = book(3);
    for (let place = 0; place < mostOfOneSource; place++) held.told(far(place), 'liar', start);
    held.told(far(500), 'honest', start);
    let honest = 0;
    for (let round = 0; round < 1_000; round++) if (choose(held, 1)[0] === far(500)) honest++;
    expect(honest).toBeGreaterThan(400);
    expect(honest).toBeLessThan(600);
  });

  it('mixes those reached and those told of, and keeps to the most of the latter', () => {
    const held = book(4);
    for (let place = 0; place < 20; place++) held.reached(far(place), start);
    for (let place = 100; place < 120; place++) held.told(far(place), 'a', start);
    const tried = new Set(names(held.tried));
    const counts = Array.from({ length: 200 }, () => choose(held, 4).filter((address) => tried.has(address)).length);
    expect(Math.min(...counts)).toBeLessThan(2);
    expect(Math.max(...counts)).toBe(4);
    for (let round = 0; round < 50; round++) {
      const chosen = choose(held, 4, start, { mostFresh: 1 });
      expect(chosen.filter((address) => !tried.has(address)).length).toBeLessThanOrEqual(1);
    }
    expect(choose(held, 30, start, { mostFresh: 0 })).toHaveLength(20);
  });

  it('takes anchors before all others, and those only that are free', () => {
    const held = book();
    for (let place = 0; place < 20; place++) held.reached(far(place), start);
    held.anchor(new Set([far(3), far(4)]));
    expect(choose(held, 3).slice(0, 2).sort()).toEqual([far(3), far(4)]);
    expect(choose(held, 1, start, { isFree: ({ address }) => address !== far(3) })).toEqual([far(4)]);
    held.failed(far(4), start);
    held.anchor(new Set());
    expect(held.tried.filter(({ isAnchor }) => isAnchor)).toEqual([]);
  });

  it('tells when the next is due', () => {
    const held = book();
    held.told(far(1), 'a', start);
    expect(held.nextDue(() => true, start)).toBe(Number.POSITIVE_INFINITY);
    held.failed(far(1), start);
    expect(held.nextDue(() => true, start)).toBe(held.entry(far(1))?.dueAt);
    expect(held.nextDue(() => false, start)).toBe(Number.POSITIVE_INFINITY);
  });

  it('is the same for the same seed', () => {
    const runs = [1, 2].map(() => {
      const held = book(9);
      for (let place = 0; place < 50; place++) held.told(far(place), `s${place % 5}`, start);
      return [choose(held, 10), choose(held, 10)];
    });
    expect(runs[0]).toEqual(runs[1]);
  });
});

describe('after a restart', () => {
  it('anchors are due at once and the others one after the other, those of tabs after a moment', () => {
    const held = book();
    for (let place = 0; place < 10; place++) held.reached(far(place), start);
    held.reached(tab, start);
    held.anchor(new Set([far(0), tab]));
    held.spread(start);
    const due = (address: string): number => (held.entry(address)?.dueAt ?? 0) - start;
    expect([due(far(0)), due(tab)]).toEqual([0, 3_000]);
    const others = Array.from({ length: 9 }, (_, place) => due(far(place + 1))).sort((a, b) => a - b);
    expect(others).toEqual(Array.from({ length: 9 }, (_, place) => 500 * place));
  });

  it('no more is taken than may be held, and nothing twice', () => {
    const held = book();
    for (let place = 0; place < 2_000; place++) {
      held.restore({ ...newEntry(far(place), 'a', start), reachedAt: start });
      held.restore(newEntry(far(3_000 + place), `s${place}`, start));
      held.restore(newEntry(far(0), 'b', start));
    }
    expect([held.tried.length, held.fresh.length]).toEqual([mostTried, mostFresh]);
    for (let place = 0; place < 100; place++) {
      held.forget(far(place));
      held.restore({ ...newEntry(`192.0.2.${place}:1`, 'a', start), reachedAt: start });
    }
    expect(held.tried.filter(({ group }) => group === '192.0.0.0/16')).toHaveLength(mostOfOneGroup);
  });
});
