import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../../core/crypto/hash.ts';
import { type Hash, hashHex } from '../../../../core/crypto/keys.ts';
import { Effects } from '../../../../core/effects.ts';
import type { Effect } from '../../../../core/events.ts';
import { Finality } from '../../../../core/finality/finality.ts';
import type { Checkpoint, Vote } from '../../../../core/finality/votes.ts';
import { type Author, authors } from '../../../model/author.ts';
import { fakeCurve, fakeVerify } from '../../../model/fake-curve.ts';
import { Seeded } from '../../../model/seeded.ts';

const members = authors(4);
const [stranger] = authors(1, 9) as [Author];
const network = 'main';

/** One row of blocks, and one beside its last. */
const row: Checkpoint[] = Array.from({ length: 120 }, (_, height) => ({ height, hash: sha256(Uint8Array.of(height)) }));
const beside: Checkpoint = { height: 3, hash: sha256(Uint8Array.of(1, 1)) };

function isAncestor(ancestor: Hash, of: Hash): boolean | undefined {
  const [a, b] = [ancestor, of].map((hash) => [...row, beside].find((block) => hashHex(block.hash) === hashHex(hash)));
  if (a === undefined || b === undefined) return undefined;
  if (a === b) return true;
  return a !== beside && a.height < b.height;
}

const at = (height: number) => row[height];

class Peer {
  readonly effects = new Effects();
  readonly finality: Finality;
  kept: Uint8Array | undefined;
  /** Called when what was kept last is on the disk. */
  readonly stored: (() => void)[] = [];

  constructor(author: Author, kept?: Uint8Array, committee = members.map(({ key }) => key)) {
    const options = { network, committee, curve: fakeCurve, random: new Seeded(3).random };
    const identity = { secret: author.secret, publicKey: author.key };
    this.finality = new Finality({ ...options, ...identity }, this.effects, (bytes, then) => {
      this.kept = bytes;
      this.stored.push(then);
    });
    if (kept !== undefined) this.finality.restore(kept);
  }

  /** Looks at the tip until nothing is left to do. @returns what it says */
  see(tip: Checkpoint | undefined): Vote[] {
    const said: Vote[] = [];
    for (let round = 0; round < 6; round++) {
      this.finality.advance({ tip, isAncestor, at });
      for (const then of this.stored.splice(0)) then();
      said.push(...this.finality.takeCast().map(({ vote }) => vote));
    }
    return said;
  }

  hear(votes: readonly Vote[], tipHeight = 7): void {
    for (const vote of votes) this.finality.offer(vote, 1, tipHeight);
    this.#check();
  }

  #check(): void {
    for (const effect of this.effects.take()) {
      if (effect.kind === 'verify') this.finality.verified(effect.request, fakeVerify(effect.checks).every(Boolean));
    }
  }
}

function agreed(peers: readonly Peer[], tip: Checkpoint): void {
  for (let round = 0; round < 4; round++) {
    const said = peers.flatMap((peer) => peer.see(tip));
    for (const peer of peers) peer.hear(said);
  }
  for (const peer of peers) peer.see(tip);
}

const checksOf = (effects: readonly Effect[]) => effects.filter(({ kind }) => kind === 'verify');

