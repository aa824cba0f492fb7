import { describe, expect, it } from 'vitest';
import type { Block } from '../../../../core/chain/block.ts';
import { encodeData, itemIdOf } from '../../../../core/chain/data.ts';
import { hashHex, itemIdFrom, itemIdHex } from '../../../../core/crypto/keys.ts';
import { type Author, authors, candidateOf, poolItem } from '../../../model/author.ts';
import { Audience, ChainBench } from '../../../model/chain-bench.ts';
import { Seeded } from '../../../model/seeded.ts';
import { SlowStore } from '../../../model/slow-store.ts';

const [a, b, c] = authors(3) as [Author, Author, Author];
const hashes = (blocks: readonly Block[]) => blocks.map(({ hash }) => hashHex(hash));
const idHex = (data: Parameters<typeof itemIdOf>[0]) => itemIdHex(itemIdOf(data));
/** A root on which a child of c loses to one of b, and that to one of a. */
const root = a.block(undefined, [a.key, b.key, c.key]);

describe('a chain', () => {
  it('is empty at first', () => {
    const { chain } = new ChainBench();
    expect([chain.count, chain.root, chain.tree.tip]).toEqual([0, undefined, undefined]);
  });

  it('stores and delivers each block, and knows count and root', () => {
    const bench = new ChainBench();
    const blocks = a.chain(15);
    bench.add(...blocks);
    expect(bench.chain.count).toBe(15);
    expect(bench.chain.root).toBe(hashes(blocks)[0]);
    expect(bench.store.hashes).toEqual(hashes(blocks));
    const audience = new Audience();
    for (const delivery of bench.deliveries) audience.see(delivery);
    expect(audience.chain).toEqual(hashes(blocks));
  });

  it('goes on from what a store held', () => {
    const first = new ChainBench();
    const blocks = a.chain(15);
    first.add(...blocks.slice(0, 14));
    const bench = new ChainBench({ store: first.store });
    expect([bench.chain.count, bench.chain.root]).toEqual([14, hashes(blocks)[0]]);
    expect(bench.mainHashes).toEqual(hashes(blocks.slice(4, 14)));
    bench.add(...blocks.slice(14));
    expect(bench.store.hashes).toEqual(hashes(blocks));
  });

  it('delivers nothing of a block beside the main chain', () => {
    const bench = new ChainBench();
    bench.add(root, b.block(root));
    bench.deliveries.length = 0;
    const before = bench.store.hashes;
    bench.add(c.block(root));
    expect(bench.deliveries).toEqual([]);
    expect(bench.store.hashes).toEqual(before);
  });

  it('stores which items were not verified, and gives them back as it got them', () => {
    const bench = new ChainBench();
    const block = a.block(undefined, [a.key], [a.item(), a.item(), a.item()]);
    bench.chain.add({ ...candidateOf(block), verified: [true, false, true] }, 1);
    bench.settle();
    expect(bench.store.blocks[0]?.unverified).toEqual([1]);
    expect(new ChainBench({ store: bench.store }).chain.tree.tip?.verified).toEqual([true, false, true]);
    expect(bench.deliveries).toContainEqual(
      expect.objectContaining({ kind: 'applied', block: expect.objectContaining({ verified: [true, false, true] }) }),
    );
  });
});

