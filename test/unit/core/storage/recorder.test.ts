import { describe, expect, it } from 'vitest';
import { hashHex, type ItemId, itemIdHex } from '../../../../core/crypto/keys.ts';
import { mostNoteBytes, type PendingItem, type SideBlock, type StoredBlock } from '../../../../core/storage/store.ts';
import { besideMain, ChainMaker } from '../../../contract/material.ts';
import { Bench } from '../../../model/recorder-bench.ts';
import { Seeded } from '../../../model/seeded.ts';

const noToken = () => undefined;
const hashes = (blocks: readonly StoredBlock[]) => blocks.map(({ hash }) => hashHex(hash));

describe('a recorder', () => {
  it('tells when what was recorded during an event is on the disk, also behind a second signed block', () => {
    const [first, second, third] = new ChainMaker(1).chain(3) as [StoredBlock, StoredBlock, StoredBlock];
    const bench = new Bench();
    const told: string[] = [];
    bench.recorder.chainMoved(undefined, [first]);
    bench.recorder.afterwards(() => told.push('first'));
    bench.flush();
    const { hash, bytes } = second;
    bench.recorder.signed({ parent: first.hash, hash, bytes }, undefined, [second], noToken);
    bench.recorder.signed({ parent: second.hash, hash: third.hash, bytes }, undefined, [third], noToken);
    bench.recorder.afterwards(() => told.push('third'));
    bench.flush();
    expect(told).toEqual([]);
    bench.stored();
    expect(told).toEqual(['first']);
    bench.stored();
    expect(told).toEqual(['first']);
    bench.stored();
    expect(told).toEqual(['first', 'third']);
  });

  it('stores nothing when there is nothing to store', () => {
    const bench = new Bench();
    bench.flush();
    expect(bench.changes).toEqual([]);
  });

  it('has one change under way, and gathers what comes meanwhile into the next', () => {
    const bench = new Bench();
    const chain = new ChainMaker(1).chain(6);
    bench.recorder.chainMoved(undefined, chain.slice(0, 1));
    bench.flush();
    for (const block of chain.slice(1)) {
      bench.recorder.chainMoved(undefined, [block]);
      bench.flush();
    }
    expect(bench.changes.map(({ append }) => append.length)).toEqual([1]);
    bench.stored();
    expect(bench.changes.map(({ append }) => append.length)).toEqual([1, 5]);
    bench.finish();
    expect(bench.store.hashes).toEqual(hashes(chain));
  });

  it('does not know the result of another request, nor one that came before', () => {
    const bench = new Bench();
    expect(bench.recorder.stored(1)).toBe(false);
    bench.recorder.chainMoved(undefined, new ChainMaker(1).chain(1));
    bench.flush();
    expect(bench.recorder.stored(99)).toBe(false);
    bench.stored();
    expect(bench.recorder.stored(1)).toBe(false);
  });

  it('asks for durability only for what we signed', () => {
    const bench = new Bench();
    const [root, next] = new ChainMaker(1).chain(2) as [StoredBlock, StoredBlock];
    bench.recorder.chainMoved(undefined, [root]);
    bench.finish();
    bench.recorder.signed({ parent: root.hash, hash: next.hash, bytes: next.bytes }, undefined, [next], noToken);
    bench.finish();
    expect(bench.changes.map(({ durable, signed }) => [durable, signed?.hash])).toEqual([
      [false, undefined],
      [true, next.hash],
    ]);
  });

  it('cuts what a change under way appends, by the next one', () => {
    const bench = new Bench();
    const maker = new ChainMaker(1);
    const chain = maker.chain(5);
    const branch = maker.chain(2, chain[2]);
    bench.recorder.chainMoved(undefined, chain);
    bench.flush();
    bench.recorder.chainMoved(3, branch);
    bench.finish();
    expect(bench.changes[1]).toMatchObject({ cutTo: 3 });
    expect(bench.store.hashes).toEqual(hashes([...chain.slice(0, 3), ...branch]));
  });

  it('never stores a block that was left before it could be', () => {
    const bench = new Bench();
    const maker = new ChainMaker(1);
    const chain = maker.chain(4);
    bench.recorder.chainMoved(undefined, chain.slice(0, 2));
    bench.flush();
    bench.recorder.chainMoved(undefined, chain.slice(2));
    const branch = maker.chain(1, chain[2]);
    bench.recorder.chainMoved(3, branch);
    bench.finish();
    const appended = bench.changes.flatMap(({ append }) => hashes(append));
    expect(appended).not.toContain(hashHex((chain[3] as StoredBlock).hash));
    expect(bench.changes[1]?.cutTo).toBeUndefined();
    expect(bench.store.hashes).toEqual(hashes([...chain.slice(0, 3), ...branch]));
  });

  it('stores a long way in changes of 4 MiB at most, or of one block', () => {
    const bench = new Bench();
    const maker = new ChainMaker(1);
    const chain: StoredBlock[] = [];
    for (const size of [1, 3 << 20, 1 << 19, 1 << 19, 5 << 20, 1])
      chain.push(maker.block(chain.at(-1), [maker.data(size)]));
    bench.recorder.chainMoved(undefined, chain);
    bench.finish();
    for (const { append } of bench.changes) {
      const bytes = append.reduce((sum, block) => sum + block.bytes.length, 0);
      expect(append.length === 1 || bytes <= 4 << 20).toBe(true);
    }
    expect(bench.changes).toHaveLength(4);
    expect(bench.store.hashes).toEqual(hashes(chain));
  });

  it('does not hold up what is pending', () => {
    const bench = new Bench();
    const [one, two] = [new ChainMaker(1).pending(), new ChainMaker(2).pending()];
    bench.recorder.pendingAdded(one);
    bench.flush();
    bench.recorder.pendingAdded(two);
    bench.recorder.pendingRemoved(one.id);
    bench.finish();
    expect(bench.changes).toHaveLength(2);
    expect(bench.store.pendingIds).toEqual([itemIdHex(two.id)]);
  });

  it('stores nothing of an item that came and went in between but its absence', () => {
    const bench = new Bench();
    const item = new ChainMaker(1).pending();
    bench.recorder.pendingAdded(item);
    bench.recorder.pendingRemoved(item.id);
    bench.recorder.pendingAdded(item);
    bench.finish();
    expect(bench.store.pendingIds).toEqual([itemIdHex(item.id)]);
    bench.recorder.pendingRemoved(item.id);
    bench.recorder.pendingAdded(item);
    bench.recorder.pendingRemoved(item.id);
    bench.finish();
    expect(bench.store.pendingIds).toEqual([]);
  });
});

