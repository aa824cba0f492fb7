import { describe, expect, it } from 'vitest';
import type { Block } from '../../../../core/chain/block.ts';
import type { Data } from '../../../../core/chain/data.ts';
import { itemIdOf } from '../../../../core/chain/data.ts';
import { itemIdHex, type Signature } from '../../../../core/crypto/keys.ts';
import type { RequestId } from '../../../../core/events.ts';
import { type Accepted, Gossip } from '../../../../core/network/gossip.ts';
import { Author, poolItem } from '../../../model/author.ts';
import { ChainBench } from '../../../model/chain-bench.ts';
import { fakeVerify } from '../../../model/fake-curve.ts';
import { Seeded } from '../../../model/seeded.ts';

const a = new Author(2);

interface Questions {
  readonly verify: RequestId;
  readonly load: RequestId;
  readonly holds: boolean;
  readonly contained: boolean;
}

/** More blocks than are held in memory: of the older ones only the store knows the items. */
function reopenedChain(): ChainBench {
  const before = new ChainBench();
  before.add(...a.chain(12));
  return new ChainBench({ store: before.store });
}

class Bench {
  readonly chain = reopenedChain();
  readonly gossip = new Gossip(this.chain.chain, new Seeded(6).random, this.chain.effects);

  get tip(): Block {
    const { tip } = this.chain.chain.tree;
    if (tip === undefined) throw new Error('the chain has blocks');
    return tip.block;
  }

  /** @returns what was asked about the item; undefined when nothing was */
  offer(data: Data, link: number | undefined = 1): Questions | undefined {
    this.gossip.offer(data, link);
    const effects = this.chain.effects.take();
    if (effects.length === 0) return undefined;
    const [verify, load] = effects;
    if (verify?.kind !== 'verify' || load?.kind !== 'load') throw new Error('both are asked');
    const loaded = this.chain.store.answer(load.query);
    return {
      verify: verify.request,
      load: load.request,
      holds: fakeVerify(verify.checks)[0] === true,
      contained: loaded.kind === 'containsItems' && loaded.contained[0] === true,
    };
  }

  answer(asked: Questions | undefined, storeFirst = false): Accepted | undefined {
    if (asked === undefined) throw new Error('nothing was asked');
    const verified = () => this.gossip.verified(asked.verify, asked.holds);
    const looked = () => this.gossip.looked(asked.load, asked.contained);
    const answers = storeFirst ? [looked(), verified()] : [verified(), looked()];
    expect(answers[0]).toBeUndefined();
    return answers[1];
  }
}

const forged = (data: Data): Data => ({ ...data, sign: new Uint8Array(64) as Signature });

