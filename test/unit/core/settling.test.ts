import { describe, expect, it } from 'vitest';
import type { Block } from '../../../core/chain/block.ts';
import { type HashHex, hashHex } from '../../../core/crypto/keys.ts';
import { type Ballot, type Checkpoint, type Vote, voteDigest } from '../../../core/finality/votes.ts';
import { extensionSaying } from '../../../core/wire/carrier.ts';
import { wireVersion } from '../../../core/wire/messages.ts';
import { type Author, authors } from '../../model/author.ts';
import { greetingOf, holding, linked } from '../../model/chains-on-stage.ts';
import { extensions } from '../../model/extensions.ts';
import { fakeCurve } from '../../model/fake-curve.ts';
import { recut } from '../../model/recut.ts';
import { SlowStore } from '../../model/slow-store.ts';
import { type Remote, Stage, storedBlocks } from '../../model/stage.ts';

/** Ours is the largest key, and none of these blocks names it: it writes nothing while these tests look on. */
const [a, b, c, self] = authors(4) as [Author, Author, Author, Author];
const committee = [a, b, c, self].map(({ hex }) => hex);
const config = { committee };

const below = a.chain(2);
const trunk = [...below, a.block(below.at(-1), [a.key, b.key])];
const tip = trunk.at(-1) as Block;
/** Of two children the walk prefers the first, by whom it was named. */
const preferred = a.block(tip, [a.key]);
const beside = b.block(tip, [b.key]);

const at = (height: number, { hash }: Block): Checkpoint => ({ height, hash });
const prepared = (target: Checkpoint, source?: Checkpoint): Ballot => ({ kind: 'prepare', source, target });
const committed = (target: Checkpoint): Ballot => ({ kind: 'commit', target });
const tipOf = (stage: Stage): HashHex | undefined => stage.machine.tip;

function voteOf(author: Author, ballot: Ballot): Vote {
  const sign = fakeCurve.sign(voteDigest('stage', ballot, author.key), author.secret, new Uint8Array(32));
  return { ballot, voter: author.key, sign };
}

function say(remote: Remote, ballot: Ballot, voters: readonly Author[] = [a, b, c]): void {
  for (const voter of voters) remote.say(extensionSaying({ kind: 'vote', vote: voteOf(voter, ballot) }));
}

const heard = (remote: Remote) => extensions(remote, 'vote').map(({ vote }) => vote);
const ownOf = (votes: readonly Vote[]) =>
  votes.filter(({ voter }) => hashHex(voter as never) === hashHex(self.key as never)).map(({ ballot }) => ballot);
const problems = (stage: Stage) => stage.of('report').map(({ code }) => code);

describe('a member of a committee', () => {
  it('votes for its newest block, once the vote is on the disk, and tells ours only', () => {
    const stage = holding(self, trunk, { config });
    stage.answers.store = false;
    const ours = linked(stage, b, trunk);
    const reference = stage.join(c, {
      ...greetingOf(trunk),
      version: { ...wireVersion, target: '', branch: '', commit: '' },
    });
    stage.pass(50);
    expect(heard(ours)).toEqual([]);
    expect(stage.of('store').map(({ change }) => [change.durable, change.notes.map(({ name }) => name)])).toEqual([
      [true, ['votes']],
    ]);
    stage.answers.store = true;
    stage.settle();
    expect(ownOf(heard(ours))).toEqual([prepared(at(2, tip))]);
    expect(reference.of('requestNeighbours').filter(({ count }) => count === 0)).toEqual([]);
  });

  it('commits what is prepared, and says so to its neighbours, with what the others have said, once', () => {
    const stage = holding(self, trunk, { config });
    const [one, other] = [linked(stage, a, trunk), linked(stage, b, trunk)];
    say(one, prepared(at(2, tip)), [a, c]);
    say(one, prepared(at(2, tip)), [a, c]);
    expect(ownOf(heard(one))).toEqual([prepared(at(2, tip)), committed(at(2, tip))]);
    expect(ownOf(heard(other))).toEqual(ownOf(heard(one)));
    expect([heard(one).length, heard(other).length]).toEqual([2, 4]);
  });

  it('tells a new neighbour of the newest votes', () => {
    const stage = holding(self, trunk, { config });
    say(linked(stage, a, trunk), prepared(at(2, tip)), [a, c]);
    expect(heard(linked(stage, b, trunk))).toHaveLength(4);
  });

  it('says after a crash what it may have said before, and nothing against it', () => {
    const store = new SlowStore();
    store.blocks = storedBlocks([...trunk, preferred]);
    const before = new Stage({ self, store, config });
    before.pass(50);
    store.blocks = storedBlocks([...trunk, beside]);
    const again = new Stage({ self, store, config });
    expect(ownOf(heard(linked(again, b, [...trunk, beside])))).toEqual([prepared(at(3, preferred))]);
  });

  it('says nothing and hears nothing where no committee is configured', () => {
    const stage = holding(self, trunk);
    const remote = linked(stage, a, trunk);
    for (const ballot of [prepared(at(2, tip)), committed(at(2, tip))]) say(remote, ballot);
    expect([heard(remote), heard(linked(stage, b, trunk)), stage.delivered('settled')]).toEqual([[], [], []]);
  });
});

