import { describe, expect, it } from 'vitest';
import { type Block, encodeBlock } from '../../../core/chain/block.ts';
import { recentAuthors } from '../../../core/chain/recent-authors.ts';
import { equalBytes } from '../../../core/codec/bytes.ts';
import { defaultConfig } from '../../../core/config.ts';
import { hashHex } from '../../../core/crypto/keys.ts';
import { type Machines, makeMachines } from '../../../core/machines.ts';
import { Author, candidateOf, poolItem } from '../../model/author.ts';
import { fakeCurve } from '../../model/fake-curve.ts';
import { Seeded } from '../../model/seeded.ts';

const self = new Author(1);
const start = 1_000;

function make(config: Partial<typeof defaultConfig> = {}, blocks = 0): Machines {
  const chain = new Author(2).chain(blocks);
  return makeMachines({
    config: { ...defaultConfig, ...config },
    secret: self.secret,
    curve: fakeCurve,
    random: new Seeded(1).random,
    chain: { count: blocks, root: chain[0]?.hash, recent: chain.slice(-10).map(candidateOf) },
    startedAt: start,
  });
}

describe('the machines of one peer', () => {
  it('are all of one identity, which follows from its secret', () => {
    const machines = make();
    expect(machines.publicKey).toEqual(self.key);
    expect(machines.presence.fresh(start)?.pubkey).toEqual(self.key);
    machines.members.provenBy(self.key, start, true);
    expect(machines.members.known.size).toBe(0);
  });

  it('put what they want into one place, with ids that are never used twice', () => {
    const machines = make();
    machines.chain.share(poolItem(self.item(), start, true));
    machines.gossip.offer(new Author(3).item(), 1);
    machines.serving.requested(1, new Author(3).block(undefined).hash);
    machines.recorder.flush();
    machines.neighbours.want('ws://a', start);
    machines.neighbours.dial([], start);
    const effects = machines.effects.take();
    const ids = effects.flatMap((effect) => {
      if ('request' in effect) return [effect.request];
      return effect.kind === 'dial' ? [effect.dial] : [];
    });
    expect(new Set(effects.map(({ kind }) => kind))).toEqual(new Set(['deliver', 'verify', 'load', 'store', 'dial']));
    expect(new Set(ids).size).toBe(4);
  });

  it('follow the configuration', () => {
    expect(make({ thin: true }).presence.deadline).toBeUndefined();
    const relationship = { ...defaultConfig.relationship, timeMs: 123, maxLinks: 1 };
    expect(make({ relationship }).neighbours.deadline).toBe(start + 123);
    expect(make({ riddle: { nextCandidates: 0, forcedRestart: 'majority' } }).chain.count).toBe(0);
  });

  /** The store answers for blocks, of which none stand aside. */
  function read({ depths, effects }: Machines, chain: readonly Block[]): void {
    depths.advance();
    for (const effect of effects.take()) {
      if (effect.kind !== 'load') continue;
      if (effect.query.kind === 'sideBlocks') depths.loaded(effect.request, { kind: 'sideBlocks', blocks: [] });
      if (effect.query.kind !== 'blocks') continue;
      const { from, count } = effect.query;
      const blocks = chain.slice(from, from + count).map((block) => ({ bytes: encodeBlock(block), unverified: [] }));
      depths.loaded(effect.request, { kind: 'blocks', blocks });
    }
  }

  it('know who wrote the 64 newest blocks once these were read, not only the newest few', () => {
    const machines = make({}, 0);
    const old = [...new Author(3).chain(1)];
    old.push(...new Author(2).chain(60, old[0]));
    const reopened = makeMachines({
      config: { ...defaultConfig },
      secret: self.secret,
      curve: fakeCurve,
      random: new Seeded(1).random,
      chain: { count: old.length, root: old[0]?.hash, recent: old.slice(-10).map(candidateOf) },
      startedAt: start,
    });
    expect(recentAuthors(machines.chain.tree.headers)).toEqual([]);
    expect(recentAuthors(reopened.chain.tree.headers)).toHaveLength(1);
    for (let rounds = 0; rounds < 5; rounds++) read(reopened, old);
    expect(recentAuthors(reopened.chain.tree.headers)).toHaveLength(2);
  });

  it('ask a neighbour from where the chain ends, and step back along it and along what is stored', () => {
    const machines = make({}, 30);
    const { sync } = machines;
    const chain = new Author(2).chain(30);
    sync.want(1, { target: new Author(4).block(undefined).hash, count: 40 });
    const asked = [sync.next(start)[0]];
    for (let at = sync.deadline; at !== undefined && asked.length < 7; at = sync.deadline) {
      read(machines, chain);
      asked.push(...sync.elapse(at).again);
      sync.next(at);
    }
    const heights = asked.map((request) =>
      chain.findIndex(({ hash }) => request?.start && equalBytes(hash, request.start)),
    );
    expect(heights).toEqual([29, 28, 27, 25, 21, 13, -1]);
    expect(asked[6]).toEqual({ link: 1, start: undefined });
  });

  it('ask nobody from none when the chain is too long to give way', () => {
    const machines = make({}, 65);
    const { sync } = machines;
    sync.want(1, { target: new Author(4).block(undefined).hash, count: 40 });
    sync.next(start);
    let asked = 1;
    for (;;) {
      read(machines, new Author(2).chain(65));
      const now = sync.deadline ?? 0;
      const { again, givenUp } = sync.elapse(now);
      sync.next(now);
      asked += again.length;
      if (givenUp.length === 0) continue;
      expect([asked, givenUp]).toEqual([8, [{ link: 1, hasMoved: false }]]);
      return;
    }
  });

  it('insist on the configured root', () => {
    const theirs = new Author(5).block(undefined);
    const { roots } = make({ root: hashHex(theirs.hash) }, 3);
    roots.offer(candidateOf(theirs), 1, undefined);
    const ours = {
      root: new Author(2).block(undefined).hash,
      authors: Array.from({ length: 65 }, () => self.key),
      isFixed: false,
    };
    expect(roots.decide(ours, hashHex(theirs.hash), false)).toBe('theirs');
  });
});
