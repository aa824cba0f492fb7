import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../../core/crypto/hash.ts';
import { type Hash, hashHex, holderOf, type PublicKey } from '../../../../core/crypto/keys.ts';
import { type Ballots, cast, mayCast, noBallots } from '../../../../core/finality/ballots.ts';
import { Committee, isSameCheckpoint, mostVotesEach } from '../../../../core/finality/committee.ts';
import type { Ballot, Checkpoint, Vote } from '../../../../core/finality/votes.ts';
import { authors } from '../../../model/author.ts';
import { Seeded } from '../../../model/seeded.ts';

/** A tree of blocks in which everybody can look. */
class Blocks {
  readonly #parents = new Map<string, Checkpoint | undefined>();
  readonly all: Checkpoint[] = [];

  grow(parent: Checkpoint | undefined): Checkpoint {
    const block = {
      height: (parent?.height ?? -1) + 1,
      hash: sha256(Uint8Array.of(this.all.length % 256, this.all.length >> 8)),
    };
    this.#parents.set(hashHex(block.hash), parent);
    this.all.push(block);
    return block;
  }

  row(count: number, parent?: Checkpoint): Checkpoint[] {
    const row: Checkpoint[] = [];
    for (let made = 0; made < count; made++) row.push(this.grow(row.at(-1) ?? parent));
    return row;
  }

  readonly isAncestor = (ancestor: Hash, of: Hash): boolean | undefined => {
    const name = hashHex(ancestor);
    if (!this.#parents.has(name) || !this.#parents.has(hashHex(of))) return undefined;
    let at: Hash | undefined = of;
    while (at !== undefined && hashHex(at) !== name) at = this.#parents.get(hashHex(at))?.hash;
    return at !== undefined;
  };
}

const nothing = { prepared: undefined, final: undefined };
const keys = authors(7).map(({ key }) => key);
const sign = new Uint8Array(64) as Vote['sign'];
const vote = (voter: number, ballot: Ballot): Vote => ({ ballot, voter: keys[voter] as PublicKey, sign });
const prepare = (source: Checkpoint | undefined, target: Checkpoint): Ballot => ({ kind: 'prepare', source, target });
const commit = (target: Checkpoint): Ballot => ({ kind: 'commit', target });

function voted(committee: Committee, count: number, ballot: Ballot): void {
  for (let voter = 0; voter < count; voter++) committee.add(vote(voter, ballot));
}

describe('more than two thirds', () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 3],
    [5, 4],
    [6, 5],
    [7, 5],
  ])('of %i are %i', (members, quorum) => {
    expect(new Committee(keys.slice(0, members), nothing).quorum).toBe(quorum);
  });

  it('prepare a block, and commit it, and it is final', () => {
    const blocks = new Blocks();
    const [first] = blocks.row(1) as [Checkpoint];
    const committee = new Committee(keys, nothing);
    voted(committee, 4, prepare(undefined, first));
    expect([committee.count(blocks.isAncestor), committee.prepared]).toEqual([false, undefined]);
    voted(committee, 5, prepare(undefined, first));
    expect([committee.count(blocks.isAncestor), committee.prepared]).toEqual([true, first]);
    voted(committee, 4, commit(first));
    committee.count(blocks.isAncestor);
    expect(committee.final).toBeUndefined();
    voted(committee, 5, commit(first));
    expect([committee.count(blocks.isAncestor), committee.final]).toEqual([true, first]);
    expect(committee.count(blocks.isAncestor)).toBe(false);
  });

  it('prepare a block together, whichever sources they know of', () => {
    const blocks = new Blocks();
    const [first, second, third] = blocks.row(3) as [Checkpoint, Checkpoint, Checkpoint];
    const committee = new Committee(keys, nothing);
    for (const voter of [0, 1]) committee.add(vote(voter, prepare(undefined, third)));
    for (const voter of [2, 3]) committee.add(vote(voter, prepare(first, third)));
    committee.count(blocks.isAncestor);
    expect(committee.prepared).toBeUndefined();
    committee.add(vote(4, prepare(second, third)));
    committee.count(blocks.isAncestor);
    expect(committee.prepared).toEqual(third);
  });

  it('of both parities of a key are one vote, and strangers none', () => {
    const [first] = new Blocks().row(1) as [Checkpoint];
    const committee = new Committee(keys.slice(0, 4), nothing);
    const twin = (keys[0] as PublicKey).slice() as PublicKey;
    twin[0] = twin[0] === 2 ? 3 : 2;
    expect(committee.add(vote(0, commit(first)))).toBe(true);
    expect(committee.add({ ballot: commit(first), voter: twin, sign })).toBe(false);
    expect(committee.add(vote(4, commit(first)))).toBe(false);
  });

  it('that commit a block beside what is final move nothing, and are told of', () => {
    const blocks = new Blocks();
    const [root, first] = blocks.row(2) as [Checkpoint, Checkpoint];
    const other = blocks.grow(root);
    const committee = new Committee(keys, { prepared: first, final: first });
    voted(committee, 7, commit(blocks.grow(other)));
    committee.count(blocks.isAncestor);
    expect(committee.final).toEqual(first);
    expect(committee.isBroken).toBe(true);
  });

  it('count only when the block is held', () => {
    const blocks = new Blocks();
    const unheld: Checkpoint = { height: 4, hash: sha256(Uint8Array.of(9)) };
    const committee = new Committee(keys, nothing);
    voted(committee, 7, commit(unheld));
    expect([committee.count(blocks.isAncestor), committee.final]).toEqual([false, undefined]);
  });

  it('agree on a block whether or not it is held', () => {
    const unheld: Checkpoint = { height: 4, hash: sha256(Uint8Array.of(9)) };
    for (const ballot of [commit(unheld), prepare(undefined, unheld)]) {
      const committee = new Committee(keys, nothing);
      voted(committee, committee.quorum - 1, ballot);
      expect(committee.hasQuorum(unheld)).toBe(false);
      voted(committee, committee.quorum, ballot);
      expect([committee.hasQuorum(unheld), committee.hasQuorum({ ...unheld, height: 3 })]).toEqual([true, false]);
    }
  });
});