describe('blocks beside the main chain', () => {
  const sideHashes = ({ store }: Bench) => store.side.map(({ hash }) => hashHex(hash)).toSorted();

  it('go with the cut that takes them from it, in one change', () => {
    const bench = new Bench();
    const maker = new ChainMaker(1);
    const chain = maker.chain(3);
    const [root, left] = chain as [StoredBlock, StoredBlock];
    const branch = maker.chain(2, root);
    bench.recorder.chainMoved(undefined, chain.slice(0, 2));
    bench.flush();
    bench.recorder.sideAdded(besideMain(left, root));
    bench.recorder.chainMoved(1, branch);
    bench.recorder.sideRemoved((branch[0] as StoredBlock).hash);
    bench.finish();
    expect(bench.changes).toHaveLength(2);
    expect(bench.changes[1]).toMatchObject({ cutTo: 1, sideAdded: [{ hash: left.hash }] });
    expect(bench.changes[1]?.sideRemoved).toEqual([branch[0]?.hash]);
    expect(sideHashes(bench)).toEqual(hashes([left]));
  });

  it('stay until the whole of a long way to the main chain is stored', () => {
    const bench = new Bench();
    const maker = new ChainMaker(1);
    const [root] = maker.chain(1) as [StoredBlock];
    const branch: StoredBlock[] = [];
    for (let count = 0; count < 3; count++) branch.push(maker.block(branch.at(-1) ?? root, [maker.data(3 << 20)]));
    bench.recorder.chainMoved(undefined, [root]);
    for (const [place, block] of branch.entries())
      bench.recorder.sideAdded(besideMain(block, branch[place - 1] ?? root));
    bench.finish();
    expect(bench.changes.map(({ sideAdded }) => sideAdded.length)).toEqual([1, 1, 1]);
    bench.changes.length = 0;
    bench.recorder.chainMoved(undefined, branch);
    for (const { hash } of branch) bench.recorder.sideRemoved(hash);
    bench.finish();
    expect(bench.changes.map(({ sideRemoved }) => sideRemoved.length)).toEqual([0, 0, 3]);
    expect(sideHashes(bench)).toEqual([]);
  });

  it('that are too many for one change go ahead of the cut', () => {
    const bench = new Bench();
    const maker = new ChainMaker(1);
    const chain: StoredBlock[] = [];
    for (let count = 0; count < 4; count++) chain.push(maker.block(chain.at(-1), [maker.data(3 << 20)]));
    bench.recorder.chainMoved(undefined, chain);
    bench.finish();
    bench.changes.length = 0;
    for (const block of chain.slice(1)) bench.recorder.sideAdded(besideMain(block, chain[0] as StoredBlock));
    bench.recorder.chainMoved(1, maker.chain(1, chain[0]));
    bench.finish();
    expect(bench.changes.map(({ sideAdded, cutTo }) => [sideAdded.length, cutTo])).toEqual([
      [1, undefined],
      [1, undefined],
      [1, 1],
    ]);
    expect(sideHashes(bench)).toEqual(hashes(chain.slice(1)).toSorted());
  });

  it('are stored nowhere in between when they came and went, and are there when they came again', () => {
    const bench = new Bench();
    const maker = new ChainMaker(1);
    const [root] = maker.chain(1) as [StoredBlock];
    const [block] = maker.branch(1, root) as [SideBlock];
    bench.recorder.sideAdded(block);
    bench.recorder.sideRemoved(block.hash);
    bench.finish();
    expect(bench.changes.map(({ sideAdded }) => sideAdded)).toEqual([[]]);
    bench.recorder.sideRemoved(block.hash);
    bench.recorder.sideAdded(block);
    bench.finish();
    expect(bench.store.side).toEqual([block]);
  });
});

