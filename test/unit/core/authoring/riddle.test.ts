import { describe, expect, it } from 'vitest';
import type { AuthoringView, Turn } from '../../../../core/authoring/authoring.ts';
import { coalesceMs, muteMs, nearReferenceDelayMs, Riddle } from '../../../../core/authoring/riddle.ts';
import type { ForcedRestart } from '../../../../core/config.ts';
import { holderOf, keyHex, type PublicKey } from '../../../../core/crypto/keys.ts';
import { referenceDelayMs } from '../../../../core/network/member.ts';
import { authoringContract } from '../../../contract/authoring.ts';
import { authors } from '../../../model/author.ts';
import { otherParity } from '../../../model/fake-curve.ts';
import { Seeded } from '../../../model/seeded.ts';

const gatherMs = 750;
const rankDelayMs = 500;
const settings = { nextCandidates: 3, forcedRestart: 'majority', dataGatherTimeMs: gatherMs } as const;
const riddle = new Riddle(settings);
const [a, b, c, d, e] = authors(5).map(({ key }) => key) as [PublicKey, PublicKey, PublicKey, PublicKey, PublicKey];
/** Long ago: whatever had to be waited for is over. */
const longAgo = 0;
const now = 1_000_000;

authoringContract('Riddle', () => ({ authoring: riddle, apartMs: rankDelayMs, withinMs: 12_000 }));

interface Seen {
  readonly own?: PublicKey;
  readonly nextChoices?: readonly PublicKey[];
  readonly arrivedAt?: number;
  readonly pendingSince?: number;
  readonly online?: readonly PublicKey[];
  readonly until?: (key: PublicKey) => number;
  readonly membershipChangedAt?: number;
  readonly references?: readonly PublicKey[];
  readonly near?: boolean;
  readonly delayMs?: number;
  readonly fresh?: boolean;
  readonly authors?: readonly PublicKey[];
  /** Since when an author is there, if not for long. */
  readonly since?: (key: PublicKey) => number | undefined;
  readonly rule?: ForcedRestart;
}

function turn({ nextChoices = [], arrivedAt = longAgo, ...seen }: Seen, first = false): Turn {
  const online = seen.online ?? [b];
  const view: AuthoringView = {
    own: seen.own ?? a,
    tip: first ? undefined : { nextChoices, arrivedAt },
    pendingSince: seen.pendingSince ?? now,
    online,
    onlineUntil:
      seen.until ?? ((key) => (online.some((other) => holderOf(other) === holderOf(key)) ? now + 2_500 : longAgo)),
    isReference: (key) => seen.references?.includes(key) === true,
    isAmongFreshest: seen.fresh ?? true,
    rankDelayMs: seen.delayMs ?? rankDelayMs,
    referencesAreNear: seen.near ?? false,
    referenceDelayMs: () => referenceDelayMs,
    membershipChangedAt: seen.membershipChangedAt ?? longAgo,
    recentAuthors: seen.authors ?? [],
    onlineSince: seen.since ?? ((key) => (online.includes(key) ? longAgo : undefined)),
  };
  return new Riddle({ ...settings, forcedRestart: seen.rule ?? 'majority' }).turn(now, view);
}

describe('who knows nobody else', () => {
  it('waits for a second peer, even when it is named or there is no block', () => {
    const wait = { kind: 'wait', waitingFor: 'a second peer', until: undefined };
    expect(turn({ online: [], nextChoices: [a] })).toEqual(wait);
    expect(turn({ online: [] })).toEqual(wait);
    expect(turn({ online: [] }, true)).toEqual(wait);
  });
});

describe('who is named', () => {
  it('first writes when items have had their moment to come together, and the gather time is over', () => {
    expect(turn({ nextChoices: [a, b] })).toEqual({ kind: 'write', at: now + coalesceMs });
    expect(turn({ nextChoices: [a, b], arrivedAt: now - 100 })).toEqual({ kind: 'write', at: now - 100 + gatherMs });
    expect(turn({ nextChoices: [a, b], arrivedAt: now - gatherMs })).toEqual({ kind: 'write', at: now + coalesceMs });
  });

  it.each([0, 1, 2])('in place %i waits for D for every key before it, online or not', (place) => {
    const before = [b, c].slice(0, place);
    for (const online of [[b, c], [d]]) {
      const at = now + coalesceMs + place * rankDelayMs;
      expect(turn({ nextChoices: [...before, a, d], online })).toEqual({ kind: 'write', at });
    }
  });

  it('does not wait twice for a key that is named twice, by whatever parity', () => {
    const at = now + coalesceMs + rankDelayMs;
    expect(turn({ nextChoices: [b, b, otherParity(b), a] })).toEqual({ kind: 'write', at });
    expect(turn({ nextChoices: [b, otherParity(a), a] })).toEqual({ kind: 'write', at });
  });
});

