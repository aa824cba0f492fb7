import { describe, expect, it } from 'vitest';
import { RankDelay } from '../../../../core/authoring/rank-delay.ts';
import { Riddle } from '../../../../core/authoring/riddle.ts';
import type { Block } from '../../../../core/chain/block.ts';
import { Intake } from '../../../../core/chain/intake.ts';
import { graceMs as graceMsOf, Newcomers, type Placement } from '../../../../core/chain/newcomers.ts';
import { Roots } from '../../../../core/chain/roots.ts';
import type { ForcedRestart } from '../../../../core/config.ts';
import { hashHex, type PublicKey, type Signature } from '../../../../core/crypto/keys.ts';
import { Members } from '../../../../core/network/members.ts';
import { type Author, authors } from '../../../model/author.ts';
import { ChainBench } from '../../../model/chain-bench.ts';
import { fakeCurve, fakeVerify } from '../../../model/fake-curve.ts';
import { Seeded } from '../../../model/seeded.ts';
import { slowWalk } from '../../../model/slow-walk.ts';

const people = authors(4);
const [self, b, c, d] = people as [Author, Author, Author, Author];
const start = 100_000;
/** Long enough after a block for its candidates to be gone. */
const later = start + 5_000;
const graceMs = graceMsOf(new RankDelay());
const idOf = (block: Block) => hashHex(block.hash);

class Bench {
  readonly bench = new ChainBench({ self });
  readonly intake = new Intake(this.bench.effects);
  readonly members = new Members(self.key, new Seeded(17).random, start);
  readonly rankDelay = new RankDelay();
  readonly newcomers: Newcomers;

  constructor({ forcedRestart = 'majority' }: { forcedRestart?: ForcedRestart } = {}) {
    const riddle = new Riddle({ nextCandidates: 3, forcedRestart, dataGatherTimeMs: 750 });
    const { chain } = this.bench;
    this.newcomers = new Newcomers(
      chain,
      this.intake,
      new Roots(undefined),
      riddle,
      this.members,
      fakeCurve,
      this.rankDelay,
    );
  }

  /** A block comes and its checks come back at once. */
  come(block: Block, { now = later, requested = false, catchingUp = false, link = 1 } = {}): Placement[] {
    const refused = this.intake.offer(block, link, requested, () => false);
    if (refused !== undefined) throw new Error(refused);
    const [effect] = this.bench.effects.take();
    if (effect?.kind !== 'verify') throw new Error('it is checked');
    const checked = this.intake.verified(effect.request, fakeVerify(effect.checks));
    if (checked === undefined) throw new Error('it was checked');
    const placements = this.newcomers.place(checked, catchingUp, now);
    this.bench.settle();
    return placements;
  }

  elapse(now: number): Placement[] {
    const placements = this.newcomers.elapse(now);
    this.bench.settle();
    return placements;
  }

  get main(): string[] {
    return this.bench.mainHashes;
  }
}

const kinds = (placements: readonly Placement[]) => placements.map(({ kind }) => kind);
const hashes = (blocks: readonly Block[]) => blocks.map(idOf);

describe('a block whose parent is held', () => {
  it('is taken, and moves the main chain or does not', () => {
    const bench = new Bench();
    const root = b.block(undefined, [b.key, c.key]);
    expect(bench.come(root)).toMatchObject([{ kind: 'taken', standing: 'moved' }]);
    expect(bench.come(b.block(root))).toMatchObject([{ kind: 'taken', standing: 'moved' }]);
    expect(bench.come(c.block(root))).toMatchObject([{ kind: 'taken', standing: 'side' }]);
  });

  it('is placed once', () => {
    const bench = new Bench();
    const root = b.block(undefined);
    bench.come(root);
    expect(bench.come(root)).toEqual([]);
  });

  it('is invalid when its author did not sign it, and changes nothing', () => {
    const bench = new Bench();
    const root = b.block(undefined);
    const forged = { ...root, sign: new Uint8Array(64) as Signature };
    expect(kinds(bench.come(forged))).toEqual(['invalid']);
    expect([bench.main, bench.bench.deliveries, bench.newcomers.deadline]).toEqual([[], [], undefined]);
    expect(kinds(bench.come(root))).toEqual(['taken']);
  });
});

