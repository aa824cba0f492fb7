import { describe, expect, it } from 'vitest';
import { acceptedBlockBytes, encodeBlock, writtenBlockBytes } from '../../../../core/chain/block.ts';
import { encodedDataBytes } from '../../../../core/chain/data.ts';
import { Pool, type PoolItem } from '../../../../core/chain/pool.ts';
import { itemIdHex, type Signature } from '../../../../core/crypto/keys.ts';
import { Author, poolItem } from '../../../model/author.ts';
import { Seeded } from '../../../model/seeded.ts';
import { SlowPool } from '../../../model/slow-pool.ts';

const a = new Author(1);
const { random } = new Seeded(1);
const idOf = ({ id }: PoolItem) => itemIdHex(id);
const idsOf = (pool: Pool) => [...pool.items()].map(idOf);
const items = (count: number, arrivedAt = 0, mine = false) =>
  Array.from({ length: count }, () => poolItem(a.item(), arrivedAt, mine));

/** Cheap to make: nobody looks at the signature. */
function large(bytes: number, mine = false): PoolItem {
  const data = { data: new Uint8Array(bytes), author: a.key, sign: random(64) as Signature };
  return poolItem(data, 0, mine);
}

describe('a pool', () => {
  it('keeps items in the order in which they came, each once', () => {
    const pool = new Pool();
    const [one, two, three] = items(3) as [PoolItem, PoolItem, PoolItem];
    expect([one, two, one, three].map((item) => pool.add(item))).toEqual([true, true, false, true]);
    expect(idsOf(pool)).toEqual([one, two, three].map(idOf));
    expect(pool.size).toBe(3);
    expect(pool.has(idOf(two))).toBe(true);
    expect([pool.item(idOf(two)), pool.item(idOf(items(1)[0] as PoolItem))]).toEqual([two, undefined]);
    expect(pool.remove(idOf(two))).toBe(two);
    expect(pool.item(idOf(two))).toBeUndefined();
    expect(pool.remove(idOf(two))).toBeUndefined();
    expect(pool.has(idOf(two))).toBe(false);
    expect(idsOf(pool)).toEqual([one, three].map(idOf));
  });

  it('tells the same bytes of two signatures apart', () => {
    const pool = new Pool();
    expect(pool.add(poolItem(a.item('same')))).toBe(true);
    expect(pool.add(poolItem(a.item('same')))).toBe(true);
  });

  it('does what the slow one does, whatever comes', () => {
    const seeded = new Seeded(3);
    for (let round = 0; round < 100; round++) {
      const [pool, slow, some] = [new Pool(), new SlowPool(), items(12)];
      for (let step = 0; step < 40; step++) {
        const item = seeded.pick(some);
        if (seeded.chance(0.45)) expect(pool.add(item)).toBe(slow.add(item));
        else if (seeded.chance(0.6)) expect(pool.remove(idOf(item)) !== undefined).toBe(slow.remove(idOf(item)));
        else {
          const back = Array.from({ length: seeded.below(5) }, () => seeded.pick(some));
          expect(pool.giveBack(back, step, seeded.random).map(idOf)).toEqual(slow.giveBack(back));
        }
        expect(idsOf(pool)).toEqual(slow.ids);
      }
    }
  });

  it('says since when something waits', () => {
    const pool = new Pool();
    expect(pool.pendingSince).toBeUndefined();
    const [early, late] = [poolItem(a.item(), 10), poolItem(a.item(), 20)];
    pool.add(early);
    pool.add(late);
    expect(pool.pendingSince).toBe(10);
    pool.remove(idOf(early));
    expect(pool.pendingSince).toBe(20);
    pool.remove(idOf(late));
    expect(pool.pendingSince).toBeUndefined();
  });

  it('still says so when what has just come back stands in front', () => {
    const pool = new Pool();
    pool.add(poolItem(a.item(), 10));
    pool.giveBack(items(2, 500), 500, random);
    expect(pool.pendingSince).toBe(10);
  });
});

