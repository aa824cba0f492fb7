import { describe, expect, it } from 'vitest';
import { bytesToHex } from '../../../../core/codec/bytes.ts';
import type { Hash } from '../../../../core/crypto/keys.ts';
import { firstFitting, inSideOrder } from '../../../../core/storage/side-order.ts';
import { Seeded } from '../../../model/seeded.ts';

interface Entry {
  readonly hash: Hash;
  readonly height: number;
}

const shown = (entries: readonly Entry[]) =>
  entries.map(({ hash, height }) => `${String(height).padStart(9, '0')} ${bytesToHex(hash)}`);

describe('inSideOrder', () => {
  it('orders by height, then by hash, as text of a fixed width would be', () => {
    const seeded = new Seeded(4);
    for (let round = 0; round < 50; round++) {
      const entries = Array.from({ length: seeded.below(60) }, () => ({
        hash: seeded.bytes(32) as Hash,
        height: seeded.below(9) * 7,
      }));
      expect(shown(inSideOrder(entries))).toEqual(shown(entries).toSorted());
    }
  });

  it('leaves what it is given as it was', () => {
    const entries = [2, 1].map((height) => ({ hash: new Uint8Array(32) as Hash, height }));
    expect(inSideOrder(entries)).toEqual(entries.toReversed());
    expect(entries.map(({ height }) => height)).toEqual([2, 1]);
  });
});

describe('firstFitting', () => {
  const blocks = [3, 4, 5, 6].map((size) => ({ bytes: new Uint8Array(size) }));
  const fitting = (from: number, count: number, maxBytes: number) =>
    firstFitting(blocks, from, count, maxBytes).map(({ bytes }) => bytes.length);

  it.each([
    { from: 0, count: 9, maxBytes: 100, fits: [3, 4, 5, 6] },
    { from: 0, count: 9, maxBytes: 12, fits: [3, 4, 5] },
    { from: 0, count: 9, maxBytes: 11, fits: [3, 4] },
    { from: 0, count: 9, maxBytes: 0, fits: [3] },
    { from: 2, count: 1, maxBytes: 100, fits: [5] },
    { from: 2, count: 0, maxBytes: 100, fits: [] },
    { from: 4, count: 9, maxBytes: 100, fits: [] },
  ])('takes from place $from on $count, and $maxBytes bytes, at most', ({ from, count, maxBytes, fits }) => {
    expect(fitting(from, count, maxBytes)).toEqual(fits);
  });
});