describe('a block that more than two thirds have prepared', () => {
  it('is taken in place of one that the walk prefers', () => {
    const stage = holding(self, [...trunk, preferred], { config });
    const remote = linked(stage, b, trunk);
    remote.say({ kind: 'shareBlock', block: beside });
    stage.pass(50);
    expect(tipOf(stage)).toBe(hashHex(preferred.hash));
    say(remote, prepared(at(3, beside)));
    stage.pass(50);
    expect(tipOf(stage)).toBe(hashHex(beside.hash));
  });

  it('is taken as soon as it comes, when its votes were there before it, and after a restart', () => {
    const store = new SlowStore();
    store.blocks = storedBlocks([...trunk, preferred]);
    say(linked(new Stage({ self, store, config }), b, trunk), prepared(at(3, beside)));
    const stage = new Stage({ self, store, config });
    const remote = linked(stage, b, trunk);
    say(remote, prepared(at(3, beside)));
    expect(tipOf(stage)).toBe(hashHex(preferred.hash));
    remote.say({ kind: 'shareBlock', block: beside });
    stage.pass(50);
    expect(tipOf(stage)).toBe(hashHex(beside.hash));
    const again = new Stage({ self, store, config });
    again.pass(50);
    linked(again, a, [...trunk, preferred]).say({ kind: 'shareBlock', block: preferred });
    again.pass(50);
    expect(tipOf(again)).toBe(hashHex(beside.hash));
  });
});

describe('a final block', () => {
  function settled(): { stage: Stage; remote: Remote } {
    const stage = holding(self, [...trunk, beside], { config });
    const remote = linked(stage, b, [...trunk, beside]);
    say(remote, prepared(at(3, beside)));
    say(remote, committed(at(3, beside)));
    stage.pass(50);
    return { stage, remote };
  }

  it('is told, once, and no better branch takes its place', () => {
    const { stage, remote } = settled();
    expect(stage.delivered('settled')).toEqual([{ kind: 'settled', height: 3 }]);
    for (const block of [preferred, a.block(preferred)]) remote.say({ kind: 'shareBlock', block });
    stage.pass(10_000);
    expect([tipOf(stage), stage.delivered('reverted'), problems(stage)]).toEqual([hashHex(beside.hash), [], []]);
  });

  it('stays when the committee settles another branch too', () => {
    const { stage, remote } = settled();
    const higher = a.block(preferred);
    for (const block of [preferred, higher]) remote.say({ kind: 'shareBlock', block });
    // The tree lets go of what hangs beside a final block, so nothing is held of the other branch.
    say(remote, committed(at(4, higher)));
    say(remote, committed(at(3, preferred)));
    stage.pass(50);
    expect(tipOf(stage)).toBe(hashHex(beside.hash));
    expect(stage.delivered('settled')).toEqual([{ kind: 'settled', height: 3 }]);
  });

  it('that this peer does not hold is told when its chain has come to it', () => {
    const stage = holding(self, trunk, { config });
    const remote = linked(stage, b, trunk);
    say(remote, committed(at(3, beside)));
    expect(stage.delivered('settled')).toEqual([]);
    remote.say({ kind: 'shareBlock', block: beside });
    stage.pass(50);
    expect(stage.delivered('settled')).toEqual([{ kind: 'settled', height: 3 }]);
  });

  it('stays, and it is told with their keys, when so many vote against themselves that another may be final', () => {
    const { stage, remote } = settled();
    say(remote, committed(at(3, preferred)), [a]);
    expect(problems(stage)).toEqual([]);
    say(remote, committed(at(3, preferred)), [b, c]);
    stage.pass(50);
    expect(tipOf(stage)).toBe(hashHex(beside.hash));
    const [report, ...more] = stage.of('report');
    expect([report?.code, more]).toEqual(['committee-broken', []]);
    expect(report?.message).toContain(a.holder.slice(0, 16));
  });
});

describe('what is final', () => {
  it('is told when those who may hold a better body of it have answered, for a vote says nothing of bodies', () => {
    const stage = holding(self, below, { config });
    const liar = linked(stage, c, trunk);
    const honest = linked(stage, b, below);
    liar.serve([...below, recut(tip)]);
    expect([tipOf(stage), stage.store.blocks[2]?.unverified]).toEqual([hashHex(tip.hash), [0]]);
    say(liar, prepared(at(2, tip)));
    say(liar, committed(at(2, tip)));
    expect(stage.delivered('settled')).toEqual([]);
    honest.serve(trunk);
    stage.pass(100);
    expect(stage.store.blocks[2]?.unverified).toEqual([]);
    expect(stage.delivered('settled').map(({ height }) => height)).toEqual([2]);
  });
});