describe('the limits of a pool', () => {
  it('hold for items of others, never for our own', () => {
    const pool = new Pool();
    const mebibyte = 1024 * 1024;
    for (let count = 0; count < 63; count++) expect(pool.add(large(mebibyte))).toBe(true);
    expect(pool.add(large(mebibyte))).toBe(false);
    expect(pool.add(large(mebibyte / 2))).toBe(true);
    expect(pool.add(large(mebibyte, true))).toBe(true);
    expect(pool.add(large(mebibyte / 2))).toBe(false);
  });

  it('make room again when items leave', () => {
    const pool = new Pool();
    const [one, two, three] = [large(30 << 20), large(30 << 20), large(30 << 20)];
    expect([one, two, three].map((item) => pool.add(item))).toEqual([true, true, false]);
    pool.remove(idOf(one));
    expect(pool.add(three)).toBe(true);
  });

  it('keep what waits here when the items of a left branch come back to a full pool', () => {
    const pool = new Pool();
    const [waiting, back, own] = [large(60 << 20), large(10 << 20), large(10 << 20, true)];
    pool.add(waiting);
    expect(pool.giveBack([back, own], 0, random).map(idOf)).toEqual([idOf(own)]);
    expect(idsOf(pool)).toEqual([own, waiting].map(idOf));
    expect(pool.deadline).toBe(0);
  });

  it('refuse an item that fits into no block at all', () => {
    const pool = new Pool();
    const most = acceptedBlockBytes - encodedDataBytes(large(0).data);
    expect(pool.add(large(most))).toBe(false);
    const largest = large(most - 512);
    expect(pool.add(largest)).toBe(true);
    const block = a.block(
      a.block(undefined),
      [a.key, a.key, a.key],
      pool.forBlock().map(({ data }) => data),
    );
    expect(encodeBlock(block).length).toBeLessThanOrEqual(acceptedBlockBytes);
  });
});

describe('items of a left branch', () => {
  it('are shared again: our own at once, others after 2 to 8 s, each once', () => {
    const pool = new Pool();
    const [mine, others] = [items(2, 0, true), items(50)];
    pool.giveBack([...mine, ...others], 1_000, random);
    expect(pool.deadline).toBe(1_000);
    expect(pool.dueToShareAgain(1_000).map(idOf)).toEqual(mine.map(idOf));
    expect(pool.dueToShareAgain(2_999)).toEqual([]);
    const first = pool.deadline ?? 0;
    expect(first).toBeGreaterThanOrEqual(3_000);
    expect(first).toBeLessThan(5_000);
    const due: PoolItem[] = [];
    let last = 0;
    for (let at = pool.deadline; at !== undefined; at = pool.deadline) {
      last = at;
      due.push(...pool.dueToShareAgain(at));
      expect(pool.deadline ?? Number.POSITIVE_INFINITY).toBeGreaterThan(at);
    }
    expect(last).toBeLessThan(9_000);
    expect(due.map(idOf).sort()).toEqual(others.map(idOf).sort());
  });

  it('are not shared again when a block has taken them meanwhile', () => {
    const pool = new Pool();
    const [item] = items(1) as [PoolItem];
    pool.giveBack([item], 0, random);
    pool.remove(idOf(item));
    expect(pool.deadline).toBeUndefined();
    expect(pool.dueToShareAgain(100_000)).toEqual([]);
  });

  it('stay where they are when they wait here already', () => {
    const pool = new Pool();
    const [one, two] = items(2) as [PoolItem, PoolItem];
    pool.add(one);
    pool.add(two);
    expect(pool.giveBack([two], 0, random)).toEqual([]);
    expect(idsOf(pool)).toEqual([one, two].map(idOf));
    expect(pool.deadline).toBeUndefined();
  });
});

describe('what is taken for a block', () => {
  it('is the oldest items, as many as a block of ours may hold', () => {
    const pool = new Pool();
    const all = Array.from({ length: 40 }, () => large(50_000));
    for (const item of all) pool.add(item);
    const chosen = pool.forBlock();
    expect(chosen).toEqual(all.slice(0, chosen.length));
    const data = (count: number) => all.slice(0, count).map((item) => item.data);
    const bytes = (count: number) =>
      encodeBlock(a.block(a.block(undefined), [a.key, a.key, a.key], data(count))).length;
    expect(bytes(chosen.length)).toBeLessThanOrEqual(writtenBlockBytes);
    expect(bytes(chosen.length + 1)).toBeGreaterThan(writtenBlockBytes);
    expect(pool.size).toBe(40);
  });

  it('is a large item alone, once those before it are gone', () => {
    const pool = new Pool();
    const [small, huge, after] = [large(10), large(3 << 20), large(10)];
    for (const item of [small, huge, after]) pool.add(item);
    expect(pool.forBlock()).toEqual([small]);
    pool.remove(idOf(small));
    expect(pool.forBlock()).toEqual([huge]);
    pool.remove(idOf(huge));
    expect(pool.forBlock()).toEqual([after]);
    pool.remove(idOf(after));
    expect(pool.forBlock()).toEqual([]);
  });
});
