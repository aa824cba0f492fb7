import { describe, expect, it } from 'vitest';
import { bytesToHex } from '../../../../core/codec/bytes.ts';
import { type Hash, hashHex } from '../../../../core/crypto/keys.ts';
import { firstFitting, SideTable } from '../../../../core/storage/side-table.ts';
import { Seeded } from '../../../model/seeded.ts';

interface Entry {
  readonly hash: Hash;
  readonly height: number;
}

const seeded = new Seeded(4);
const entry = (height: number): Entry => ({ hash: seeded.bytes(32) as Hash, height });
const inOrder = (entries: readonly Entry[]) =>
  entries.map(({ hash, height }) => `${String(height).padStart(9, '0')} ${bytesToHex(hash)}`).toSorted();
const shown = (table: SideTable<Entry>) =>
  table.ordered().map(({ hash, height }) => `${String(height).padStart(9, '0')} ${bytesToHex(hash)}`);

describe('a side table', () => {
  it('is in order of height, then of hash, whatever comes and goes', () => {
    const table = new SideTable<Entry>();
    const held = new Map<string, Entry>();
    for (let step = 0; step < 500; step++) {
      const [gone] = seeded.chance(0.3) ? [...held.values()] : [];
      if (gone === undefined) {
        const added = entry(seeded.below(9) * 7);
        table.set(added);
        held.set(hashHex(added.hash), added);
      } else {
        expect(table.delete(gone.hash)).toBe(gone);
        held.delete(hashHex(gone.hash));
      }
      if (seeded.chance(0.2)) expect(shown(table)).toEqual(inOrder([...held.values()]));
    }
    expect(held.size).toBeGreaterThan(50);
    expect(shown(table)).toEqual(inOrder([...held.values()]));
  });

  it('holds one entry for each hash, the newest', () => {
    const table = new SideTable<Entry & { readonly name: string }>();
    const first = { ...entry(3), name: 'first' };
    const second = { ...first, hash: first.hash.slice() as Hash, name: 'second' };
    table.set(first);
    expect(table.ordered()).toEqual([first]);
    table.set(second);
    expect(table.ordered()).toEqual([second]);
    expect(table.find(first.hash)).toBe(second);
  });

  it('finds nothing, and takes nothing away, under a hash that it does not hold', () => {
    const table = new SideTable<Entry>([entry(1)]);
    expect(table.find(entry(1).hash)).toBeUndefined();
    expect(table.delete(entry(1).hash)).toBeUndefined();
    expect(table.ordered()).toHaveLength(1);
  });

  it('made from another one changes by itself', () => {
    const [one, two] = [entry(1), entry(2)];
    const table = new SideTable<Entry>([two, one]);
    const copy = new SideTable(table.ordered());
    table.delete(one.hash);
    expect(table.ordered()).toEqual([two]);
    expect(copy.ordered()).toEqual([one, two]);
  });
});

describe('firstFitting', () => {
  const sizes = [3, 4, 5, 6];
  const fitting = (from: number, count: number, maxBytes: number) =>
    firstFitting(sizes, (size) => size, { from, count, maxBytes });

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