describe('who is not named', () => {
  it('waits while one that is named is online, until that one would be gone', () => {
    const until = (key: PublicKey) => (key === c ? now + 700 : longAgo);
    expect(turn({ nextChoices: [b, c], online: [c], until })).toEqual({
      kind: 'wait',
      waitingFor: 'the author of the next block',
      until: now + 700,
    });
  });

  it('forces the chain on after D for each key named, for itself and for each smaller one online', () => {
    const forced = (own: PublicKey, online: readonly PublicKey[], nextChoices: readonly PublicKey[]) =>
      turn({ own, online, nextChoices, until: () => longAgo });
    expect(forced(a, [b, c], [])).toEqual({ kind: 'write', at: now + rankDelayMs });
    expect(forced(a, [b, c], [d, e])).toEqual({ kind: 'write', at: now + 3 * rankDelayMs });
    expect(forced(c, [a, b], [d, e])).toEqual({ kind: 'write', at: now + 5 * rankDelayMs });
    expect(forced(b, [a, c], [d, e, otherParity(e)])).toEqual({ kind: 'write', at: now + 4 * rankDelayMs });
  });

  it('counts from the moment that data is pending and the last of those named was gone', () => {
    const until = (key: PublicKey) => (key === d ? now - 300 : now - 900);
    const at = (seen: Seen) => turn({ nextChoices: [d, e], until, ...seen });
    expect(at({ pendingSince: now - 5_000 })).toEqual({ kind: 'write', at: now - 300 + 3 * rankDelayMs });
    expect(at({ pendingSince: now - 100 })).toEqual({ kind: 'write', at: now - 100 + 3 * rankDelayMs });
    expect(at({ pendingSince: now - 5_000, arrivedAt: now - 50 })).toEqual({
      kind: 'write',
      at: now - 50 + 3 * rankDelayMs,
    });
  });

  it('counts only the 64 freshest of those that are smaller', () => {
    const crowd = authors(200, 9).map(({ key }) => key);
    const own = crowd.at(-1) as PublicKey;
    const online = crowd.slice(0, -1);
    expect(turn({ own, online, until: () => longAgo })).toEqual({ kind: 'write', at: now + 65 * rankDelayMs });
    expect(turn({ own, online: [...online].reverse(), until: () => longAgo })).toEqual({
      kind: 'write',
      at: now + 65 * rankDelayMs,
    });
  });

  it('forces after all of the 64 freshest when it is none of them, however small its key', () => {
    const seen = { online: [b, c], until: () => longAgo, fresh: false };
    expect(turn(seen)).toEqual({ kind: 'write', at: now + 65 * rankDelayMs });
    expect(turn({ ...seen, nextChoices: [b, a], fresh: false })).toMatchObject({ at: now + coalesceMs + rankDelayMs });
  });

  it('never forces where that is switched off', () => {
    expect(turn({ nextChoices: [d], pendingSince: longAgo, until: () => longAgo, rule: 'never' })).toEqual({
      kind: 'wait',
      waitingFor: 'the author of the next block',
      until: undefined,
    });
  });
});

describe('D', () => {
  it.each([
    [250, false, 250],
    [4_000, false, 4_000],
    [250, true, nearReferenceDelayMs],
    [4_000, true, 4_000],
  ])('is what was measured (%i ms), and beside reference peers (%s) at least 1.5 s', (delayMs, near, expected) => {
    expect(turn({ nextChoices: [b, a], delayMs, near })).toEqual({ kind: 'write', at: now + coalesceMs + expected });
    expect(turn({ until: () => longAgo, delayMs, near, online: [b] })).toEqual({ kind: 'write', at: now + expected });
    expect(turn({ delayMs, near, online: [b] }, true)).toEqual({ kind: 'write', at: now + expected });
  });
});

