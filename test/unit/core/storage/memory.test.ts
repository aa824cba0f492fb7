import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../../../core/storage/memory.ts';
import { ChainMaker, noChange } from '../../../contract/material.ts';
import { storeContract } from '../../../contract/store.ts';

storeContract('MemoryStore', async () => {
  const store = new MemoryStore();
  return {
    store,
    reopen: async () => new MemoryStore(store),
    dispose: async () => undefined,
  };
});

describe('MemoryStore', () => {
  it('says that what it holds is lost with it', () => {
    expect(new MemoryStore().kind).toBe('memory');
  });

  it('shares nothing with another one', async () => {
    const [one, other] = [new MemoryStore(), new MemoryStore()];
    await one.change({ ...noChange, append: new ChainMaker(1).chain(2) });
    expect((await other.open()).count).toBe(0);
  });

  it('refuses, as a bug of its caller, blocks that leave a gap, and leaves the rest of the change undone', async () => {
    const store = new MemoryStore();
    const maker = new ChainMaker(1);
    const chain = maker.chain(3);
    const pendingAdded = [maker.pending()];
    await expect(store.change({ ...noChange, append: chain.slice(1), pendingAdded })).rejects.toThrow(/invariant/);
    await expect(store.change({ ...noChange, cutTo: 1, pendingAdded })).rejects.toThrow(/invariant/);
    expect(await store.open()).toMatchObject({ count: 0, pending: [] });
  });
});
