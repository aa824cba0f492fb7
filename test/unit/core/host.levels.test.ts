import { describe, expect, it } from 'vitest';
import { encodeData, itemIdOf } from '../../../core/chain/data.ts';
import { utf8Bytes } from '../../../core/codec/bytes.ts';
import { itemIdHex } from '../../../core/crypto/keys.ts';
import { MemoryStore } from '../../../core/storage/memory.ts';
import { noChange } from '../../contract/material.ts';
import { Author } from '../../model/author.ts';
import { House, storeWith } from '../../model/house.ts';
import { storedBlocks } from '../../model/stage.ts';

describe('a receipt', () => {
  it('is acknowledged by who may write next, and counts who was established before its block and wrote on top of it', async () => {
    const house = new House();
    const [a, b] = await house.pair();
    const share = async (text: string) => {
      const receipt = a.peer.share(utf8Bytes(text));
      await house.pass(10_000, () => receipt.progress.level !== 'pending' && b.peer.status.tip === a.peer.status.tip);
      return receipt;
    };
    await share('the first block, which nobody was before');
    const receipt = await share('in the second');
    await house.pass(1_000, () => receipt.progress.level === 'acknowledged');
    expect(receipt.progress).toMatchObject({ level: 'acknowledged', height: 1, depth: 0, by: 1, of: 1 });
    await share('on top');
    expect(receipt.progress).toMatchObject({ level: 'acknowledged', depth: 1, authors: 1 });
    await share('on top of that, by the author of its own block');
    expect(receipt.progress).toMatchObject({ level: 'acknowledged', depth: 2, authors: 1 });
    expect(a.peer.progressOf(receipt.item.id)).toBe(receipt.progress);
  });

  it('of an item that was left pending when the peer closed is found by its id', async () => {
    const store = await storeWith(3);
    const item = new Author(1).item('from before');
    await store.change({ ...noChange, pendingAdded: [{ id: itemIdOf(item), bytes: encodeData(item) }] });
    const { peer } = await new House().open('a', new Author(1), store);
    expect(peer.progressOf(itemIdHex(itemIdOf(item)))).toMatchObject({ level: 'pending' });
  });
});

it('an own item that stood in one of the newest blocks when the peer closed has its level again when it opens', async () => {
  const [self, other] = [new Author(1), new Author(2)];
  const item = self.item('from before');
  const root = other.block(undefined, [self.key, other.key]);
  const chain = [root, other.block(root, [self.key], [item])];
  const store = new MemoryStore();
  await store.change({ ...noChange, append: storedBlocks([...chain, self.block(chain[1])]) });
  const { peer } = await new House().open('a', self, store);
  const progress = peer.progressOf(itemIdHex(itemIdOf(item)));
  expect(progress).toMatchObject({ level: 'confirmed', height: 1, depth: 1, authors: 1 });
});

describe('the health of the chain', () => {
  it('is that of no block at first, and of two that write in turn after some', async () => {
    const house = new House();
    const [a, b] = await house.pair();
    const nothing = { ofBlocks: 0, authors: 0, greatestShare: 0, candidates: 0, captured: false };
    expect(a.peer.status.chainHealth).toEqual(nothing);
    for (const text of ['one', 'two', 'three', 'four']) {
      const receipt = a.peer.share(utf8Bytes(text));
      await house.pass(10_000, () => receipt.progress.level !== 'pending');
    }
    await house.pass(10_000, () => b.peer.status.height === 4);
    const health = { ofBlocks: 4, authors: 2, greatestShare: 0.5, candidates: 2, captured: false };
    expect([a.peer.status.chainHealth, b.peer.status.chainHealth]).toEqual([health, health]);
    expect(a.peer.status.problems).toEqual([]);
  });
});