describe('the majority of the newest blocks’ authors', () => {
  const crowd = authors(12, 40).map(({ key }) => key);
  /** Counted from the moment that items wait, and every delay of the order taken off. */
  const waits = (present: number, all: number, seen: Seen = {}) => {
    const online = [...crowd.slice(0, present), b];
    const write = turn({ own: a, online, authors: crowd.slice(0, all), until: () => longAgo, ...seen });
    const smaller = online.filter((key) => keyHex(key) < keyHex(a)).length;
    return write.kind === 'write' ? write.at - now - (1 + smaller) * rankDelayMs : write.waitingFor;
  };

  it.each([
    // [authors, fewest of them that must be online; the writer is one more of both]
    [1, 0],
    [2, 1],
    [3, 1],
    [4, 2],
    [5, 3],
    [6, 3],
    [7, 4],
    [11, 6],
  ])('of %i, and the writer, is there with %i of them; with one fewer all wait for 15 s more', (all, fewest) => {
    for (let present = fewest; present <= all; present++) expect(waits(present, all)).toBe(0);
    for (let present = 0; present < fewest; present++) {
      expect(waits(present, all)).toBe(muteMs);
      expect(waits(present, all, { rule: 'strict' })).toBe('more of the authors');
    }
  });

  it('counts the writer once when it is one of them, by whatever parity', () => {
    for (const own of [a, otherParity(a)]) {
      expect(waits(2, 0, { authors: [...crowd.slice(0, 4), own] })).toBe(0);
      expect(waits(1, 0, { authors: [...crowd.slice(0, 4), own] })).toBe(muteMs);
    }
  });

  it('counts from the moment that the last of it came, so that those who see it come write one after the other', () => {
    const since = (key: PublicKey) => (crowd.slice(0, 6).includes(key) ? now - 100 * crowd.indexOf(key) : undefined);
    const seen = { since, pendingSince: now - 5_000 };
    // Of eleven and the writer seven are needed, so six others, of whom the first came last.
    expect(waits(6, 11, seen)).toBe(0);
    const earlier = (key: PublicKey) => (crowd.slice(0, 8).includes(key) ? now - 100 * crowd.indexOf(key) : undefined);
    expect(waits(8, 11, { ...seen, since: earlier })).toBe(-200);
  });

  it('is not waited for where the rule is the reference’s', () => {
    expect(waits(0, 11, { rule: 'reference' })).toBe(0);
  });

  it('does not keep anybody from writing who is named', () => {
    expect(turn({ nextChoices: [a], authors: crowd, rule: 'strict' })).toMatchObject({ kind: 'write' });
  });
});

describe('a key that may be a reference peer’s', () => {
  it('that is named before us is waited for 3 s while it is online, and D when it is not', () => {
    const at = (online: readonly PublicKey[], references: readonly PublicKey[]) => {
      const write = turn({ nextChoices: [b, c, a], online, references });
      return write.kind === 'write' ? write.at - now - coalesceMs : Number.NaN;
    };
    expect(referenceDelayMs).toBe(3_000);
    expect(at([b, c], [b])).toBe(referenceDelayMs + rankDelayMs);
    expect(at([b, c], [b, c])).toBe(2 * referenceDelayMs);
    expect(at([c, d], [b])).toBe(2 * rankDelayMs);
    expect(at([d], [b, c])).toBe(2 * rankDelayMs);
    expect(at([b, c, d], [d])).toBe(2 * rankDelayMs);
  });

  it('that stands for ever is online like any other, until nobody has written for 15 s', () => {
    const forever = (key: PublicKey) => (key === b ? Number.POSITIVE_INFINITY : longAgo);
    const named = turn({ nextChoices: [b, a], online: [b], references: [b], until: forever });
    expect(named).toEqual({ kind: 'write', at: now + coalesceMs + referenceDelayMs });
    const notNamed = turn({ nextChoices: [b, c], online: [b], references: [b], until: forever });
    expect(notNamed).toMatchObject({ kind: 'wait', until: now + muteMs });
    const atLast = turn({ nextChoices: [b, c], online: [b], until: forever, pendingSince: now - muteMs });
    expect(atLast).toEqual({ kind: 'write', at: now + 3 * rankDelayMs });
  });

  it('is waited for 3 s more when it is smaller than who forces the chain on, or writes the first block', () => {
    const forced = (references: readonly PublicKey[], first: boolean) => {
      const write = turn({ own: c, online: [a, b, d], references, until: () => longAgo }, first);
      return write.kind === 'write' ? write.at - now : Number.NaN;
    };
    for (const first of [false, true]) {
      expect(forced([], first)).toBe(3 * rankDelayMs);
      expect(forced([b], first)).toBe(3 * rankDelayMs + referenceDelayMs);
      expect(forced([a, b], first)).toBe(3 * rankDelayMs + 2 * referenceDelayMs);
      expect(forced([d], first)).toBe(3 * rankDelayMs);
    }
  });
});