describe('a reorganisation', () => {
  it('is stored as one change and delivered as one revert before what is applied', () => {
    const bench = new ChainBench();
    const left = [c.block(root, [c.key])];
    for (let more = 0; more < 3; more++) left.push(c.block(left.at(-1), [c.key]));
    bench.add(root, ...left);
    const audience = new Audience();
    for (const delivery of bench.deliveries.splice(0)) audience.see(delivery);
    const better = b.block(root);
    bench.add(better);
    expect(bench.store.hashes).toEqual(hashes([root, better]));
    expect(
      bench.deliveries.map(({ kind }) => kind).filter((kind) => kind === 'reverted' || kind === 'applied'),
    ).toEqual(['reverted', 'applied']);
    for (const delivery of bench.deliveries) audience.see(delivery);
    expect(audience.chain).toEqual(hashes([root, better]));
  });

  it('gives the items that only the left branch held back to the pool, in their old order and in front', () => {
    const bench = new ChainBench({ self: c });
    const [one, two, three, both, later] = ['1', '2', '3', 'both', 'later'].map((text) => c.item(text));
    if (!one || !two || !three || !both || !later) throw new Error('five items');
    const first = c.block(root, [c.key], [one, both]);
    bench.add(root, first, c.block(first, [c.key], [two, three]));
    bench.chain.share(poolItem(later, 5, true));
    bench.add(b.block(root, [b.key], [both]));
    expect(bench.poolIds).toEqual([one, two, three, later].map(idHex));
    expect([...bench.store.pendingIds].sort()).toEqual([one, two, three, later].map(idHex).sort());
    expect(bench.chain.pool.dueToShareAgain(1).map(({ id }) => itemIdHex(id))).toEqual([one, two, three].map(idHex));
    expect(bench.chain.heldRecently(idHex(one))).toBe(false);
    expect(bench.chain.heldRecently(idHex(both))).toBe(true);
  });

  it('does not give back what nobody signed', () => {
    const bench = new ChainBench();
    const [good, bad] = [c.item('good'), c.item('bad')];
    bench.add(root);
    bench.chain.add({ ...candidateOf(c.block(root, [c.key], [good, bad])), verified: [true, false] }, 1);
    bench.add(b.block(root));
    expect(bench.poolIds).toEqual([idHex(good)]);
  });

  it('does not give back twice what stood twice on the left branch', () => {
    const bench = new ChainBench();
    const twice = c.item('twice');
    bench.add(root, c.block(root, [c.key], [twice, c.item(), twice]));
    bench.add(b.block(root));
    const audience = new Audience();
    for (const delivery of bench.deliveries) audience.see(delivery);
    expect(audience.pending).toEqual(bench.poolIds);
    expect(bench.poolIds.filter((id) => id === idHex(twice))).toHaveLength(1);
  });

  it('does not give back what stands on the chain below the fork too', () => {
    const bench = new ChainBench();
    const repeated = c.item('repeated');
    const first = a.block(undefined, [a.key, b.key, c.key], [repeated]);
    bench.add(first, c.block(first, [c.key], [repeated]));
    bench.add(b.block(first));
    expect(bench.poolIds).toEqual([]);
    expect(bench.chain.heldRecently(idHex(repeated))).toBe(true);
  });
});

describe('pending items', () => {
  it('of ours are stored and delivered once', () => {
    const bench = new ChainBench();
    const item = poolItem(a.item(), 1, true);
    bench.chain.share(item);
    bench.chain.share(item);
    bench.settle();
    expect(bench.store.pending.map(({ bytes }) => bytes)).toEqual([encodeData(item.data)]);
    expect(bench.deliveries).toEqual([{ kind: 'pendingAdded', item: { id: item.id, data: item.data } }]);
  });

  it('of others are delivered, not stored', () => {
    const bench = new ChainBench();
    const item = poolItem(b.item());
    expect([bench.chain.accept(item), bench.chain.accept(item)]).toEqual([true, false]);
    bench.settle();
    expect(bench.store.pending).toEqual([]);
    expect(bench.deliveries).toHaveLength(1);
  });

  it('leave with the block that contains exactly them', () => {
    const bench = new ChainBench();
    const [taken, stays] = [poolItem(a.item('x'), 1, true), poolItem(a.item('x'), 1, true)];
    for (const item of [taken, stays]) bench.chain.share(item);
    bench.add(a.block(undefined, [a.key], [taken.data]));
    expect(bench.poolIds).toEqual([itemIdHex(stays.id)]);
    expect(bench.store.pendingIds).toEqual([itemIdHex(stays.id)]);
    const kinds = bench.deliveries.map(({ kind }) => kind);
    expect(kinds.indexOf('pendingRemoved')).toBeLessThan(kinds.indexOf('applied'));
  });

  it('can be dropped', () => {
    const bench = new ChainBench();
    const item = poolItem(a.item(), 1, true);
    bench.chain.share(item);
    bench.chain.dropPending(itemIdHex(item.id));
    bench.chain.dropPending(itemIdHex(item.id));
    bench.settle();
    expect([bench.poolIds, bench.store.pendingIds]).toEqual([[], []]);
    expect(bench.deliveries.map(({ kind }) => kind)).toEqual(['pendingAdded', 'pendingRemoved']);
  });
});