describe('a member that votes twice', () => {
  const [root, first] = new Blocks().row(2) as [Checkpoint, Checkpoint];
  const other: Checkpoint = { height: 1, hash: sha256(Uint8Array.of(7)) };

  it.each([
    ['for two blocks of one height', prepare(root, first), prepare(root, other)],
    ['for one block from two sources', prepare(root, first), prepare(undefined, first)],
    ['to commit two of one height', commit(first), commit(other)],
    ['past what it has committed', commit(first), prepare(root, { height: 2, hash: other.hash })],
  ])('is known: %s', (_, one, two) => {
    for (const ballots of [
      [one, two],
      [two, one],
    ]) {
      const committee = new Committee(keys, nothing);
      for (const ballot of ballots) expect(committee.add(vote(0, ballot))).toBe(true);
      expect([...committee.liars]).toEqual([holderOf(keys[0] as PublicKey)]);
    }
  });

  it('is none when it says the same again, or goes on', () => {
    const committee = new Committee(keys, nothing);
    for (const ballot of [prepare(undefined, root), commit(root), prepare(root, first), commit(first)]) {
      expect([committee.add(vote(0, ballot)), committee.add(vote(0, ballot))]).toEqual([true, false]);
    }
    expect(committee.liars.size).toBe(0);
  });

  it('counts on both sides, and not a third time', () => {
    const blocks = new Blocks();
    const [below] = blocks.row(1) as [Checkpoint];
    const sides = [blocks.grow(below), blocks.grow(below), blocks.grow(below)] as const;
    const committee = new Committee(keys, nothing);
    expect(sides.map((side) => committee.add(vote(0, prepare(undefined, side))))).toEqual([true, true, false]);
    for (let voter = 1; voter < 5; voter++) committee.add(vote(voter, prepare(undefined, sides[1])));
    committee.count(blocks.isAncestor);
    expect(committee.prepared).toEqual(sides[1]);
  });

  it.each([
    [4, 2],
    [7, 3],
    [3, 3],
  ])('breaks a committee of %i once there are %i', (members, most) => {
    const committee = new Committee(keys.slice(0, members), nothing);
    for (let voter = 0; voter < most; voter++) {
      expect(committee.isBroken).toBe(false);
      committee.add(vote(voter, commit(first)));
      committee.add(vote(voter, commit(other)));
    }
    expect(committee.isBroken).toBe(true);
  });
});

describe('what is held', () => {
  it('is bounded for each member, and the highest stay', () => {
    const committee = new Committee(keys, nothing);
    const row = new Blocks().row(mostVotesEach + 10);
    for (const block of row) committee.add(vote(0, commit(block)));
    expect(committee.wants(vote(0, commit(row[3] as Checkpoint)))).toBe(false);
    expect(committee.newest().map(({ ballot }) => ballot.target.height)).toEqual([73, 72, 71, 70]);
    for (const block of [...row].reverse()) committee.add(vote(1, commit(block)));
    expect(committee.wants(vote(1, commit(row[3] as Checkpoint)))).toBe(false);
  });

  it('is enough for one that comes later: what is final for the others is final for it', () => {
    const blocks = new Blocks();
    const row = blocks.row(6);
    const old = new Committee(keys, nothing);
    row.forEach((block, place) => {
      voted(old, 6, prepare(row[place - 1], block));
      voted(old, 6, commit(block));
      old.count(blocks.isAncestor);
    });
    expect(old.final).toEqual(row[5]);
    const late = new Committee(keys, nothing);
    for (const each of old.newest()) late.add(each);
    late.count(blocks.isAncestor);
    expect([late.final, late.prepared]).toEqual([row[5], row[5]]);
  });
});