describe('a block whose parent is not held', () => {
  it('waits for it and follows it, with all that waits for that in turn', () => {
    const bench = new Bench();
    const chain = b.chain(6);
    bench.come(chain[0] as Block);
    for (const block of [5, 3, 4, 2].map((place) => chain[place] as Block)) {
      const [placement] = bench.come(block);
      expect(placement).toMatchObject({ kind: 'orphaned', parent: block.parent });
    }
    expect(kinds(bench.come(chain[1] as Block))).toEqual(['taken', 'taken', 'taken', 'taken', 'taken']);
    expect(bench.main).toEqual(hashes(chain));
  });

  it('ends in the same chain whatever order all blocks of a tree come in', () => {
    const seeded = new Seeded(12);
    for (let round = 0; round < 60; round++) {
      const choices = () => seeded.shuffled(people.map(({ key }) => key));
      const nodes = [{ block: b.block(undefined, choices()), depth: 0 }];
      while (nodes.length < 14) {
        const { block, depth } = seeded.pick(nodes);
        if (depth < 7) nodes.push({ block: seeded.pick(people).block(block, choices()), depth: depth + 1 });
      }
      const blocks = nodes.map(({ block }) => block);
      const bench = new Bench();
      bench.come(blocks[0] as Block);
      for (const block of seeded.shuffled(blocks.slice(1))) bench.come(block, { requested: seeded.chance(0.5) });
      bench.elapse(later + graceMs);
      expect(bench.main).toEqual(hashes(slowWalk(blocks)));
    }
  });
});

describe('news from an author who was not chosen', () => {
  const root = b.block(undefined, [c.key]);

  function withCandidateOnline() {
    const bench = new Bench();
    bench.come(root, { now: start });
    bench.members.heard(c.keepAlive(1), later - 500);
    return bench;
  }

  it('is held back while a candidate is online, relayed to ours, and taken after its grace time', () => {
    const bench = withCandidateOnline();
    const news = d.block(root);
    expect(bench.come(news)).toMatchObject([{ kind: 'heldBack', relay: true }]);
    expect([bench.main, bench.newcomers.deadline]).toEqual([hashes([root]), later + graceMs]);
    expect(bench.elapse(later + graceMs - 1)).toEqual([]);
    expect(bench.elapse(later + graceMs)).toMatchObject([{ kind: 'taken', standing: 'moved' }]);
    expect([bench.main, bench.newcomers.deadline]).toEqual([hashes([root, news]), undefined]);
  });

  it('loses against a better sibling that comes in the meantime', () => {
    const bench = withCandidateOnline();
    const [news, better] = [d.block(root), c.block(root)];
    bench.come(news);
    expect(kinds(bench.come(better))).toEqual(['taken']);
    expect(bench.elapse(later + graceMs)).toMatchObject([{ kind: 'taken', standing: 'side' }]);
    expect(bench.main).toEqual(hashes([root, better]));
  });

  it('is taken at once when no candidate gave a sign of life within 0.9 s', () => {
    const bench = new Bench();
    bench.come(root, { now: start });
    bench.members.heard(c.keepAlive(1), later - 900);
    expect(bench.come(d.block(root))).toMatchObject([{ kind: 'taken', standing: 'moved' }]);
  });

  it('is held back before the candidates have had their 0.9 s from the arrival of the newest block', () => {
    const early = new Bench();
    early.come(root, { now: start });
    expect(kinds(early.come(d.block(root), { now: start + 899 }))).toEqual(['heldBack']);
    const late = new Bench();
    late.come(root, { now: start });
    expect(kinds(late.come(d.block(root), { now: start + 900 }))).toEqual(['taken']);
  });

  it.each([
    ['asked for', { requested: true }],
    ['met while we catch up', { catchingUp: true }],
  ])('is no news when it was %s, and taken at once', (_, how) => {
    const bench = withCandidateOnline();
    expect(kinds(bench.come(d.block(root), how))).toEqual(['taken']);
  });

  it('is taken at once when it is no child of the tip', () => {
    const bench = withCandidateOnline();
    bench.come(c.block(root));
    expect(bench.come(d.block(root))).toMatchObject([{ kind: 'taken', standing: 'side' }]);
  });

  it('is taken when it comes again as asked for, and is not held back any more', () => {
    const bench = withCandidateOnline();
    const news = d.block(root);
    bench.come(news);
    expect(kinds(bench.come(news, { requested: true }))).toEqual(['taken']);
    expect([bench.newcomers.deadline, bench.elapse(later + graceMs)]).toEqual([undefined, []]);
  });

  it('is held back once, and sixteen at most', () => {
    const bench = withCandidateOnline();
    const news = Array.from({ length: 20 }, () => d.block(root));
    const placed = news.map((block) => kinds(bench.come(block)));
    expect(placed.filter(([kind]) => kind === 'heldBack')).toHaveLength(16);
    expect(bench.come(news[0] as Block)).toEqual([]);
    expect(bench.elapse(later + graceMs)).toHaveLength(16);
  });

  it('is held back for 4 D as it is then, 8 s at most, and whoever is due first goes first', () => {
    const bench = withCandidateOnline();
    for (let block = 0; block < 64; block++) bench.rankDelay.took(3_000);
    bench.come(d.block(root));
    expect(bench.newcomers.deadline).toBe(later + 8_000);
    for (let block = 0; block < 64; block++) bench.rankDelay.took(1);
    bench.come(d.block(root));
    expect(bench.newcomers.deadline).toBe(later + 1_000);
    expect(bench.elapse(later + 1_000)).toHaveLength(1);
    expect(bench.newcomers.deadline).toBe(later + 8_000);
  });

  it('is invalid where forcing is switched off, on every path', () => {
    const bench = new Bench({ forcedRestart: 'never' });
    bench.come(root, { now: start });
    for (const how of [{}, { requested: true }, { catchingUp: true }]) {
      expect(bench.come(d.block(root), how)).toMatchObject([{ kind: 'invalid', why: 'its author was not chosen' }]);
    }
    expect(kinds(bench.come(c.block(root)))).toEqual(['taken']);
  });
});