describe('two that are not named', () => {
  it('are D apart, however long the gather time still is when nobody was named', () => {
    const times = [a, b, c].map((own) => {
      const online = [a, b, c].filter((key) => key !== own);
      const write = turn({ own, online, arrivedAt: now, pendingSince: now, until: () => longAgo });
      return write.kind === 'write' ? write.at - now : Number.NaN;
    });
    expect(times).toEqual([0, 1, 2].map((smaller) => gatherMs + smaller * rankDelayMs));
  });
});

describe('the first block', () => {
  it('is written by the smallest key after D when the membership has been calm for long', () => {
    expect(turn({}, true)).toEqual({ kind: 'write', at: now + rankDelayMs });
  });

  it('waits for 1.5 s of unchanged membership', () => {
    expect(turn({ membershipChangedAt: now - 500 }, true)).toEqual({ kind: 'write', at: now + 1_000 });
  });

  it('does not wait for that for longer than 6 s from the first item', () => {
    const at = turn({ membershipChangedAt: now, pendingSince: now - 5_000 }, true);
    expect(at).toEqual({ kind: 'write', at: now + 1_000 });
  });

  it.each([0, 500])(
    'leaves D to each smaller key, also when the calm ends for all together (%i ms ago)',
    (changedAgo) => {
      const membershipChangedAt = now - changedAgo;
      const times = [a, b, c, d].map((own) => {
        const online = [a, b, c, d].filter((key) => key !== own);
        const write = turn({ own, online, membershipChangedAt, pendingSince: now - 100 }, true);
        return write.kind === 'write' ? write.at : Number.NaN;
      });
      const calm = membershipChangedAt + 1_500;
      expect(times).toEqual([0, 1, 2, 3].map((smaller) => calm + smaller * rankDelayMs));
    },
  );
});

describe('the next choices', () => {
  it('are three at most, drawn from the 64 freshest, each of them equally likely in each place', () => {
    const crowd = authors(100, 5).map(({ key }) => key);
    const { random } = new Seeded(1);
    const drawn = new Map<string, number>();
    for (let round = 0; round < 6_400; round++) {
      const chosen = riddle.nextChoices(random, crowd);
      expect(chosen).toHaveLength(3);
      const [first] = chosen as [PublicKey];
      drawn.set(keyHex(first), (drawn.get(keyHex(first)) ?? 0) + 1);
    }
    const fresh = crowd.slice(0, 64).map(keyHex);
    expect([...drawn.keys()].sort()).toEqual([...fresh].sort());
    expect(Math.min(...drawn.values())).toBeGreaterThan(60);
    expect(Math.max(...drawn.values())).toBeLessThan(145);
  });
});

describe('an author', () => {
  const accepts = (author: PublicKey, nextChoices: readonly PublicKey[], online: readonly PublicKey[]) =>
    riddle.accepts(author, nextChoices, (key) => online.includes(key));

  it('that was named is taken, by either parity', () => {
    expect(accepts(b, [a, b], [a])).toBe(true);
    expect(accepts(otherParity(b), [a, b], [a])).toBe(true);
  });

  it('that was not named is taken only when none of those is online', () => {
    expect(accepts(c, [a, b], [])).toBe(true);
    expect(accepts(c, [a, b], [b])).toBe(false);
    expect(accepts(c, [], [])).toBe(true);
  });

  it('that was not named is never taken where forcing is switched off', () => {
    const strict = new Riddle({ ...settings, forcedRestart: 'never' });
    expect(strict.accepts(c, [a, b], () => false)).toBe(false);
    expect(strict.accepts(a, [a, b], () => true)).toBe(true);
  });
});