/** Votes as the machine casts them, to be delivered to each in any order or never. */
class Member {
  readonly committee = new Committee(keys, nothing);
  ballots: Ballots = noBallots;
  readonly number: number;

  constructor(number: number) {
    this.number = number;
  }

  votes(tip: Checkpoint, blocks: Blocks): Vote[] {
    this.committee.count(blocks.isAncestor);
    const { prepared } = this.committee;
    const wishes: Ballot[] = prepared === undefined ? [] : [commit(prepared)];
    if (prepared === undefined || blocks.isAncestor(prepared.hash, tip.hash) === true)
      wishes.push(prepare(prepared, tip));
    const made: Vote[] = [];
    for (const ballot of wishes) {
      if (!mayCast(this.ballots, ballot)) continue;
      this.ballots = cast(this.ballots, ballot);
      made.push(vote(this.number, ballot));
    }
    return made;
  }
}

/** Tips change at random, votes come in any order or not at all, and two vote for whatever there is. */
function quarrel(seed: number): { readonly blocks: Blocks; readonly members: readonly Member[] } {
  const seeded = new Seeded(seed);
  const blocks = new Blocks();
  blocks.row(1);
  const members = Array.from({ length: 5 }, (_, number) => new Member(number));
  const all: Vote[] = [];
  for (let step = 0; step < 150; step++) {
    if (seeded.chance(0.15)) blocks.grow(seeded.pick(blocks.all.slice(-3)));
    const recent = blocks.all.slice(-4);
    const made = seeded
      .pick(members)
      .votes(seeded.chance(0.7) ? (recent.at(-1) as Checkpoint) : seeded.pick(recent), blocks);
    for (const liar of [5, 6]) {
      const said = all.length === 0 ? undefined : seeded.pick(all.slice(-8)).ballot;
      const target = seeded.pick(recent);
      made.push(
        vote(liar, said ?? prepare(undefined, target)),
        vote(liar, seeded.chance(0.5) ? commit(target) : prepare(said?.target, target)),
      );
    }
    all.push(...made);
    for (const each of made) for (const { committee } of members) if (seeded.chance(0.6)) committee.add(each);
    for (let told = 0; told < 10; told++) seeded.pick(members).committee.add(seeded.pick(all));
  }
  for (const { committee } of members) committee.count(blocks.isAncestor);
  return { blocks, members };
}

describe('a committee of seven, two of whom vote for everything', () => {
  it('never has two finals on two branches', () => {
    let withFinals = 0;
    for (let seed = 0; seed < 60; seed++) {
      const { blocks, members } = quarrel(seed);
      const finals = members.flatMap(({ committee }) => committee.final ?? []);
      if (finals.length > 0) withFinals++;
      for (const a of finals) {
        for (const b of finals) {
          const isOneBranch = blocks.isAncestor(a.hash, b.hash) === true || blocks.isAncestor(b.hash, a.hash) === true;
          expect([seed, isOneBranch]).toEqual([seed, true]);
        }
      }
      expect(members.some(({ committee }) => committee.isBroken)).toBe(false);
    }
    expect(withFinals).toBeGreaterThan(30);
  });

  it('has a final block as soon as five agree on a tip, whatever they voted before', () => {
    let agreed = 0;
    for (let seed = 0; seed < 40; seed++) {
      const seeded = new Seeded(seed);
      const blocks = new Blocks();
      blocks.row(1);
      const members = Array.from({ length: 5 }, (_, number) => new Member(number));
      const tell = (votes: readonly Vote[]) => {
        for (const each of votes) for (const { committee } of members) committee.add(each);
      };
      for (let step = 0; step < 20; step++) {
        if (seeded.chance(0.4)) blocks.grow(seeded.pick(blocks.all.slice(-3)));
        tell(seeded.pick(members).votes(seeded.pick(blocks.all.slice(-3)), blocks));
      }
      // The walk begins at what is prepared, so all come to a tip above it that is higher than any voted for.
      const from = members.map(({ committee }) => committee.prepared).find((prepared) => prepared !== undefined);
      const tip = blocks.row(20, from ?? blocks.all[0]).at(-1) as Checkpoint;
      for (let round = 0; round < 3; round++) for (const member of members) tell(member.votes(tip, blocks));
      for (const { committee } of members) committee.count(blocks.isAncestor);
      for (const { committee } of members)
        expect(committee.final !== undefined && isSameCheckpoint(committee.final, tip)).toBe(true);
      agreed++;
    }
    expect(agreed).toBe(40);
  });
});

it('counts the members once, whichever parity', () => {
  expect(new Committee([...keys, ...keys], nothing).members).toEqual(new Set(keys.map(holderOf)));
});
