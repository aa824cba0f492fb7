import { describe, expect, it } from 'vitest';
import { RankDelay } from '../../../core/authoring/rank-delay.ts';
import type { Block } from '../../../core/chain/block.ts';
import { itemIdOf } from '../../../core/chain/data.ts';
import { graceMs } from '../../../core/chain/newcomers.ts';
import { bytesToHex } from '../../../core/codec/bytes.ts';
import { hashHex, type Signature } from '../../../core/crypto/keys.ts';
import { wireVersion } from '../../../core/wire/messages.ts';
import { type Author, authors } from '../../model/author.ts';
import { holding, linked, live } from '../../model/chains-on-stage.ts';
import { extensions } from '../../model/extensions.ts';
import type { Remote } from '../../model/stage.ts';

const [self, b, c, d] = authors(4) as [Author, Author, Author, Author];
const hexOf = (block: Block | undefined) => (block === undefined ? undefined : hashHex(block.hash));
const hashes = (blocks: readonly Block[]) => blocks.map(({ hash }) => hashHex(hash));
const shared = (remote: Remote) => remote.of('shareBlock').map(({ block }) => hashHex(block.hash));
const starts = (remote: Remote) => remote.of('requestBlocks').map(({ start }) => start && bytesToHex(start));
const reference = { version: { ...wireVersion, target: '', branch: '', commit: '' } };

describe('a neighbour that holds more', () => {
  it('is asked for what follows our tip; what it sends is checked, stored and told to others when all of it is here', () => {
    const chain = b.chain(40);
    const stage = holding(self, chain.slice(0, 12));
    const other = linked(stage, c, chain.slice(0, 12));
    const remote = linked(stage, b, chain);
    expect(starts(remote)).toEqual([hexOf(chain[11])]);
    expect(stage.machine.syncing).toEqual({ held: 12, of: 40 });
    stage.answers.verify = false;
    remote.serve(chain);
    expect(stage.machine.count).toBe(12);
    stage.answers.verify = true;
    stage.settle();
    expect([stage.machine.count, stage.machine.syncing]).toEqual([40, undefined]);
    expect(stage.store.hashes).toEqual(hashes(chain));
    const heads = [other, remote].map((each) => extensions(each, 'head').map(({ tip }) => hashHex(tip)));
    expect(heads).toEqual([[hexOf(chain[39])], []]);
  });

  it('is asked for all by who holds nothing', () => {
    const chain = b.chain(100);
    const stage = holding(self, []);
    const remote = linked(stage, b, chain);
    expect(starts(remote)).toEqual([undefined]);
    remote.serve(chain);
    expect(stage.store.hashes).toEqual(hashes(chain));
  });

  it('is asked although it holds as many: two branches of one length must meet too', () => {
    const root = b.block(undefined, [b.key, c.key]);
    const [better, worse] = [b.block(root), c.block(root)];
    const stage = holding(self, [root, worse]);
    const remote = linked(stage, b, [root, better]);
    live(stage, 2_500, [[remote, [root, better]]]);
    expect(starts(remote)).toEqual([hexOf(worse), hexOf(root)]);
    expect(stage.store.hashes).toEqual(hashes([root, better]));
  });

  it('is not asked for what we hold, in memory or only in the store', () => {
    const chain = b.chain(40);
    const stage = holding(self, chain);
    const remotes = [chain, chain.slice(0, 35), chain.slice(0, 3)].map((held, place) =>
      linked(stage, [b, c, d][place] as Author, held),
    );
    stage.pass(3_000);
    for (const remote of remotes) expect(remote.of('requestBlocks')).toEqual([]);
  });

  it('counts only while a request of ours is open', () => {
    const chain = b.chain(5);
    const stage = holding(self, chain.slice(0, 2));
    const remote = linked(stage, b, chain.slice(0, 2));
    for (const block of chain) remote.say({ kind: 'requestedBlock', block });
    expect(stage.machine.count).toBe(2);
  });

  it('and lies keeps nobody from writing for long, nor from learning from another', () => {
    const start = b.chain(4);
    const chain = [...start, b.block(start.at(-1), [self.key])];
    const stage = holding(self, chain.slice(0, 2));
    const liar = linked(stage, c, [...chain.slice(0, 2), c.block(undefined)]);
    const honest = linked(stage, b, chain);
    live(stage, 4_000, [[honest, chain]]);
    expect(stage.store.hashes).toEqual(hashes(chain));
    const data = self.item();
    stage.handle({ kind: 'commanded', command: { kind: 'share', data, id: itemIdOf(data) } });
    live(stage, 12_000, [[honest, chain]]);
    expect(starts(liar).length).toBeGreaterThan(3);
    expect(stage.machine.waitingFor).not.toBe('the chain of a neighbour');
    expect(stage.machine.count).toBe(6);
  });

  it('and sends what is none is asked no more, and nothing has changed', () => {
    const chain = b.chain(5);
    const stage = holding(self, chain.slice(0, 2));
    const remote = linked(stage, b, chain);
    remote.say({ kind: 'requestedBlock', block: { ...(chain[2] as Block), sign: new Uint8Array(64) as Signature } });
    live(stage, 5_000, []);
    expect([stage.machine.count, starts(remote).length, stage.machine.syncing]).toEqual([2, 1, undefined]);
  });
});

