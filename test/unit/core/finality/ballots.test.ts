import { describe, expect, it } from 'vitest';
import { decode, encode } from '../../../../core/codec/codec.ts';
import { sha256 } from '../../../../core/crypto/hash.ts';
import {
  type Ballots,
  ballotsCodec,
  cast,
  heightToVote,
  mayCast,
  mostPrepared,
  noBallots,
} from '../../../../core/finality/ballots.ts';
import type { Ballot, Checkpoint } from '../../../../core/finality/votes.ts';
import { Seeded } from '../../../model/seeded.ts';

const at = (height: number, branch = 0): Checkpoint => ({ height, hash: sha256(Uint8Array.of(height, branch)) });
const prepare = (source: number | undefined, target: number, branch = 0): Ballot => ({
  kind: 'prepare',
  source: source === undefined ? undefined : at(source, branch),
  target: at(target, branch),
});
const commit = (target: number): Ballot => ({ kind: 'commit', target: at(target) });
const having = (...ballots: readonly Ballot[]) => ballots.reduce(cast, noBallots);

describe('a member may', () => {
  it.each<[string, Ballots, Ballot]>([
    ['prepare the first block of all on nothing', noBallots, prepare(undefined, 0)],
    ['commit what it has not prepared', noBallots, commit(3)],
    ['prepare a higher block', having(prepare(undefined, 3)), prepare(3, 4)],
    ['prepare a higher block of another branch, from below what it prepared', having(prepare(1, 3)), prepare(1, 4, 1)],
    ['commit what it has just prepared', having(prepare(undefined, 3)), commit(3)],
    ['commit below what it prepared from there', having(prepare(3, 5)), commit(3)],
    ['prepare from what it has committed', having(prepare(undefined, 3), commit(3)), prepare(3, 4)],
    ['prepare from above what it has committed', having(commit(3)), prepare(5, 6)],
  ])('%s', (_, ballots, ballot) => {
    expect(mayCast(ballots, ballot)).toBe(true);
  });
});

describe('a member may not', () => {
  it.each<[string, Ballots, Ballot]>([
    ['prepare the same block again', having(prepare(undefined, 3)), prepare(undefined, 3)],
    ['prepare another block of the same height', having(prepare(undefined, 3)), prepare(undefined, 3, 1)],
    ['prepare a lower one', having(prepare(undefined, 3)), prepare(undefined, 2)],
    ['prepare past what it has committed', having(commit(3)), prepare(2, 4)],
    ['prepare past what it has committed, from nothing', having(commit(3)), prepare(undefined, 4)],
    ['commit the same height again', having(commit(3)), commit(3)],
    ['commit a lower block', having(commit(3)), commit(2)],
    ['commit what a vote of its own goes past', having(prepare(1, 5)), commit(3)],
    ['commit what it may have gone past', having(...many()), commit(1)],
  ])('%s', (_, ballots, ballot) => {
    expect(mayCast(ballots, ballot)).toBe(false);
  });
});

function many(): Ballot[] {
  return Array.from({ length: mostPrepared + 3 }, (_, height) => prepare(height, height + 1));
}

describe('whatever is cast', () => {
  it('is never double and never surrounds, by the plain words of the rule', () => {
    const seeded = new Seeded(31);
    for (let round = 0; round < 300; round++) {
      let ballots = noBallots;
      const all: Ballot[] = [];
      for (let vote = 0; vote < 40; vote++) {
        const target = seeded.below(20);
        const source = seeded.chance(0.2) ? undefined : seeded.below(target + 1);
        const ballot = seeded.chance(0.5) ? prepare(source, target, seeded.below(2)) : commit(target);
        if (!mayCast(ballots, ballot)) continue;
        ballots = cast(ballots, ballot);
        all.push(ballot);
      }
      expect(brokenPromises(all)).toEqual([]);
    }
  });

  it('comes back from its bytes', () => {
    const ballots = having(prepare(undefined, 3), commit(3), prepare(3, 4));
    expect(decode(ballotsCodec, encode(ballotsCodec, ballots))).toEqual(ballots);
  });
});

/** Each pair of votes, held against the rule. */
function brokenPromises(all: readonly Ballot[]): string[] {
  const broken: string[] = [];
  for (const [place, a] of all.entries()) {
    for (const b of all.slice(place + 1)) {
      if (a.kind === b.kind && a.target.height === b.target.height) broken.push('double');
      const [prepared, committed] = a.kind === 'prepare' ? [a, b] : [b, a];
      if (prepared.kind !== 'prepare' || committed.kind !== 'commit') continue;
      const from = prepared.source?.height ?? -1;
      if (from < committed.target.height && committed.target.height < prepared.target.height) broken.push('surrounds');
    }
  }
  return broken;
}

describe('the height to vote for', () => {
  it.each([
    [0, -1, 0],
    [6, -1, 6],
    [7, -1, 6],
    [27, 20, 27],
    [29, 20, 28],
    [35, 20, 34],
    [39, 20, 36],
    [1_000, -1, 896],
    [1_000_000, -1, 999_424],
  ])('is with the newest block at %i and %i final %i', (tip, final, expected) => {
    expect(heightToVote(tip, final)).toBe(expected);
  });
});