describe('a committee', () => {
  it('makes each tip final that three of four agree on', () => {
    const peers = members.slice(0, 3).map((author) => new Peer(author));
    for (const tip of row.slice(0, 3)) {
      agreed(peers, tip);
      expect(peers.map(({ finality }) => finality.final)).toEqual([tip, tip, tip]);
    }
  });

  it('of whom only two are there makes nothing final', () => {
    const peers = members.slice(0, 2).map((author) => new Peer(author));
    agreed(peers, row[2] as Checkpoint);
    expect(peers.map(({ finality }) => [finality.final, finality.floor])).toEqual([
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  it('is watched by who is no member, who says nothing itself', () => {
    const watcher = new Peer(stranger);
    const peers = [...members.map((author) => new Peer(author)), watcher];
    agreed(peers, row[4] as Checkpoint);
    expect(watcher.finality.final).toEqual(row[4]);
    expect(watcher.kept).toBeDefined();
    expect(new Peer(stranger, watcher.kept).finality.final).toEqual(row[4]);
    expect(new Peer(stranger).see(row[0])).toEqual([]);
  });

  it('is none when nobody was named', () => {
    const alone = new Peer(members[0] as Author, undefined, []);
    expect([alone.see(row[3]), alone.finality.final, alone.kept]).toEqual([[], undefined, undefined]);
  });

  it('is told whole to one that comes later', () => {
    const peers = members.map((author) => new Peer(author));
    for (const tip of row.slice(0, 5)) agreed(peers, tip);
    const late = new Peer(stranger);
    late.hear((peers[0] as Peer).finality.newest());
    late.see(row[4]);
    expect(late.finality.final).toEqual(row[4]);
  });
});

describe('votes that take longer than blocks', () => {
  it.each([1, 2, 5])('make blocks final all the same: %i blocks come meanwhile', (delay) => {
    const peers = members.slice(0, 3).map((author) => new Peer(author));
    const underWay: Vote[][] = [];
    let newest = 0;
    let farthest = 0;
    const see = (tip: Checkpoint) => {
      // Each hears the others' votes in its own time.
      for (const [place, peer] of peers.entries()) peer.hear(underWay.at(-delay - (place % 2)) ?? [], 1_000);
      underWay.push(peers.flatMap((peer) => peer.see(tip)));
      newest = Math.min(...peers.map(({ finality }) => finality.final?.height ?? -1));
      farthest = Math.max(farthest, tip.height - newest);
    };
    for (const tip of row) see(tip);
    expect([newest > 60, farthest < 60]).toEqual([true, true]);
    for (let rest = 0; rest < 40; rest++) see(row.at(-1) as Checkpoint);
    expect(peers.map(({ finality }) => finality.final)).toEqual(peers.map(() => row.at(-1)));
  });
});

describe('a vote of our own', () => {
  it('is on the disk before anybody hears of it', () => {
    const peer = new Peer(members[0] as Author);
    peer.finality.advance({ tip: row[0], isAncestor, at });
    expect([peer.stored.length, peer.finality.takeCast()]).toEqual([1, []]);
    peer.stored[0]?.();
    expect(peer.finality.takeCast()).toHaveLength(1);
  });

  it('is said again after a crash, and never another one in its place', () => {
    const author = members[0] as Author;
    const peer = new Peer(author);
    peer.finality.advance({ tip: row[3], isAncestor, at });
    const again = new Peer(author, peer.kept);
    const said = again.see(beside);
    expect(said.map(({ ballot }) => ballot)).toEqual([{ kind: 'prepare', source: undefined, target: row[3] }]);
  });

  it('is not cast by who cannot read what it has voted for', () => {
    expect(new Peer(members[0] as Author, Uint8Array.of(1, 2, 3)).see(row[0])).toEqual([]);
  });
});

describe('a vote of another', () => {
  const said = () => new Peer(members[1] as Author).see(row[2]);

  it('is passed on once, with the link it came by', () => {
    const peer = new Peer(members[0] as Author);
    peer.hear([...said(), ...said()]);
    expect(peer.finality.takeCast().map(({ link }) => link)).toEqual([1]);
    peer.hear(said());
    expect(peer.finality.takeCast()).toEqual([]);
  });

  it('is neither checked nor passed on when its voter is no member, or its block too far', () => {
    const peer = new Peer(members[0] as Author);
    for (const vote of said()) {
      peer.finality.offer({ ...vote, voter: stranger.key }, 1, 7);
      peer.finality.offer(
        { ...vote, ballot: { kind: 'commit', target: { height: 5_000, hash: vote.ballot.target.hash } } },
        1,
        7,
      );
    }
    expect(checksOf(peer.effects.take())).toEqual([]);
  });

  it('counts for nothing when its signature does not hold, and keeps no true one away', () => {
    const peer = new Peer(members[0] as Author);
    const [vote] = said() as [Vote];
    const forged: Vote = { ...vote, ballot: { kind: 'commit', target: beside } };
    peer.hear([forged]);
    expect(peer.finality.takeCast()).toEqual([]);
    peer.hear([vote]);
    expect(peer.finality.takeCast()).toHaveLength(1);
  });

  it('of another network does not hold', () => {
    const peer = new Peer(members[0] as Author);
    const other = new Peer(members[1] as Author);
    const [vote] = other.see(row[2]) as [Vote];
    const options = { network: 'other', committee: members.map(({ key }) => key), curve: fakeCurve };
    const elsewhere = new Finality(
      { ...options, random: new Seeded(1).random, secret: stranger.secret, publicKey: stranger.key },
      peer.effects,
      () => undefined,
    );
    elsewhere.offer(vote, 1, 7);
    const [check] = checksOf(peer.effects.take()) as [Extract<Effect, { kind: 'verify' }>];
    expect(fakeVerify(check.checks)[0]).toBe(false);
  });
});

describe('what is prepared', () => {
  it('is where the walk begins, though it is not final yet', () => {
    const peers = members.slice(0, 3).map((author) => new Peer(author));
    const said = peers.flatMap((peer) => peer.see(row[3]));
    for (const peer of peers) {
      peer.hear(said);
      peer.finality.advance({ tip: row[3], isAncestor, at });
    }
    expect(peers.map(({ finality }) => [finality.floor, finality.final])).toEqual([
      [row[3], undefined],
      [row[3], undefined],
      [row[3], undefined],
    ]);
  });
});
