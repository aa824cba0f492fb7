/**
 * The part of the contract of stores that is about what is kept beside the main chain: blocks of other branches, and
 * notes.
 */
import { describe, expect, it } from 'vitest';
import {
  type Change,
  mostNoteBytes,
  type Note,
  type Opened,
  type SideBlock,
  type Store,
  type StoredBlock,
} from '../../core/storage/store.ts';
import { besideMain, ChainMaker, noChange } from './material.ts';
import { expectChain, expectNotes, expectPending, expectSide, plainSide, unlimited } from './store-expectations.ts';

export interface Subject {
  /** The one that is tested now; opened by the test. */
  readonly store: Store;
  readonly maker: ChainMaker;
  /** Closes it and opens another of the same contents, which is `store` from then on. */
  readonly reopened: () => Promise<Opened>;
}

export function sideContract(subject: () => Subject): void {
  const change = (steps: Partial<Change>) => subject().store.change({ ...noChange, ...steps });
  const reopened = () => subject().reopened();
  const hashes = (blocks: readonly SideBlock[]) => blocks.map(({ hash }) => hash);

  /** A store with this chain. */
  async function holding(count: number): Promise<{ maker: ChainMaker; chain: StoredBlock[]; root: StoredBlock }> {
    const { store, maker } = subject();
    await store.open();
    const chain = maker.chain(count);
    await change({ append: chain });
    return { maker, chain, root: chain[0] as StoredBlock };
  }

  describe('blocks beside the main chain', () => {
    it('survive opening again, and are none of the main chain', async () => {
      const { maker, chain, root } = await holding(4);
      const branch = maker.branch(3, root);
      await change({ sideAdded: branch });
      await expectSide(subject().store, branch);
      await expectChain(subject().store, chain);
      expect((await reopened()).count).toBe(4);
      await expectSide(subject().store, branch);
      await expectChain(subject().store, chain);
      expect(await subject().store.heightOf((branch[0] as SideBlock).hash)).toBeUndefined();
    });

    it('come in order of height, then of hash', async () => {
      const { maker, chain } = await holding(3);
      const branches = [2, 0, 1, 0, 2].flatMap((height) => maker.branch(4, chain[height] as StoredBlock));
      for (const block of branches) await change({ sideAdded: [block] });
      const expected = plainSide(branches).toSorted();
      for (let round = 0; round < 2; round++) {
        const now = subject().store;
        expect(plainSide(await now.sideBlocks(0, 99, unlimited))).toEqual(expected);
        expect(plainSide(await now.sideBlocks(5, 4, unlimited))).toEqual(expected.slice(5, 9));
        expect(plainSide(await now.sideBlocks(18, 9, unlimited))).toEqual(expected.slice(18));
        expect(await now.sideBlocks(20, 9, unlimited)).toEqual([]);
        expect(await now.sideBlocks(900, 9, unlimited)).toEqual([]);
        expect(await now.sideBlocks(3, 0, unlimited)).toEqual([]);
        await reopened();
      }
    });

    it('are read up to so many bytes, but at least one', async () => {
      const { maker, root } = await holding(1);
      const branch = maker.branch(4, root);
      await change({ sideAdded: branch });
      const [, second, third] = branch as [SideBlock, SideBlock, SideBlock];
      const two = second.bytes.length + third.bytes.length;
      const read = async (from: number, maxBytes: number) =>
        plainSide(await subject().store.sideBlocks(from, 9, maxBytes));
      expect(await read(1, two)).toEqual(plainSide([second, third]));
      expect(await read(1, two - 1)).toEqual(plainSide([second]));
      expect(await read(3, 0)).toEqual(plainSide(branch.slice(3)));
    });

    it('leave when they are removed, and none else', async () => {
      const { maker, root } = await holding(1);
      const branch = maker.branch(5, root);
      const [first, second, ...others] = branch as [SideBlock, SideBlock];
      await change({ sideAdded: branch });
      await change({ sideRemoved: [second.hash, maker.bytes(32) as typeof second.hash] });
      await expectSide(subject().store, [first, ...others], [second]);
      await reopened();
      await expectSide(subject().store, [first, ...others], [second]);
      await change({ sideRemoved: hashes([first, ...others]) });
      await change({ sideAdded: [second] });
      await reopened();
      await expectSide(subject().store, [second], [first, ...others]);
    });

    it('are one when they are added twice, and none when the same change removes them', async () => {
      const { maker, root } = await holding(1);
      const [kept, gone] = maker.branch(2, root) as [SideBlock, SideBlock];
      const checked = { ...kept, unverified: [] };
      await change({ sideAdded: [kept] });
      await change({ sideAdded: [checked, gone], sideRemoved: [gone.hash] });
      await expectSide(subject().store, [checked], [gone]);
      await reopened();
      await expectSide(subject().store, [checked], [gone]);
    });

    it('may be as large as 1 MiB', async () => {
      const { maker, root } = await holding(1);
      const large = besideMain(maker.block(root, [maker.data(1024 * 1024)]), root);
      await change({ sideAdded: [large] });
      await reopened();
      await expectSide(subject().store, [large]);
    });

    it('change places with those of the main chain, in one change and back again', async () => {
      const { chain } = await holding(5);
      const fork = chain[1] as StoredBlock;
      const beside = (blocks: readonly StoredBlock[]) =>
        blocks.map((block, place) => besideMain(block, blocks[place - 1] ?? fork));
      let [main, side] = [chain.slice(2), new ChainMaker(2).chain(4, fork)];
      await change({ sideAdded: beside(side) });
      for (let turn = 0; turn < 4; turn++) {
        [main, side] = [side, main];
        await change({ cutTo: 2, append: main, sideAdded: beside(side), sideRemoved: hashes(beside(main)) });
        if (turn % 2 === 0) await reopened();
        await expectChain(subject().store, [...chain.slice(0, 2), ...main], side);
        await expectSide(subject().store, beside(side), beside(main));
      }
    });

    it('come and go a thousand times, and those that are left are there', async () => {
      const { maker, root } = await holding(1);
      const held: SideBlock[] = [];
      for (let round = 0; round < 50; round++) {
        const sideAdded = maker.branch(20, root);
        const removed = held.splice(0, Math.max(0, held.length - 15));
        await change({ sideAdded, sideRemoved: hashes(removed) });
        held.push(...sideAdded);
      }
      await expectSide(subject().store, held);
      await reopened();
      await expectSide(subject().store, held);
    });
  });

  describe('notes', () => {
    it('survive opening again with their newest bytes, each by itself', async () => {
      const { store, maker } = subject();
      await store.open();
      const note = (name: Note['name'], length: number): Note => ({ name, bytes: maker.bytes(length) });
      const [old, addresses, votes] = [note('addresses', 90), note('addresses', 40), note('votes', 70)];
      await change({ notes: [old] });
      expectNotes(await reopened(), [old]);
      await change({ notes: [votes] });
      await change({ notes: [addresses] });
      expectNotes(await reopened(), [addresses, votes]);
    });

    it('may be empty, and as long as 1 MiB', async () => {
      const { store, maker } = subject();
      await store.open();
      const notes: Note[] = [
        { name: 'addresses', bytes: maker.bytes(mostNoteBytes) },
        { name: 'votes', bytes: new Uint8Array(0) },
      ];
      await change({ durable: true, notes });
      expectNotes(await reopened(), notes);
    });
  });

  describe('a change that fails', () => {
    it('applies nothing of itself', async () => {
      const { maker, root } = await holding(1);
      const [next, afterHole] = maker.chain(2, root) as [StoredBlock, StoredBlock];
      const [kept, added] = maker.branch(2, root) as [SideBlock, SideBlock];
      const [waiting, other] = [maker.pending(), maker.pending()];
      const notes: Note[] = [{ name: 'votes', bytes: maker.bytes(20) }];
      await change({ sideAdded: [kept], notes, pendingAdded: [waiting] });
      const failing = change({
        append: [afterHole],
        sideAdded: [added],
        sideRemoved: [kept.hash],
        notes: [{ name: 'votes', bytes: maker.bytes(30) }],
        pendingAdded: [other],
        pendingRemoved: [waiting.id],
      });
      const outcome = await failing.then(
        () => 'done',
        () => 'refused',
      );
      expect(outcome).toBe('refused');
      await expectSide(subject().store, [kept], [added]);
      const opened = await reopened();
      expectNotes(opened, notes);
      expectPending(opened, [waiting]);
      await expectChain(subject().store, [root], [next, afterHole]);
      await expectSide(subject().store, [kept], [added]);
    });
  });
}