describe('notes', () => {
  it('are stored with their newest bytes, each name by itself', () => {
    const bench = new Bench();
    const note = (name: 'addresses' | 'votes', byte: number) => ({ name, bytes: Uint8Array.of(byte) });
    bench.recorder.note(note('votes', 1));
    bench.flush();
    for (const next of [note('votes', 2), note('addresses', 3), note('votes', 4)]) bench.recorder.note(next);
    bench.finish();
    expect(bench.changes.map(({ notes }) => notes.length)).toEqual([1, 2]);
    expect(bench.store.notes).toEqual(expect.arrayContaining([note('votes', 4), note('addresses', 3)]));
  });

  it('are small', () => {
    const { recorder } = new Bench();
    recorder.note({ name: 'votes', bytes: new Uint8Array(mostNoteBytes) });
    expect(() => recorder.note({ name: 'votes', bytes: new Uint8Array(mostNoteBytes + 1) })).toThrow(/invariant/);
  });
});

describe('a block we signed', () => {
  function signed(bench: Bench, block: StoredBlock, parent: StoredBlock | undefined, said: string[]): void {
    const entry = { parent: parent?.hash, hash: block.hash, bytes: block.bytes };
    bench.recorder.signed(entry, undefined, [block], () => {
      expect(bench.store.hashes).toContain(hashHex(block.hash));
      said.push(hashHex(block.hash));
    });
  }

  it('is spoken of only when it is stored', () => {
    const bench = new Bench();
    const said: string[] = [];
    const [root] = new ChainMaker(1).chain(1) as [StoredBlock];
    signed(bench, root, undefined, said);
    bench.flush();
    expect(said).toEqual([]);
    bench.stored();
    expect(said).toEqual(hashes([root]));
  });

  it('has a journal entry of its own, although another one is on its way', () => {
    const bench = new Bench();
    const said: string[] = [];
    const chain = new ChainMaker(1).chain(5);
    chain.forEach((block, height) => {
      if (height === 3) bench.recorder.chainMoved(undefined, [block]);
      else signed(bench, block, chain[height - 1], said);
      if (height === 0) bench.flush();
    });
    bench.finish();
    const own = chain.filter((_, height) => height !== 3);
    expect(bench.store.signed.map(({ hash }) => hashHex(hash))).toEqual(hashes(own));
    expect(said).toEqual(hashes(own));
    expect(bench.store.hashes).toEqual(hashes(chain));
  });

  it('is spoken of when all of a long way to it is stored', () => {
    const bench = new Bench();
    const said: string[] = [];
    const maker = new ChainMaker(1);
    const chain: StoredBlock[] = [];
    for (let count = 0; count < 3; count++) chain.push(maker.block(chain.at(-1), [maker.data(3 << 20)]));
    bench.recorder.chainMoved(undefined, chain);
    signed(bench, maker.block(chain.at(-1)), chain.at(-1), said);
    bench.flush();
    bench.stored();
    bench.stored();
    expect(said).toEqual([]);
    bench.finish();
    expect(said).toHaveLength(1);
  });

  it('keeps the items it took pending until it is stored itself', () => {
    const bench = new Bench();
    const maker = new ChainMaker(1);
    const items: PendingItem[] = [maker.pending(), maker.pending(), maker.pending()];
    for (const item of items) bench.recorder.pendingAdded(item);
    bench.finish();
    let parent: StoredBlock | undefined;
    for (const item of items) {
      const block: StoredBlock = { ...maker.block(parent), items: [item.id] };
      bench.recorder.pendingRemoved(item.id);
      signed(bench, block, parent, []);
      parent = block;
    }
    bench.flush();
    while (bench.underWay > 0) {
      const held = new Set(bench.store.blocks.flatMap((block) => block.items.map(itemIdHex)));
      for (const item of items) {
        expect(held.has(itemIdHex(item.id)) || bench.store.pendingIds.includes(itemIdHex(item.id))).toBe(true);
      }
      bench.stored();
    }
    expect(bench.store.pendingIds).toEqual([]);
  });
});

