/**
 * What other tabs left pending is found where nobody is, and leaves its slot only once it stands in a block.
 */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bytesToHex } from '../../../core/codec/bytes.ts';
import { itemIdHex } from '../../../core/crypto/keys.ts';
import type { PendingItem } from '../../../core/storage/store.ts';
import { LeftPending } from '../../../web/left-pending.ts';
import { takeSlot } from '../../../web/slot.ts';
import { IndexedDbStore, storeName } from '../../../web/store/indexeddb.ts';
import { FrameWriter } from '../../../web/store/zstd.ts';
import { ChainMaker, noChange } from '../../contract/material.ts';
import { FakeBrowser } from './fake-locks.ts';

const frames = new FrameWriter();
let browser: FakeBrowser;
let maker: ChainMaker;

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory());
  browser = new FakeBrowser();
  maker = new ChainMaker(1);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

async function leave(slot: number, ...items: readonly PendingItem[]): Promise<void> {
  const store = new IndexedDbStore(storeName('main', slot), frames);
  await store.open();
  await store.change({ ...noChange, pendingAdded: items });
  await store.close();
}

async function pendingIn(slot: number): Promise<string[]> {
  const store = new IndexedDbStore(storeName('main', slot), frames);
  const items = await store.pending();
  await store.close();
  return hex(items);
}

function hex(items: readonly PendingItem[]): string[] {
  return items.map(({ bytes }) => bytesToHex(bytes));
}

async function gathered(...slots: readonly number[]): Promise<LeftPending> {
  const left = new LeftPending('main', frames);
  await left.gather(slots, browser.tab().locks);
  return left;
}

describe('what was left pending', () => {
  it('is found in the slots that nobody holds', async () => {
    const items = [maker.pending(), maker.pending(), maker.pending()] as const;
    await leave(0, items[0]);
    await leave(1, items[1]);
    await leave(2, items[2]);
    await takeSlot('main', browser.tab().locks, undefined);
    expect(hex((await gathered(0, 1, 2)).items).sort()).toEqual(hex([items[1], items[2]]).sort());
    expect(browser.heldNames).toEqual(['mccloud/main/0']);
  });

  it('stays in its slot until it stands in a block', async () => {
    const items = [maker.pending(), maker.pending()] as const;
    await leave(0, ...items);
    const left = await gathered(0);
    expect(await pendingIn(0)).toEqual(hex(items));
    await left.included([itemIdHex(maker.pending().id), itemIdHex(items[0].id)]);
    expect(await pendingIn(0)).toEqual(hex([items[1]]));
    expect(hex(left.items)).toEqual(hex([items[1]]));
    await left.included([itemIdHex(items[0].id), itemIdHex(items[1].id)]);
    expect(await pendingIn(0)).toEqual([]);
  });

  it('is at most 256 items at a time', async () => {
    await leave(0, ...Array.from({ length: 200 }, () => maker.pending()));
    await leave(1, ...Array.from({ length: 200 }, () => maker.pending()));
    expect((await gathered(0, 1)).items).toHaveLength(256);
  });

  it('is at most 4 MiB at a time', async () => {
    await leave(0, ...Array.from({ length: 10 }, () => maker.pending(500 * 1024)));
    expect((await gathered(0)).items).toHaveLength(8);
  });

  it('is nothing where it cannot be read', async () => {
    vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => {
      throw new DOMException('no storage here', 'SecurityError');
    });
    expect((await gathered(0, 1)).items).toEqual([]);
  });
});