describe('a block of our own', () => {
  it('moves the chain at once, and is shown only when it is on the disk', () => {
    const bench = new ChainBench({ self: a });
    const parent = b.block(undefined, [a.key]);
    bench.add(parent);
    const own = a.block(parent);
    let stored = 0;
    bench.chain.addSigned(candidateOf(own), 1, () => stored++);
    expect([bench.chain.count, bench.chain.isSigning, stored]).toEqual([2, true, 0]);
    expect(bench.chain.shown?.id).toBe(hashHex(parent.hash));
    bench.settle();
    expect([bench.chain.isSigning, stored]).toEqual([false, 1]);
    expect(bench.chain.shown?.id).toBe(hashHex(own.hash));
    expect(bench.store.signed.map(({ hash }) => hashHex(hash))).toEqual(hashes([own]));
    expect(bench.store.hashes).toEqual(hashes([parent, own]));
  });

  it('that is the first one is shown to nobody before it is on the disk', () => {
    const bench = new ChainBench({ self: a });
    const own = a.block(undefined);
    bench.chain.addSigned(candidateOf(own), 1, () => undefined);
    expect([bench.chain.count, bench.chain.shown, bench.chain.shownRoot]).toEqual([1, undefined, undefined]);
    bench.settle();
    expect([bench.chain.shown?.height, bench.chain.shownRoot]).toEqual([0, own.hash]);
  });

  it('leaves the root to be seen, and the parents of all blocks that are held to be asked for', () => {
    const blocks = b.chain(12);
    const bench = new ChainBench({ self: a });
    bench.add(...blocks);
    bench.chain.addSigned(candidateOf(a.block(blocks.at(-1))), 1, () => undefined);
    const parents = [0, 1, 2, 3, 11].map((place) => bench.chain.parentOf((blocks[place] as Block).hash));
    expect(bench.chain.shownRoot).toEqual(blocks[0]?.hash);
    expect(parents).toEqual([undefined, blocks[0]?.hash, blocks[1]?.hash, blocks[2]?.hash, blocks[10]?.hash]);
    expect(bench.chain.parentOf(c.block(undefined).hash)).toBeUndefined();
  });
});

describe('whether a block holds an item', () => {
  const [item, other] = [a.item('held'), a.item('other')];
  const held = a.block(undefined, [a.key], [item]);
  const lacks = ({ chain }: ChainBench) => [item, other].map((data) => chain.surelyLacks(idHex(data)));

  it('is known without asking the store while all blocks came by here', () => {
    const bench = new ChainBench();
    expect(lacks(bench)).toEqual([true, true]);
    bench.add(held, ...a.chain(20, held));
    expect(lacks(bench)).toEqual([false, true]);
    expect(lacks(new ChainBench({ store: storeOf(held) }))).toEqual([false, true]);
  });

  it('is not known of those that were stored before and are not held in memory', () => {
    expect(lacks(new ChainBench({ store: storeOf(held, ...a.chain(20, held)) }))).toEqual([false, false]);
  });

  it('is known again of items whose block was left', () => {
    const bench = new ChainBench();
    const [better, worse] = [b.block(root), c.block(root, [c.key], [item])];
    bench.add(root, worse);
    expect(lacks(bench)).toEqual([false, true]);
    bench.add(better);
    expect(lacks(bench)).toEqual([true, true]);
  });

  it('is not known any more when there are more items than are remembered', () => {
    const bench = new ChainBench();
    const seeded = new Seeded(4);
    const many = Array.from({ length: 65_537 }, () => itemIdFrom(seeded.bytes(32)));
    bench.chain.add({ ...candidateOf(held), ids: many.slice(0, 65_536) }, 1);
    expect(lacks(bench)).toEqual([true, true]);
    bench.chain.add({ ...candidateOf(a.block(held)), ids: many.slice(65_536) }, 2);
    expect(lacks(bench)).toEqual([false, false]);
  });

  function storeOf(...blocks: readonly Block[]): SlowStore {
    const before = new ChainBench();
    before.add(...blocks);
    return before.store;
  }
});