describe('a block that somebody has just made', () => {
  const root = b.block(undefined, [b.key, c.key]);

  it('is passed on to all who do not hold it, once its checks came back', () => {
    const stage = holding(self, [root]);
    const [from, other, ours] = [
      linked(stage, b, [root]),
      linked(stage, c, [root]),
      linked(stage, d, [root], reference),
    ];
    const news = b.block(root);
    stage.answers.verify = false;
    from.say({ kind: 'shareBlock', block: news });
    expect(shared(other)).toEqual([]);
    stage.answers.verify = true;
    stage.settle();
    other.say({ kind: 'shareBlock', block: news });
    expect([shared(from), shared(other), shared(ours)]).toEqual([[], [hexOf(news)], [hexOf(news)]]);
    expect(stage.store.hashes).toEqual(hashes([root, news]));
    expect(stage.delivered('applied').map(({ block }) => hexOf(block.block))).toEqual([hexOf(news)]);
  });

  it('and loses against a sibling is answered by that one', () => {
    const stage = holding(self, [root]);
    const [from, other] = [linked(stage, c, [root]), linked(stage, b, [root])];
    const [better, worse] = [b.block(root), c.block(root)];
    other.say({ kind: 'shareBlock', block: better });
    from.heard.length = 0;
    from.say({ kind: 'shareBlock', block: worse });
    expect(shared(from)).toEqual([hexOf(better)]);
    // Its author may write here, so that it counts for the walk, and all must hold it.
    expect(shared(other)).toEqual([hexOf(worse)]);
  });

  it('and whose parent is not here is waited with, and the rest asked for', () => {
    const chain = [root, ...b.chain(4, root)];
    const stage = holding(self, chain.slice(0, 2));
    const remote = linked(stage, b, chain.slice(0, 2));
    const other = linked(stage, c, chain.slice(0, 2));
    remote.say({ kind: 'shareBlock', block: chain[4] as Block });
    expect(starts(remote)).toEqual([hexOf(chain[1])]);
    remote.serve(chain.slice(0, 4));
    expect(stage.store.hashes).toEqual(hashes(chain));
    expect(shared(other).at(-1)).toBe(hexOf(chain[4]));
    stage.pass(12_000);
    expect(starts(remote)).toHaveLength(1);
  });

  it('by an author who was not chosen is passed on to ours at once, and taken later', () => {
    const stage = holding(self, [root]);
    const [from, ours, other] = [
      linked(stage, d, [root]),
      linked(stage, b, [root]),
      linked(stage, c, [root], reference),
    ];
    const news = d.block(root);
    from.say({ kind: 'shareBlock', block: news });
    expect([shared(ours), shared(other), stage.machine.count]).toEqual([[hexOf(news)], [], 1]);
    for (let passed = 0; passed < graceMs(new RankDelay()); passed += 500) {
      stage.pass(500);
      for (const remote of [from, ours, other]) remote.keepAlive();
    }
    // As an answer, for a reference checks no author there.
    const answered = other.of('requestedBlock').map(({ block }) => hashHex(block.hash));
    expect([shared(other), answered, stage.machine.count]).toEqual([[], [hexOf(news)], 2]);
    expect(shared(ours)).toEqual([hexOf(news)]);
  });

  it('that nobody signed changes nothing', () => {
    const stage = holding(self, [root]);
    const [from, other] = [linked(stage, b, [root]), linked(stage, c, [root])];
    from.say({ kind: 'shareBlock', block: { ...b.block(root), sign: new Uint8Array(64) as Signature } });
    expect([stage.machine.count, shared(other), from.closedBecause]).toEqual([1, [], undefined]);
  });
});

describe('a block of our own', () => {
  it('is told to all once it is on the disk, and to nobody before', () => {
    const root = b.block(undefined, [self.key]);
    const stage = holding(self, [root]);
    const remotes = [linked(stage, b, [root]), linked(stage, c, [root])];
    stage.answers.store = false;
    const data = self.item();
    stage.handle({ kind: 'commanded', command: { kind: 'share', data, id: itemIdOf(data) } });
    stage.settle();
    stage.pass(1_000);
    expect(stage.machine.count).toBe(2);
    expect(remotes.map(shared)).toEqual([[], []]);
    const late = linked(stage, d);
    expect([late.greeting?.last && bytesToHex(late.greeting.last), shared(late)]).toEqual([hexOf(root), []]);
    stage.answers.store = true;
    stage.settle();
    const tip = stage.machine.tip;
    expect([...remotes, late].map(shared)).toEqual([[tip], [tip], [tip]]);
    expect(stage.store.hashes.at(-1)).toBe(tip);
  });
});