describe('shared data', () => {
  it.each([false, true])('is given on when both answers are good, in either order (store first: %s)', (storeFirst) => {
    const bench = new Bench();
    const data = a.item();
    const asked = bench.offer(data, 7);
    expect(asked && bench.gossip.asked(asked.verify) && bench.gossip.asked(asked.load)).toBe(true);
    const holders = new Set([7]);
    expect(bench.answer(asked, storeFirst)).toEqual({ id: itemIdOf(data), data, link: 7, holders });
    expect(asked && (bench.gossip.asked(asked.verify) || bench.gossip.asked(asked.load))).toBe(false);
  });

  it.each([false, true])('is dropped when its signature does not hold (store first: %s)', (storeFirst) => {
    const bench = new Bench();
    expect(bench.answer(bench.offer(forged(a.item())), storeFirst)).toBeUndefined();
  });

  it.each([false, true])('is dropped when it stands on the chain already (store first: %s)', (storeFirst) => {
    const bench = new Bench();
    const old = a.item('old');
    const store = new ChainBench();
    store.add(a.block(undefined, [a.key], [old]));
    const asked = bench.offer(old);
    expect(bench.answer(asked && { ...asked, contained: true }, storeFirst)).toBeUndefined();
  });

  it('is shown as soon as its signature held, and taken back when it stands on the chain', () => {
    const bench = new Bench();
    const data = a.item();
    const asked = bench.offer(data);
    if (asked === undefined) throw new Error('it is asked about');
    bench.gossip.verified(asked.verify, true);
    const item = { id: itemIdOf(data), data };
    const shown = { kind: 'deliver', delivery: { kind: 'pendingAdded', item } };
    expect(bench.chain.effects.take()).toEqual([shown]);
    bench.gossip.looked(asked.load, true);
    const removed = { kind: 'deliver', delivery: { kind: 'pendingRemoved', id: item.id } };
    expect(bench.chain.effects.take()).toEqual([removed]);
  });

  it('is never shown when its signature does not hold', () => {
    const bench = new Bench();
    bench.answer(bench.offer(forged(a.item())), true);
    expect(bench.chain.effects.take()).toEqual([]);
  });

  it('is asked only for its signature while all items of the chain are remembered', () => {
    const chain = new ChainBench();
    const gossip = new Gossip(chain.chain, new Seeded(6).random, chain.effects);
    const data = a.item();
    gossip.offer(data, 7);
    const [verify, ...more] = chain.effects.take();
    if (verify?.kind !== 'verify') throw new Error('its signature is asked for');
    expect(more).toEqual([]);
    gossip.offer(data, 9);
    expect(gossip.verified(verify.request, true)).toMatchObject({ data, holders: new Set([7, 9]) });
    chain.chain.accept(poolItem(data));
    const old = a.item('old');
    chain.add(a.block(undefined, [a.key], [data, old]));
    chain.effects.take();
    gossip.offer(data, 9);
    gossip.offer(old, 9);
    expect(chain.effects.take()).toEqual([]);
  });

  it('names everybody who has sent it while it was asked about', () => {
    const bench = new Bench();
    const data = a.item();
    const asked = bench.offer(data, 7);
    for (const link of [8, 9, 7]) bench.offer(data, link);
    expect(bench.answer(asked)).toMatchObject({ link: 7, holders: new Set([7, 8, 9]) });
  });

  it('is not asked about when a recent block holds it, or it is pending, or it is asked about', () => {
    const bench = new Bench();
    const [held, pending, asked] = [a.item('held'), a.item('pending'), a.item('asked')];
    bench.chain.add(a.block(bench.tip, [a.key], [held]));
    bench.chain.chain.accept(poolItem(pending));
    bench.chain.settle();
    expect(bench.offer(held)).toBeUndefined();
    expect(bench.offer(pending)).toBeUndefined();
    expect(bench.offer(asked)).toBeDefined();
    expect(bench.offer(asked, 2)).toBeUndefined();
  });

  it('is dropped when a block takes it while the questions are open', () => {
    const bench = new Bench();
    const data = a.item();
    const asked = bench.offer(data);
    bench.chain.add(a.block(bench.tip, [a.key], [data]));
    expect(bench.answer(asked)).toBeUndefined();
  });

  it('can come again after it was dropped, and late answers of the first time change nothing', () => {
    const bench = new Bench();
    const bad = forged(a.item());
    const first = bench.offer(bad);
    if (first === undefined) throw new Error('it is asked about');
    expect(bench.gossip.verified(first.verify, false)).toBeUndefined();
    const second = bench.offer(bad);
    expect(second).toBeDefined();
    expect(bench.gossip.looked(first.load, false)).toBeUndefined();
    expect(bench.answer(second)).toBeUndefined();
    expect(bench.gossip.asked(first.load)).toBe(false);
  });

  it('of an earlier identity comes from no link', () => {
    const bench = new Bench();
    const data = a.item();
    bench.gossip.offer(data, undefined);
    expect(bench.chain.effects.take()).toHaveLength(2);
  });

  it('that nobody asked about is not known', () => {
    const bench = new Bench();
    expect(bench.gossip.asked(99)).toBe(false);
    expect(bench.gossip.verified(99, true)).toBeUndefined();
  });
});

describe('what an application is shown', () => {
  const shown = (bench: Bench) => {
    bench.chain.settle();
    return bench.chain.deliveries.splice(0).map((delivery) => delivery.kind);
  };

  it('is an item whose signature holds, before the store has answered', () => {
    const bench = new Bench();
    const asked = bench.offer(a.item());
    if (asked === undefined) throw new Error('it is asked about');
    bench.gossip.verified(asked.verify, true);
    expect(shown(bench)).toEqual(['pendingAdded']);
    expect(bench.gossip.looked(asked.load, false)).toBeDefined();
    expect(shown(bench)).toEqual([]);
  });

  it('is nothing before that, and nothing of an item that nobody signed', () => {
    const bench = new Bench();
    const [one, two] = [bench.offer(a.item()), bench.offer(forged(a.item()))];
    if (one === undefined || two === undefined) throw new Error('both are asked about');
    bench.gossip.looked(one.load, false);
    bench.gossip.looked(two.load, false);
    bench.gossip.verified(two.verify, false);
    expect(shown(bench)).toEqual([]);
  });

  it('is taken back when the item stands on the chain already', () => {
    const bench = new Bench();
    const asked = bench.offer(a.item());
    if (asked === undefined) throw new Error('it is asked about');
    bench.gossip.verified(asked.verify, true);
    bench.gossip.looked(asked.load, true);
    expect(shown(bench)).toEqual(['pendingAdded', 'pendingRemoved']);
  });

  it('is not taken back when the item has come to be pending by another way', () => {
    const bench = new Bench();
    const data = a.item();
    const asked = bench.offer(data);
    if (asked === undefined) throw new Error('it is asked about');
    bench.gossip.verified(asked.verify, true);
    bench.chain.chain.accept(poolItem(data));
    bench.gossip.looked(asked.load, true);
    expect(shown(bench)).not.toContain('pendingRemoved');
  });

  it('is taken back when there is no room for it', () => {
    const bench = new Bench();
    const asked = bench.offer(a.item());
    const item = bench.answer(asked);
    if (item === undefined) throw new Error('it is given on');
    bench.gossip.hide(item);
    expect(shown(bench)).toEqual(['pendingAdded', 'pendingRemoved']);
  });
});

