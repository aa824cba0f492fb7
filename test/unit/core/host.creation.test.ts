import { describe, expect, it } from 'vitest';
import { sharedDataBytes } from '../../../core/chain/data.ts';
import { utf8Bytes } from '../../../core/codec/bytes.ts';
import type { Peer } from '../../../core/host.ts';
import { all, House, text } from '../../model/house.ts';

describe('the creation callback', () => {
  async function withCallback(callback: Parameters<Peer['onBlockCreation']>[0]) {
    const house = new House();
    const [a, b] = await house.pair();
    for (const { peer } of [a, b]) peer.onBlockCreation(callback);
    return { house, a, b };
  }

  it('chooses what the block holds, and adds to it', async () => {
    const { house, a, b } = await withCallback((items) => [
      ...items.filter(({ data }) => new TextDecoder().decode(data) !== 'drop'),
      { add: utf8Bytes('added') },
    ]);
    for (const word of ['keep', 'drop']) a.peer.share(utf8Bytes(word));
    await house.pass(10_000, () => a.peer.status.height === 1 && b.peer.status.height === 1);
    const [block] = await all(b.peer.blocks());
    expect(block && text(block)).toEqual(['keep', 'added']);
    expect(block?.items[1]).toMatchObject({ author: block?.author, verified: true });
  });

  it('that throws is told as a problem until it succeeds, and nothing is lost', async () => {
    let fails = true;
    const { house, a, b } = await withCallback((items) => {
      if (fails) throw new Error('not now');
      return items;
    });
    a.peer.share(utf8Bytes('patient'));
    await house.pass(8_000);
    expect([a.peer.status.height, b.peer.status.height]).toEqual([0, 0]);
    const problems = [a, b].flatMap(({ peer }) => peer.status.problems);
    expect(problems[0]).toMatchObject({ code: 'block-creation-failed', message: expect.stringContaining('not now') });
    fails = false;
    await house.pass(10_000, () => a.peer.status.height === 1 && b.peer.status.height === 1);
    const [block] = await all(b.peer.blocks());
    expect(block && text(block)).toEqual(['patient']);
    expect([a, b].find(({ peer }) => peer.publicKey === block?.author)?.peer.status.problems).toEqual([]);
  });

  it.each([
    ['adds more than may be shared', () => [{ add: new Uint8Array(sharedDataBytes + 1) }]],
    ['names what is no id', () => [{ id: 'none' as never }]],
    ['returns nothing', () => undefined as never],
  ])('has failed when it %s', async (_, callback) => {
    const { house, a, b } = await withCallback(callback);
    a.peer.share(utf8Bytes('x'));
    await house.pass(6_000);
    expect([a.peer.status.height, a.peer.pending.size]).toEqual([0, 1]);
    expect([a, b].flatMap(({ peer }) => peer.status.problems).length).toBeGreaterThan(0);
    expect(house.crashes()).toEqual([]);
  });

  it('that was taken away is not asked', async () => {
    const { house, a, b } = await withCallback(() => []);
    for (const { peer } of [a, b]) peer.onBlockCreation(undefined);
    a.peer.share(utf8Bytes('kept'));
    await house.pass(10_000, () => b.peer.status.height === 1);
    expect(b.peer.status.height).toBe(1);
  });
});