describe('a neighbour that asks for blocks', () => {
  it('is sent what follows what it names', () => {
    const chain = b.chain(60);
    const stage = holding(self, chain);
    const remote = linked(stage, c, chain.slice(0, 20));
    remote.say({ kind: 'requestBlocks', start: chain[19]?.hash });
    expect(remote.of('requestedBlock').map(({ block }) => hashHex(block.hash))).toEqual(hashes(chain.slice(20)));
  });

  it('is sent more as it takes it', () => {
    const chain = [b.block(undefined)];
    for (let more = 0; more < 30; more++) chain.push(b.block(chain.at(-1), [b.key], [b.item('', 60_000)]));
    const stage = holding(self, chain);
    const remote = linked(stage, c);
    remote.drains = false;
    remote.say({ kind: 'requestBlocks', start: undefined });
    stage.pass(2_000);
    const first = remote.of('requestedBlock').length;
    expect(first).toBeLessThan(12);
    stage.pass(2_000);
    expect(remote.of('requestedBlock')).toHaveLength(first);
    remote.drains = true;
    remote.drain(10_000_000);
    expect(remote.of('requestedBlock').map(({ block }) => hashHex(block.hash))).toEqual(hashes(chain));
  });
});

describe('when roots differ', () => {
  /** A chain by these authors in turn. */
  function chainBy(writers: readonly Author[], length: number): Block[] {
    const blocks: Block[] = [];
    for (let height = 0; height < length; height++) {
      const writer = writers[height % writers.length] as Author;
      blocks.push(writer.block(blocks.at(-1), [writer.key]));
    }
    return blocks;
  }

  it('the chain with more authors is taken whole, and what ours held waits again', () => {
    const [ours, theirs] = [chainBy([self], 20), chainBy([b, c], 30)];
    const stage = holding(self, ours);
    const remote = linked(stage, b, theirs);
    live(stage, 3_000, [[remote, theirs]]);
    expect(stage.store.hashes.slice(0, 30)).toEqual(hashes(theirs));
    expect(stage.machine.root).toBe(hexOf(theirs[0]));
    const reverted = stage.delivered('reverted').flatMap(({ blocks }) => blocks.map(({ block }) => hexOf(block)));
    expect(reverted).toEqual(hashes(ours).reverse());
    const again = new Set([...stage.machine.pending()].map(({ id }) => bytesToHex(id)));
    const written = new Set(stage.store.blocks.slice(30).flatMap(({ items }) => items.map(bytesToHex)));
    for (const { data } of ours) {
      for (const item of data) {
        const id = bytesToHex(itemIdOf(item));
        expect(again.has(id) || written.has(id)).toBe(true);
      }
    }
  });

  it('ours stays when theirs has fewer, and nothing of theirs is kept', () => {
    const [ours, theirs] = [chainBy([self, b], 20), chainBy([c], 30)];
    const stage = holding(self, ours);
    const remote = linked(stage, c, theirs);
    live(stage, 3_000, [[remote, theirs]]);
    expect([stage.machine.root, stage.store.hashes]).toEqual([hexOf(ours[0]), hashes(ours)]);
    expect([stage.delivered('reverted'), stage.delivered('applied')]).toEqual([[], []]);
  });

  it('two that each wrote a first block come to the same one as soon as they hear of them', () => {
    const [one, other] = [b.block(undefined), c.block(undefined)];
    const [smaller, larger] = hashHex(one.hash) < hashHex(other.hash) ? [one, other] : [other, one];
    for (const [held, comes] of [
      [smaller, larger],
      [larger, smaller],
    ] as const) {
      const stage = holding(self, [held]);
      const remote = linked(stage, d);
      remote.say({ kind: 'shareBlock', block: comes });
      expect(stage.store.hashes).toEqual(hashes([smaller]));
    }
  });

  it('nobody but an operator decides between two of more than 64 blocks', () => {
    const [ours, theirs] = [chainBy([self], 80), chainBy([b, c], 90)];
    const stage = holding(self, ours);
    const remote = linked(stage, b, theirs);
    live(stage, 20_000, [[remote, theirs]]);
    expect(stage.store.hashes).toEqual(hashes(ours));
    expect(stage.of('report').map(({ code }) => code)).toEqual(['other-root']);
    expect(remote.closedBecause).toBeUndefined();
    stage.forget();
    remote.close();
    expect(stage.of('report')).toEqual([{ kind: 'report', code: 'other-root', message: undefined }]);
  });

  it('the configured one is taken, however long ours is, and the application hears of all that is left', () => {
    const [ours, theirs] = [chainBy([self], 80), chainBy([b], 3)];
    const stage = holding(self, ours, { config: { root: hexOf(theirs[0]) } });
    const remote = linked(stage, b, theirs);
    live(stage, 3_000, [[remote, theirs]]);
    expect(stage.store.hashes.slice(0, 3)).toEqual(hashes(theirs));
    const reverted = stage.delivered('reverted').flatMap(({ blocks }) => blocks.map(({ height }) => height));
    expect(reverted).toEqual(Array.from({ length: 80 }, (_, place) => 79 - place));
  });

  it('a reference neighbour cannot change, so its link ends', () => {
    const stage = holding(self, b.chain(3));
    const remote = linked(stage, c, c.chain(3), reference);
    expect(remote.closedBecause).toBe('its chain has another root');
  });
});