describe('when the peer ends', () => {
  it('everything gathered is asked for at once, in order', () => {
    const bench = new Bench();
    const maker = new ChainMaker(1);
    const chain = maker.chain(4);
    const item = maker.pending();
    bench.recorder.chainMoved(undefined, chain.slice(0, 1));
    bench.flush();
    bench.recorder.pendingAdded(item);
    for (const [place, block] of chain.slice(1).entries()) {
      bench.recorder.signed(
        { parent: chain[place]?.hash, hash: block.hash, bytes: block.bytes },
        undefined,
        [block],
        noToken,
      );
    }
    bench.recorder.finish();
    for (const effect of bench.effects.take()) if (effect.kind === 'store') bench.changes.push(effect.change);
    for (const change of bench.changes) bench.store.apply(change);
    expect(bench.store.hashes).toEqual(hashes(chain));
    expect(bench.store.pendingIds).toEqual([itemIdHex(item.id)]);
    expect(bench.store.signed).toHaveLength(3);
  });
});

describe('whatever moves come, at whatever speed they are stored', () => {
  it('the store ends as the main chain, and with what is pending', () => {
    const seeded = new Seeded(9);
    for (let round = 0; round < 300; round++) {
      const bench = new Bench();
      const maker = new ChainMaker(1_000 + round);
      let main: StoredBlock[] = [];
      const pending = new Map<string, PendingItem>();
      const known: ItemId[] = [];
      const said: string[] = [];
      const signedBlocks: StoredBlock[] = [];
      for (let step = 0; step < 60; step++) {
        const cutTo = main.length > 0 && seeded.chance(0.3) ? seeded.below(main.length) : undefined;
        const kept = main.slice(0, cutTo ?? main.length);
        const own = seeded.chance(0.3);
        const branch = maker.chain(own ? 1 : 1 + seeded.below(3), kept.at(-1));
        main = [...kept, ...branch];
        const [first] = branch as [StoredBlock];
        if (own) {
          signedBlocks.push(first);
          const entry = { parent: kept.at(-1)?.hash, hash: first.hash, bytes: first.bytes };
          bench.recorder.signed(entry, cutTo, branch, () => said.push(hashHex(first.hash)));
        } else bench.recorder.chainMoved(cutTo, branch);
        if (seeded.chance(0.4)) {
          const item = maker.pending();
          pending.set(itemIdHex(item.id), item);
          known.push(item.id);
          bench.recorder.pendingAdded(item);
        }
        if (seeded.chance(0.3) && known.length > 0) {
          const id = seeded.pick(known);
          pending.delete(itemIdHex(id));
          bench.recorder.pendingRemoved(id);
        }
        if (seeded.chance(0.7)) bench.flush();
        if (seeded.chance(0.3) && bench.underWay > 0) bench.stored();
      }
      bench.finish();
      expect(bench.store.hashes).toEqual(hashes(main));
      expect([...bench.store.pendingIds].sort()).toEqual([...pending.keys()].sort());
      expect(said).toEqual(hashes(signedBlocks));
      expect(bench.store.signed.map(({ hash }) => hashHex(hash))).toEqual(hashes(signedBlocks));
    }
  });
});