describe('other news that is suspect', () => {
  it('is one with an item that nobody signed: held back, not relayed, then taken with the item marked', () => {
    const bench = new Bench();
    const bad = { ...c.item('bad'), sign: new Uint8Array(64) as Signature };
    const news = b.block(undefined, [b.key], [c.item('good'), bad]);
    expect(bench.come(news)).toMatchObject([{ kind: 'heldBack', relay: false }]);
    bench.elapse(later + graceMs);
    expect(bench.bench.chain.tree.tip?.verified).toEqual([true, false]);
    expect(bench.bench.store.blocks[0]?.unverified).toEqual([1]);
  });

  it.each([
    ['more than 64 candidates', Array.from({ length: 65 }, () => b.key)],
    ['a candidate that is no key', [new Uint8Array(33).fill(0xff) as PublicKey]],
  ])('is one with %s', (_, nextChoices) => {
    const bench = new Bench();
    const news = b.block(undefined, nextChoices);
    expect(bench.come(news)).toMatchObject([{ kind: 'heldBack', relay: false }]);
    expect(kinds(bench.elapse(later + graceMs))).toEqual(['taken']);
  });
});

describe('a block of another root', () => {
  it('is foreign, with all that waited for it, and does not touch our chain', () => {
    const bench = new Bench();
    bench.come(b.block(undefined));
    const [root, second, third] = c.chain(3) as [Block, Block, Block];
    expect(kinds(bench.come(third))).toEqual(['orphaned']);
    expect(kinds(bench.come(second))).toEqual(['orphaned']);
    const placed = bench.come(root);
    expect(placed).toMatchObject([1, 2, 3].map(() => ({ kind: 'foreign', root: idOf(root), isNew: true })));
    expect(bench.main).toHaveLength(1);
    expect(bench.come(second)).toMatchObject([{ kind: 'foreign', isNew: false }]);
  });

  it('is held to the same author rule', () => {
    const bench = new Bench({ forcedRestart: 'never' });
    bench.come(b.block(undefined));
    const root = c.block(undefined, [d.key]);
    bench.come(root);
    expect(kinds(bench.come(c.block(root)))).toEqual(['invalid']);
    expect(kinds(bench.come(d.block(root)))).toEqual(['foreign']);
  });

  it('that is our own first one, come again after it left memory, is nothing new', () => {
    const bench = new Bench();
    const chain = b.chain(15);
    for (const block of chain) bench.come(block, { requested: true });
    expect(bench.come(chain[0] as Block, { requested: true })).toEqual([]);
  });
});

describe('the deadline', () => {
  it('is later after every elapse at it', () => {
    const bench = new Bench();
    const root = b.block(undefined, [c.key]);
    bench.come(root, { now: start });
    bench.members.heard(c.keepAlive(1), later);
    for (let count = 0; count < 5; count++) bench.come(d.block(root), { now: later + 100 * count });
    let wakes = 0;
    for (let at = bench.newcomers.deadline; at !== undefined; at = bench.newcomers.deadline) {
      bench.elapse(at);
      expect(bench.newcomers.deadline ?? Number.POSITIVE_INFINITY).toBeGreaterThan(at);
      wakes++;
    }
    expect(wakes).toBe(5);
  });
});