describe('the chain of another root', () => {
  it('takes the place of ours in one change, and ours gives its items back', () => {
    const bench = new ChainBench({ self: a });
    const ours = a.chain(3);
    const shared = a.item('on both');
    const last = a.block(ours.at(-1), [a.key], [shared]);
    bench.add(...ours, last);
    const audience = new Audience();
    for (const delivery of bench.deliveries.splice(0)) audience.see(delivery);
    const theirs = [b.block(undefined, [b.key], [shared]), ...[]];
    for (let more = 0; more < 14; more++) theirs.push(b.block(theirs.at(-1)));
    const left = [...bench.chain.tree.main];
    bench.chain.replace(theirs.map(candidateOf), left, 9);
    bench.settle();
    for (const delivery of bench.deliveries) audience.see(delivery);
    expect(audience.chain).toEqual(hashes(theirs));
    expect(bench.store.hashes).toEqual(hashes(theirs));
    expect([bench.chain.count, bench.chain.root]).toEqual([15, hashes(theirs)[0]]);
    expect(bench.poolIds).toEqual(ours.flatMap(({ data }) => data.map(idHex)));
    bench.add(b.block(theirs.at(-1)));
    expect(bench.store.blocks).toHaveLength(16);
  });
});

describe('whatever blocks come, in whatever order', () => {
  it('the store, an application and the pool agree with the main chain', () => {
    const seeded = new Seeded(4);
    const people = [a, b, c];
    for (let round = 0; round < 100; round++) {
      const self = seeded.pick(people);
      const bench = new ChainBench({ self, store: new SlowStore() });
      const audience = new Audience();
      const blocks: Block[] = [
        a.block(
          undefined,
          people.map(({ key }) => key),
        ),
      ];
      const shared = Array.from({ length: 8 }, () => seeded.pick(people).item());
      for (let step = 0; step < 40; step++) {
        const parent = seeded.chance(0.6) ? bench.chain.tree.tip?.block : seeded.pick(blocks);
        const choices = seeded.shuffled(people).map(({ key }) => key);
        const data = [seeded.pick(shared), seeded.pick(people).item()];
        const block = step === 0 ? (blocks[0] as Block) : seeded.pick(people).block(parent ?? blocks[0], choices, data);
        if (step > 0) blocks.push(block);
        if (seeded.chance(0.3)) {
          const item = seeded.pick(shared);
          const onMain = bench.store.answer({ kind: 'containsItems', ids: [itemIdOf(item)] });
          const held = onMain.kind === 'containsItems' && onMain.contained[0] === true;
          const mine = item.author === self.key;
          if (!held && mine) bench.chain.share(poolItem(item, step, true));
          else if (!held) bench.chain.accept(poolItem(item, step));
        }
        bench.add(block);
        for (const delivery of bench.deliveries.splice(0)) audience.see(delivery);
        expect(bench.store.hashes).toEqual(audience.chain);
        expect(bench.store.hashes.slice(-bench.mainHashes.length)).toEqual(bench.mainHashes);
        expect(bench.poolIds.sort()).toEqual([...audience.pending].sort());
      }
      const held = new Set(bench.store.blocks.flatMap(({ items }) => items.map(itemIdHex)));
      expect(bench.poolIds.filter((id) => held.has(id))).toEqual([]);
    }
  });
});
