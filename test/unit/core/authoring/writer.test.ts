import { describe, expect, it } from 'vitest';
import type { Authoring, AuthoringView, Turn } from '../../../../core/authoring/authoring.ts';
import { RankDelay } from '../../../../core/authoring/rank-delay.ts';
import { Writer } from '../../../../core/authoring/writer.ts';
import { type Block, encodeBlock, writtenBlockBytes } from '../../../../core/chain/block.ts';
import { type Data, encodeData, itemIdOf } from '../../../../core/chain/data.ts';
import { bytesToHex } from '../../../../core/codec/bytes.ts';
import { hashHex, itemIdHex } from '../../../../core/crypto/keys.ts';
import type { Composed, Effect } from '../../../../core/events.ts';
import { Members } from '../../../../core/network/members.ts';
import { journalEntries } from '../../../../core/storage/store.ts';
import { type Author, authors, candidateOf, poolItem } from '../../../model/author.ts';
import { ChainBench } from '../../../model/chain-bench.ts';
import { fakeCurve } from '../../../model/fake-curve.ts';
import { Seeded } from '../../../model/seeded.ts';

const [self, b, c] = authors(3) as [Author, Author, Author];
const start = 10_000;

/** A writer whose authoring says what a test tells it. */
class Bench {
  turn: Turn = { kind: 'write', at: start };
  readonly views: AuthoringView[] = [];
  readonly bench: ChainBench;
  readonly members = new Members(self.key, new Seeded(17).random, start);
  readonly writer: Writer;
  readonly announced: Block[] = [];
  now = start;
  catchingUp = false;

  constructor({ thin = false, bench = new ChainBench({ self }) } = {}) {
    this.bench = bench;
    const authoring: Authoring = {
      turn: (_, view) => {
        this.views.push(view);
        return this.turn;
      },
      nextChoices: (_, live) => [...live],
      accepts: () => true,
    };
    const { secret, key: publicKey } = self;
    const options = {
      curve: fakeCurve,
      random: new Seeded(1).random,
      secret,
      publicKey,
      thin,
      rankDelay: new RankDelay(),
      spokeAt: () => start,
    };
    this.writer = new Writer(options, authoring, bench.chain, this.members, bench.effects);
  }

  share(...items: readonly Data[]): void {
    for (const item of items) this.bench.chain.share(poolItem(item, this.now, true));
    this.bench.settle();
  }

