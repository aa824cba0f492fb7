import { describe, expect, it } from 'vitest';
import { itemIdOf } from '../../../core/chain/data.ts';
import { bytesToHex } from '../../../core/codec/bytes.ts';
import type { GreetedLink } from '../../../core/network/open-link.ts';
import { blockView, peerView, pendingItemView } from '../../../core/views.ts';
import { Author, candidateOf } from '../../model/author.ts';

const [a, b] = [new Author(1), new Author(2)];

describe('a block as an application sees it', () => {
  const [one, two] = [a.item('one'), b.item('two')];
  const root = a.block(undefined);
  const block = b.block(root, [a.key, b.key], [one, two, one]);
  const view = blockView({ height: 1, ...candidateOf(block), verified: [true, false, true] });

  it('has its keys, hashes and signatures in hex', () => {
    expect(view).toMatchObject({
      height: 1,
      hash: bytesToHex(block.hash),
      parent: bytesToHex(root.hash),
      author: b.hex,
      nextChoices: [a.hex, b.hex],
      signature: bytesToHex(block.sign),
    });
    expect(blockView({ height: 0, ...candidateOf(root) }).parent).toBeUndefined();
  });

  it('marks items that nobody signed, and those that stand earlier in it', () => {
    expect(view.items.map(({ verified, repeated }) => [verified, repeated])).toEqual([
      [true, false],
      [false, false],
      [true, true],
    ]);
    expect(view.items[1]).toMatchObject({
      id: bytesToHex(itemIdOf(two)),
      data: two.data,
      author: b.hex,
      signature: bytesToHex(two.sign),
    });
  });
});

describe('an item that waits', () => {
  it('is verified, for it is not shown before', () => {
    const data = a.item();
    expect(pendingItemView({ id: itemIdOf(data), data })).toEqual({
      id: bytesToHex(itemIdOf(data)),
      data: data.data,
      author: a.hex,
      signature: bytesToHex(data.sign),
      verified: true,
      repeated: false,
    });
  });
});

describe('a link', () => {
  it('tells who is at its other end, where, and since when', () => {
    const phase = { kind: 'proven', hex: b.hex, ours: true, since: 77 };
    const link = { phase, address: 'ws://x', carrier: 'websocket', dialled: true } as unknown as GreetedLink;
    const known = { publicKey: b.hex, address: 'ws://x', carrier: 'websocket', dialled: true, ours: true, since: 77 };
    expect(peerView(link)).toEqual(known);
  });
});
