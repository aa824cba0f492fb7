/**
 * Whatever IndexedDB does, the peer's store goes on, holds one chain, and says what is lost.
 */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bytesToHex } from '../../../../core/codec/bytes.ts';
import { StoreError } from '../../../../core/errors.ts';
import type { Change, SideBlock, StoredBlock } from '../../../../core/storage/store.ts';
import { FallbackStore } from '../../../../web/store/fallback.ts';
import { IndexedDbStore } from '../../../../web/store/indexeddb.ts';
import { FrameWriter } from '../../../../web/store/zstd.ts';
import { besideMain, ChainMaker, noChange } from '../../../contract/material.ts';
import { storeContract } from '../../../contract/store.ts';
import { expectNotes, expectSide } from '../../../contract/store-expectations.ts';

const frames = new FrameWriter();
const name = 'mccloud/main/0';
const unlimited = 64 * 1024 * 1024;

let closings: number;
let problems: (readonly [code: string, message: string | undefined])[];

beforeEach(() => {
  problems = [];
  closings = 0;
  vi.stubGlobal('indexedDB', new IDBFactory());
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function storeOver(below: IndexedDbStore): FallbackStore {
  return new FallbackStore(
    below,
    (code, message) => problems.push([code, message]),
    () => closings++,
  );
}

/** IndexedDB that takes so many changes and refuses all further ones that carry blocks. */
class Failing extends IndexedDbStore {
  #left: number;
  readonly #code: 'full' | 'failed';

  constructor(changes: number, code: 'full' | 'failed' = 'full') {
    super(name, frames);
    this.#left = changes;
    this.#code = code;
  }

  override async change(change: Change): Promise<void> {
    const isLarge = change.append.length > 0 || change.cutTo !== undefined;
    if (isLarge && this.#left-- <= 0) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      throw new StoreError(this.#code, 'no more');
    }
    await super.change(change);
  }
}

async function expectChain(store: FallbackStore, held: readonly StoredBlock[], gone: readonly StoredBlock[] = []) {
  const hex = (blocks: readonly { readonly bytes: Uint8Array }[]) => blocks.map(({ bytes }) => bytesToHex(bytes));
  expect(hex(await store.blocks(0, held.length + 1, unlimited))).toEqual(hex(held));
  for (const from of held.keys())
    expect(hex(await store.blocks(from, 2, unlimited))).toEqual(hex(held.slice(from, from + 2)));
  for (const { hash, height, items } of held) {
    expect(await store.heightOf(hash)).toBe(height);
    expect(await store.containsItems(items)).toEqual(items.map(() => true));
  }
  for (const { hash, items } of gone) {
    expect(await store.heightOf(hash)).toBeUndefined();
    expect(await store.containsItems(items)).toEqual(items.map(() => false));
  }
}

const append = (...blocks: readonly StoredBlock[]) => ({ ...noChange, append: blocks });

storeContract('IndexedDB with memory behind it', async () => ({
  store: storeOver(new IndexedDbStore(name, frames)),
  reopen: async () => storeOver(new IndexedDbStore(name, frames)),
  // A change that does not follow is no fault of IndexedDB, but who cannot tell goes on in memory.
  dispose: async () => expect(problems.filter(([, message]) => !message?.includes('do not follow'))).toEqual([]),
}));

describe('when IndexedDB is refused at the start', () => {
  it.each([
    [
      'throws',
      () => {
        throw new DOMException('The user denied permission', 'SecurityError');
      },
    ],
    [
      'is missing',
      () => {
        throw new TypeError("Cannot read properties of undefined (reading 'open')");
      },
    ],
  ])('because it %s, the store is one in memory and says why', async (_, open) => {
    vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(open);
    const store = storeOver(new IndexedDbStore(name, frames));
    expect((await store.open()).count).toBe(0);
    expect(store.kind).toBe('memory');
    const chain = new ChainMaker(1).chain(3);
    await store.change(append(...chain));
    await expectChain(store, chain);
    expect(problems.map(([code]) => code)).toEqual(['storage-in-memory']);
    expect(problems[0]?.[1]).toMatch(/in memory.*(denied permission|undefined)/);
    await store.close();
  });

  it('does not wait longer than 3 s for an opening that hangs', async () => {
    vi.useFakeTimers();
    vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => new IDBOpenDBRequest());
    const store = storeOver(new IndexedDbStore(name, frames));
    const opened = store.open();
    await vi.advanceTimersByTimeAsync(2_999);
    expect(problems).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect((await opened).count).toBe(0);
    expect(problems.map(([code]) => code)).toEqual(['storage-in-memory']);
    await store.close();
  });

  it('tells that nothing more is written when it has closed', async () => {
    const store = storeOver(new IndexedDbStore(name, frames));
    await store.open();
    const written = store.change(append(...new ChainMaker(1).chain(2))).then(() => expect(closings).toBe(0));
    await store.close();
    expect(closings).toBe(1);
    await written;
  });

  it('opens once, however often it is asked', async () => {
    const open = vi.spyOn(IDBFactory.prototype, 'open');
    const store = storeOver(new IndexedDbStore(name, frames));
    expect(await store.open()).toBe(await store.open());
    expect(open).toHaveBeenCalledTimes(1);
  });
});

describe('when IndexedDB takes no more', () => {
  it.each([
    ['full', 'storage-full'],
    ['failed', 'storage-in-memory'],
  ] as const)('as it is %s, the chain goes on above it, and the user is told once', async (code, problem) => {
    const store = storeOver(new Failing(2, code));
    await store.open();
    const chain = new ChainMaker(1).chain(8);
    for (const block of chain) await store.change(append(block));
    await expectChain(store, chain);
    expect(problems.map(([reported]) => reported)).toEqual([problem]);
    expect(store.kind).toBe('memory');
  });

  it('keeps the order of changes that were all under way when the first failed', async () => {
    const store = storeOver(new Failing(2));
    await store.open();
    const maker = new ChainMaker(1);
    const chain = maker.chain(6);
    const branch = new ChainMaker(2).chain(3, chain[3]);
    const changes = [...chain.map((block) => append(block)), { ...noChange, cutTo: 4, append: branch }];
    const later: Promise<void>[] = [];
    const all = changes.map((change, index) => {
      const done = store.change(change);
      // Asked for when the store has just turned to memory and others are still under way.
      if (index === 2) void done.then(() => later.push(store.change({ ...noChange, pendingAdded: [maker.pending()] })));
      return done;
    });
    await Promise.all(all);
    await Promise.all(later);
    await expectChain(store, [...chain.slice(0, 4), ...branch], chain.slice(4));
  });

  it('sinks the floor when a branch begins below it, and forgets what was above', async () => {
    const store = storeOver(new Failing(1));
    await store.open();
    const chain = new ChainMaker(1).chain(6);
    await store.change(append(...chain.slice(0, 4)));
    await store.change(append(...chain.slice(4)));
    const branch = new ChainMaker(2).chain(5, chain[1]);
    await store.change({ ...noChange, cutTo: 2, append: branch });
    await expectChain(store, [...chain.slice(0, 2), ...branch], chain.slice(2));
    const other = new ChainMaker(3).chain(2, branch[2]);
    await store.change({ ...noChange, cutTo: 5, append: other });
    await expectChain(store, [...chain.slice(0, 2), ...branch.slice(0, 3), ...other], branch.slice(3));
    await store.change({ ...noChange, cutTo: 0 });
    await expectChain(store, [], chain);
  });

  it('takes a repeat of an item above for what it is when its first, below, is cut', async () => {
    const maker = new ChainMaker(1);
    const repeated = maker.data();
    const root = maker.block(undefined);
    const first = maker.block(root, [repeated]);
    const second = maker.block(first, [repeated]);
    const store = storeOver(new Failing(1));
    await store.open();
    await store.change(append(root, first));
    await store.change(append(second));
    expect(await store.containsItems(second.items)).toEqual([true]);
    await store.change({ ...noChange, cutTo: 2 });
    expect(await store.containsItems(second.items)).toEqual([true]);
    await store.change({ ...noChange, cutTo: 1 });
    expect(await store.containsItems(second.items)).toEqual([false]);
  });

  it('reads across the border within the bytes asked for, but at least one block', async () => {
    const store = storeOver(new Failing(1));
    await store.open();
    const chain = new ChainMaker(1).chain(6);
    await store.change(append(...chain.slice(0, 3)));
    await store.change(append(...chain.slice(3)));
    const length = chain[0]?.bytes.length ?? 0;
    const sizes = chain.slice(1).map(({ bytes }) => bytes.length);
    const three = sizes.slice(0, 3).reduce((sum, size) => sum + size, 0);
    expect(await store.blocks(1, 5, three)).toHaveLength(3);
    expect(await store.blocks(1, 5, three - 1)).toHaveLength(2);
    expect(await store.blocks(1, 5, three - (sizes[2] ?? 0))).toHaveLength(2);
    expect(await store.blocks(2, 5, length - 1)).toHaveLength(1);
    expect(await store.blocks(3, 5, 1)).toHaveLength(1);
    expect(await store.blocks(2, 2, unlimited)).toHaveLength(2);
    expect(await store.blocks(6, 2, unlimited)).toHaveLength(0);
  });

  it('goes on with the blocks beside the main chain, those of before among them', async () => {
    const store = storeOver(new Failing(1));
    await store.open();
    const maker = new ChainMaker(1);
    const chain = maker.chain(5);
    const [root, second] = chain as [StoredBlock, StoredBlock];
    const [won, old, gone] = maker.branch(3, root) as [SideBlock, SideBlock, SideBlock];
    await store.change({ ...append(...chain.slice(0, 3)), sideAdded: [old, won, gone] });
    const left = chain.slice(1, 3).map((block, place) => besideMain(block, chain[place] as StoredBlock));
    const change = { cutTo: 1, append: [{ ...won, items: [] }], sideAdded: left, sideRemoved: [won.hash] };
    const changing = store.change({ ...noChange, ...change });
    await expectSide(store, [old, ...left, gone], [won]);
    await changing;
    expect(store.kind).toBe('memory');
    await store.change({ ...noChange, sideRemoved: [gone.hash] });
    await expectSide(store, [old, ...left], [won, gone]);
    await store.change({ ...noChange, cutTo: 0, append: [] });
    await expectSide(store, [old, ...left], [won, gone]);
    const back = { ...noChange, append: [root, second], sideRemoved: [second.hash] };
    await store.change(back);
    await expectSide(store, [old, ...left.slice(1)], [won, gone, ...left.slice(0, 1)]);
  });

  it('goes on without those of before when IndexedDB gives none back', async () => {
    const below = new Failing(1);
    const store = storeOver(below);
    await store.open();
    const maker = new ChainMaker(1);
    const [root, next] = maker.chain(2) as [StoredBlock, StoredBlock];
    const [old, other] = maker.branch(2, root) as [SideBlock, SideBlock];
    await store.change({ ...append(root), sideAdded: [old] });
    vi.spyOn(below, 'sideBlocks').mockRejectedValue(new StoreError('failed', 'it is gone'));
    await store.change({ ...append(next), sideAdded: [other] });
    await expectSide(store, [other], [old]);
    expect(problems).toHaveLength(1);
  });

  it('still keeps the signing journal, notes and what is pending for the next time', async () => {
    const below = new Failing(1);
    const store = storeOver(below);
    await store.open();
    const maker = new ChainMaker(1);
    const chain = maker.chain(3);
    const pending = [maker.pending(), maker.pending()] as const;
    const signed = [maker.signed(chain[0]?.hash), maker.signed(chain[1]?.hash)] as const;
    await store.change(append(...chain.slice(0, 1)));
    await store.change({ ...append(...chain.slice(1, 2)), signed: signed[0], pendingAdded: pending.slice(0, 1) });
    await store.change({ ...append(...chain.slice(2)), signed: signed[1], pendingAdded: pending.slice(1) });
    const notes = [{ name: 'votes', bytes: maker.bytes(20) }] as const;
    await store.change({ ...append(maker.block(chain[2])), notes });
    await store.close();
    const opened = await new IndexedDbStore(name, frames).open();
    expect(opened.count).toBe(1);
    expectNotes(opened, notes);
    expect(opened.journal.map(({ hash }) => bytesToHex(hash))).toEqual(signed.map(({ hash }) => bytesToHex(hash)));
    expect(opened.pending.map(({ id }) => bytesToHex(id))).toEqual(pending.map(({ id }) => bytesToHex(id)));
  });
});