  /** The end of an event at this time; what was signed is stored at once. */
  consider(now = this.now): void {
    this.now = now;
    this.writer.consider(now, this.catchingUp, this.#announce);
    this.bench.settle();
  }

  /** The newest compose effect, which is taken away. */
  asked(): Extract<Effect, { kind: 'compose' }> {
    const { asked } = this.bench;
    const effect = asked.pop();
    if (effect?.kind !== 'compose') throw new Error('the application is asked');
    return effect;
  }

  compose(request: number, items: readonly Composed[] | undefined): void {
    this.writer.composed(request, items, this.now, this.catchingUp, this.#announce);
    this.bench.settle();
  }

  get blocks(): Block[] {
    return this.bench.chain.tree.main.map(({ block }) => block);
  }

  get tip(): Block | undefined {
    return this.blocks.at(-1);
  }

  readonly #announce = (block: Block, bytes: Uint8Array): void => {
    expect(bytesToHex(bytes)).toBe(bytesToHex(encodeBlock(block)));
    this.announced.push(block);
  };
}

const ids = (items: readonly Data[]) => items.map((item) => itemIdHex(itemIdOf(item)));
const keep = (item: Data): Composed => ({ keep: itemIdOf(item) });

describe('a writer', () => {
  it('writes nothing and asks nothing while nothing is pending', () => {
    const bench = new Bench();
    bench.consider();
    expect([bench.views.length, bench.tip, bench.writer.deadline, bench.writer.waitingFor]).toEqual([
      0,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('writes what is pending when it is its turn, stores it with its journal entry, and then announces it', () => {
    const bench = new Bench();
    const items = [self.item('1'), self.item('2')];
    bench.share(...items);
    bench.members.heard(b.keepAlive(1), start);
    bench.consider();
    const { tip, bench: chain } = bench;
    expect(ids(tip?.data ?? [])).toEqual(ids(items));
    expect(tip?.parent).toBeUndefined();
    expect(tip?.nextChoices).toEqual([b.key]);
    expect(bench.announced).toEqual([tip]);
    expect(chain.store.signed.map(({ hash }) => hash)).toEqual([tip?.hash]);
    expect(chain.poolIds).toEqual([]);
  });

  it('waits for its time, and tells it', () => {
    const bench = new Bench();
    bench.share(self.item());
    bench.turn = { kind: 'write', at: start + 500 };
    bench.consider(start + 499);
    expect([bench.tip, bench.writer.deadline]).toEqual([undefined, start + 500]);
    bench.consider(start + 500);
    expect(bench.tip).toBeDefined();
    expect(bench.writer.deadline).toBeUndefined();
  });

  it('tells what it waits for, and until when', () => {
    const bench = new Bench();
    bench.share(self.item());
    bench.turn = { kind: 'wait', waitingFor: 'a second peer', until: start + 9 };
    bench.consider();
    expect([bench.writer.waitingFor, bench.writer.deadline]).toEqual(['a second peer', start + 9]);
    bench.turn = { kind: 'write', at: start };
    bench.consider();
    expect(bench.writer.waitingFor).toBeUndefined();
  });

  it('does not write while a neighbour holds blocks that it does not hold', () => {
    const bench = new Bench();
    bench.share(self.item());
    bench.catchingUp = true;
    bench.consider();
    expect([bench.tip, bench.writer.waitingFor]).toEqual([undefined, 'the chain of a neighbour']);
  });

  it('never writes when it is thin', () => {
    const bench = new Bench({ thin: true });
    bench.share(self.item());
    bench.consider();
    expect([bench.tip, bench.writer.waitingFor]).toEqual([undefined, undefined]);
  });

  it('shows its authoring the newest block, what waits and who is there', () => {
    const bench = new Bench();
    const root = b.block(undefined, [c.key]);
    bench.bench.chain.add(candidateOf(root), 77);
    bench.share(self.item());
    bench.members.heard(b.keepAlive(1), start - 2_499);
    bench.members.heard(c.keepAlive(1), start - 2_500);
    bench.turn = { kind: 'wait', waitingFor: 'a second peer', until: undefined };
    bench.consider();
    expect(bench.views).toHaveLength(1);
    expect(bench.views[0]).toMatchObject({
      own: self.key,
      tip: { nextChoices: [c.key], arrivedAt: 77 },
      pendingSince: start,
      online: [b.key],
      recentAuthors: [b.key],
    });
    expect([b, c].map(({ key }) => bench.views[0]?.onlineSince(key))).toEqual([start - 2_499, undefined]);
    expect(bench.views[0]?.onlineUntil(b.key)).toBe(start + 2_500);
  });

  it('names keys proven within 3 s', () => {
    const bench = new Bench();
    bench.share(self.item());
    bench.members.heard(b.keepAlive(1), start - 2_999);
    bench.members.heard(c.keepAlive(1), start - 3_000);
    bench.consider();
    expect(bench.tip?.nextChoices).toEqual([b.key]);
  });

  it('writes what fits into a block, and the rest with its next turn', () => {
    const bench = new Bench();
    const items = [1, 2, 3].map(() => self.item('', 500_000));
    bench.share(...items);
    bench.consider();
    expect(ids(bench.tip?.data ?? [])).toEqual(ids(items.slice(0, 2)));
    bench.consider();
    expect(bench.blocks.map(({ data }) => data.length)).toEqual([2, 1]);
  });
});

describe('the signing journal', () => {
  it('lets nobody sign two children of one block, also when the first was left for a better one', () => {
    const bench = new Bench();
    const root = b.block(undefined, [b.key, self.key]);
    bench.bench.add(root);
    bench.share(self.item('1'));
    bench.consider();
    const own = bench.tip as Block;
    bench.bench.add(b.block(root, [self.key]));
    expect(bench.tip?.hash).not.toEqual(own.hash);
    bench.consider();
    const parents = bench.bench.store.signed.map(({ parent }) => parent && hashHex(parent));
    expect(new Set(parents).size).toBe(parents.length);
    expect(parents).toHaveLength(2);
  });

  it('holds for what was signed before a restart', () => {
    const bench = new Bench();
    const root = b.block(undefined);
    bench.bench.add(root);
    bench.writer.signedBefore(hashHex(root.hash));
    bench.share(self.item());
    bench.consider();
    expect(bench.bench.store.signed).toEqual([]);
    expect(bench.writer.waitingFor).toBe('the author of the next block');
    bench.bench.add(b.block(root));
    bench.consider();
    expect(bench.bench.store.signed).toHaveLength(1);
  });

  it('holds for a first block too', () => {
    const bench = new Bench();
    bench.writer.signedBefore(undefined);
    bench.share(self.item());
    bench.consider();
    expect(bench.tip).toBeUndefined();
  });

  it('remembers the newest entries and the one without parent, and no more', () => {
    const bench = new Bench();
    const parents = Array.from({ length: journalEntries + 5 }, (_, place) => new Seeded(place).bytes(32));
    bench.writer.signedBefore(undefined);
    for (const parent of parents) bench.writer.signedBefore(hashHex(parent as Block['hash']));
    expect(bench.writer.hasSignedOn(undefined)).toBe(true);
    const remembered = parents.map((parent) => bench.writer.hasSignedOn(hashHex(parent as Block['hash'])));
    expect(remembered.indexOf(true)).toBe(5);
    expect(remembered.slice(5).every((held) => held)).toBe(true);
  });
});

describe('an application that composes', () => {
  function composing(...items: readonly Data[]) {
    const bench = new Bench();
    bench.writer.composes = true;
    bench.share(...items);
    bench.consider();
    return bench;
  }

  it('is asked before anything is signed, once', () => {
    const item = self.item();
    const bench = composing(item);
    bench.consider();
    const asked = bench.asked();
    expect(asked.items.map(({ id }) => itemIdHex(id))).toEqual(ids([item]));
    expect(bench.bench.asked).toEqual([]);
    expect([bench.tip, bench.writer.deadline]).toEqual([undefined, start + 5_000]);
  });

  it('keeps, drops and adds', () => {
    const [kept, dropped, added] = [self.item('kept'), self.item('dropped'), self.item('added')];
    const bench = composing(kept, dropped);
    bench.compose(bench.asked().request, [{ add: added }, keep(kept)]);
    expect(ids(bench.tip?.data ?? [])).toEqual(ids([added, kept]));
    expect(bench.bench.poolIds).toEqual([]);
    expect(bench.bench.store.pendingIds).toEqual([]);
    expect(bench.announced).toHaveLength(1);
  });

  it('that keeps nothing writes nothing, and what it dropped is gone', () => {
    const bench = composing(self.item());
    bench.compose(bench.asked().request, []);
    expect([bench.tip, bench.bench.poolIds]).toEqual([undefined, []]);
    bench.consider();
    expect(bench.bench.asked).toEqual([]);
  });

  it('leaves pending what was shared while it composed', () => {
    const [first, later] = [self.item('first'), self.item('later')];
    const bench = composing(first);
    const { request } = bench.asked();
    bench.share(later);
    bench.compose(request, [keep(first)]);
    expect(bench.bench.poolIds).toEqual(ids([later]));
  });

  it('cannot keep an item twice, nor one that it was not given', () => {
    const item = self.item();
    const bench = composing(item);
    bench.compose(bench.asked().request, [keep(item), keep(c.item()), keep(item)]);
    expect(ids(bench.tip?.data ?? [])).toEqual(ids([item]));
  });

  it('that fails loses nothing and is asked again a second later', () => {
    const item = self.item();
    const bench = composing(item);
    bench.compose(bench.asked().request, undefined);
    bench.consider();
    expect([bench.tip, bench.bench.asked.length, bench.bench.poolIds]).toEqual([undefined, 0, ids([item])]);
    expect(bench.writer.deadline).toBe(start + 1_000);
    bench.consider(start + 1_000);
    bench.compose(bench.asked().request, [keep(item)]);
    expect(bench.tip).toBeDefined();
  });

  it('that takes too long is not waited for, asked again later, and its late answer is not taken', () => {
    const item = self.item();
    const bench = composing(item);
    const { request } = bench.asked();
    bench.consider(start + 5_000);
    expect(bench.bench.asked).toMatchObject([{ kind: 'report', code: 'block-creation-failed' }]);
    bench.bench.asked.length = 0;
    bench.compose(request, []);
    expect([bench.tip, bench.bench.poolIds]).toEqual([undefined, ids([item])]);
    expect(bench.writer.deadline).toBe(start + 6_000);
    bench.consider(start + 6_000);
    const again = bench.asked();
    expect(again.request).not.toBe(request);
    bench.compose(again.request, [keep(item)]);
    expect(bench.tip).toBeDefined();
  });

  it('whose answer comes when another block is the newest has written nothing and dropped nothing', () => {
    const item = self.item();
    const bench = composing(item);
    const { request } = bench.asked();
    bench.bench.add(b.block(undefined));
    bench.compose(request, []);
    expect([bench.bench.store.signed, bench.bench.poolIds]).toEqual([[], ids([item])]);
    bench.consider();
    expect(bench.asked().request).not.toBe(request);
  });

  it.each([
    [
      'it is not its turn any more',
      (bench: Bench) => (bench.turn = { kind: 'wait', waitingFor: 'a second peer', until: undefined }),
    ],
    ['its time is later now', (bench: Bench) => (bench.turn = { kind: 'write', at: start + 1 })],
    ['a neighbour holds more', (bench: Bench) => (bench.catchingUp = true)],
  ])('whose answer comes when %s has written nothing', (_, change) => {
    const item = self.item();
    const bench = composing(item);
    const { request } = bench.asked();
    change(bench);
    bench.compose(request, [keep(item)]);
    expect([bench.tip, bench.bench.poolIds]).toEqual([undefined, ids([item])]);
  });

  it('that adds more than a block of ours may hold has failed', () => {
    const item = self.item();
    const bench = composing(item);
    const adds = [1, 2, 3].map(() => ({ add: self.item('', 500_000) }));
    expect(3 * encodeData(adds[0]?.add ?? item).length).toBeGreaterThan(writtenBlockBytes);
    bench.compose(bench.asked().request, [keep(item), ...adds]);
    expect([bench.tip, bench.bench.poolIds]).toEqual([undefined, ids([item])]);
    expect(bench.bench.asked).toMatchObject([{ kind: 'report', code: 'block-creation-failed' }]);
  });

  it('that is not there any more is not asked', () => {
    const bench = new Bench();
    bench.writer.composes = true;
    bench.writer.composes = false;
    bench.share(self.item());
    bench.consider();
    expect(bench.tip).toBeDefined();
  });
});

describe('what is announced', () => {
  it('is nothing that was left before it was stored', () => {
    const bench = new Bench();
    const root = b.block(undefined, [b.key, self.key]);
    bench.bench.add(root);
    bench.share(self.item());
    bench.writer.consider(start, false, (block) => bench.announced.push(block));
    bench.bench.chain.add(candidateOf(b.block(root)), start);
    bench.bench.settle();
    expect(bench.bench.store.signed).toHaveLength(1);
    expect(bench.announced).toEqual([]);
  });
});
