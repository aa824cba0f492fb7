import { describe, expect, it } from 'vitest';
import { sharedDataBytes } from '../../../core/chain/data.ts';
import { utf8Bytes } from '../../../core/codec/bytes.ts';
import type { HashHex, PublicKeyHex, SignatureHex } from '../../../core/crypto/keys.ts';
import type { BlockView, Item } from '../../../core/face.ts';
import { all, House, text } from '../../model/house.ts';

describe('an item that is made', () => {
  it('is signed and nowhere, until it is shared', async () => {
    const house = new House();
    const [a, b] = await house.pair();
    const item = a.peer.createItem(utf8Bytes('later'));
    expect(item).toMatchObject({ author: a.peer.publicKey, data: utf8Bytes('later') });
    expect(await b.peer.verifyItem(item)).toBe(true);
    await house.pass(5_000);
    expect([a.peer.pending.size, b.peer.pending.size, a.peer.status.height]).toEqual([0, 0, 0]);
    expect(a.peer.share(item).item).toEqual(item);
    await house.pass(10_000, () => b.peer.status.height === 1);
    const [block] = await all(b.peer.blocks());
    expect(block?.items).toEqual([item]);
  });

  it('can be added by the creation callback', async () => {
    const house = new House();
    const [a, b] = await house.pair();
    for (const { peer } of [a, b]) {
      peer.onBlockCreation((items) => [...items, { add: peer.createItem(utf8Bytes('made before')) }]);
    }
    a.peer.share(utf8Bytes('shared'));
    await house.pass(10_000, () => b.peer.status.height === 1);
    const [block] = await all(b.peer.blocks());
    expect(block && text(block)).toEqual(['shared', 'made before']);
  });

  it('is refused when it is too large, or when somebody else made it, or it is one of too many', async () => {
    const house = new House();
    const [a, b] = await house.pair();
    const large = new Uint8Array(sharedDataBytes + 1);
    expect(() => a.peer.createItem(large)).toThrow(expect.objectContaining({ code: 'too-large' }));
    const theirs = b.peer.createItem(utf8Bytes('theirs'));
    expect(() => a.peer.share(theirs)).toThrow(expect.objectContaining({ code: 'not-own' }));
    const first = a.peer.createItem(utf8Bytes('first'));
    for (let more = 0; more < 1_024; more++) a.peer.createItem(utf8Bytes(`${more}`));
    expect(() => a.peer.share(first)).toThrow(expect.objectContaining({ code: 'not-own' }));
  });
});

describe('verifying', () => {
  const block = async (): Promise<{ readonly house: House; readonly block: BlockView }> => {
    const house = new House();
    const [a] = await house.pair();
    a.peer.share(utf8Bytes('an item'));
    await house.pass(10_000, () => a.peer.status.height === 1);
    const [first] = await all(a.peer.blocks());
    if (first === undefined) throw new Error('there is a block');
    return { house, block: first };
  };

  it('says of what was signed that it was, whatever it says of itself', async () => {
    const { house, block: good } = await block();
    const [{ peer }] = await house.pair();
    const [item] = good.items as [Item];
    expect([await peer.verifyBlock(good), await peer.verifyItem({ ...item, verified: false })]).toEqual([true, true]);
  });

  it.each<[string, (good: BlockView) => Partial<BlockView>]>([
    ['hash', ({ hash }) => ({ hash: `${hash.slice(2)}00` as HashHex })],
    ['parent', ({ hash }) => ({ parent: hash })],
    ['author', ({ items }) => ({ author: `02${(items[0] as Item).id}` as PublicKeyHex })],
    ['candidates', () => ({ nextChoices: [] })],
    ['signature', ({ signature }) => ({ signature: `00${signature.slice(2)}` as SignatureHex })],
    ['items', () => ({ items: [] })],
    ['item’s bytes', ({ items: [item] }) => ({ items: [{ ...(item as Item), data: utf8Bytes('another') }] })],
    ['form', () => ({ signature: 'no hex' as SignatureHex })],
  ])('says of a block with another %s that it is none', async (_, change) => {
    const { house, block: good } = await block();
    const [{ peer }] = await house.pair();
    expect(await peer.verifyBlock({ ...good, items: good.items, ...change(good) })).toBe(false);
  });

  it('says of an item that nobody signed, or that is none, that it is none', async () => {
    const house = new House();
    const [{ peer }] = await house.pair();
    const item = peer.createItem(utf8Bytes('x'));
    expect(await peer.verifyItem({ ...item, data: utf8Bytes('y') })).toBe(false);
    expect(await peer.verifyItem({ ...item, author: 'nobody' as PublicKeyHex })).toBe(false);
  });
});