describe('the limits of what is asked about', () => {
  it('hold for bytes, and give way when answers come', () => {
    const bench = new Bench();
    const large = () => {
      const data = new Uint8Array(20 << 20);
      return { data, author: a.key, sign: new Seeded(1).bytes(64) as Signature };
    };
    const items = Array.from({ length: 4 }, large);
    items.forEach((item, place) => {
      item.data[0] = place;
    });
    const asked = items.map((item) => bench.offer(item));
    expect(asked.map((questions) => questions !== undefined)).toEqual([true, true, true, false]);
    bench.answer(asked[0]);
    expect(bench.offer(items[3] as Data)).toBeDefined();
  });

  it('hold for items', () => {
    const bench = new Bench();
    const seeded = new Seeded(3);
    let asked = 0;
    for (let count = 0; count < 16_500; count++) {
      const data = { data: seeded.bytes(4), author: a.key, sign: new Uint8Array(64) as Signature };
      if (bench.offer(data) !== undefined) asked++;
    }
    expect(asked).toBe(16_384);
  });

  it('come to nothing when every answer has come', () => {
    const bench = new Bench();
    const seeded = new Seeded(4);
    for (let round = 0; round < 3; round++) {
      const asked: Questions[] = [];
      for (let count = 0; count < 10_000; count++) {
        const data = { data: seeded.bytes(8), author: a.key, sign: new Uint8Array(64) as Signature };
        const questions = bench.offer(data);
        if (questions !== undefined) asked.push(questions);
      }
      expect(asked).toHaveLength(10_000);
      for (const questions of asked) bench.answer(questions, seeded.chance(0.5));
    }
  });
});

describe('an item that is given on', () => {
  it('is the one that was offered, for its id is of all its bytes', () => {
    const bench = new Bench();
    const [one, two] = [a.item('same'), a.item('same')];
    const [first, second] = [bench.offer(one), bench.offer(two)];
    expect(bench.answer(second)?.data).toBe(two);
    expect(itemIdHex(bench.answer(first)?.id ?? itemIdOf(two))).toBe(itemIdHex(itemIdOf(one)));
  });
});

describe('an item of its author’s own link', () => {
  const accepted = (bench: Bench, data: Data) => {
    const item = bench.answer(bench.offer(data, 7));
    if (item === undefined) throw new Error('it is given on');
    bench.chain.chain.accept(poolItem(data));
    return item;
  };

  it('rests for 10 to 30 ms, and is then passed on to who has not sent it meanwhile', () => {
    const bench = new Bench();
    const data = a.item();
    expect(bench.gossip.rest(accepted(bench, data), 1_000)).toBe(true);
    const { deadline } = bench.gossip;
    if (deadline === undefined) throw new Error('it is due some time');
    expect(deadline).toBeGreaterThanOrEqual(1_010);
    expect(deadline).toBeLessThan(1_030);
    bench.chain.effects.take();
    expect(bench.offer(data, 8)).toBeUndefined();
    expect(bench.gossip.due(deadline - 1)).toEqual([]);
    expect(bench.gossip.due(deadline)).toMatchObject([{ data, holders: new Set([7, 8]) }]);
    expect([bench.gossip.due(deadline), bench.gossip.deadline]).toEqual([[], undefined]);
  });

  it('is not passed on when a block has taken it', () => {
    const bench = new Bench();
    const data = a.item();
    bench.gossip.rest(accepted(bench, data), 1_000);
    bench.chain.add(a.block(bench.tip, [a.key], [data]));
    expect(bench.gossip.due(2_000)).toEqual([]);
  });

  it('rests with at most 1,023 others; the next is passed on at once', () => {
    const bench = new Bench();
    const seeded = new Seeded(9);
    const rests = Array.from({ length: 1_025 }, () => {
      const data = { data: seeded.bytes(8), author: a.key, sign: new Uint8Array(64) as Signature };
      return bench.gossip.rest({ id: itemIdOf(data), data, link: 1, holders: new Set([1]) }, 1_000);
    });
    expect(rests.filter(Boolean)).toHaveLength(1_024);
    expect(rests.at(-1)).toBe(false);
  });
});
