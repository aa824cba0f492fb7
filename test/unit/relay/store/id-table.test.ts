import { describe, expect, it } from 'vitest';
import { bytesToHex } from '../../../../core/codec/bytes.ts';
import { IdTable } from '../../../../relay/store/id-table.ts';
import { Seeded } from '../../../model/seeded.ts';

describe('IdTable', () => {
  it('finds nothing while it is empty', () => {
    const table = new IdTable();
    expect(table.find(new Uint8Array(32))).toBeUndefined();
    expect(table.at(0)).toBeUndefined();
    expect(table.count).toBe(0);
  });

  it('does as a list that is searched from its beginning, through growth, repeats and cuts', () => {
    const seeded = new Seeded(1);
    const table = new IdTable();
    const list: string[] = [];
    const seen: Uint8Array[] = [new Uint8Array(32)];
    for (let step = 0; step < 20_000; step++) {
      if (seeded.chance(0.02)) {
        const count = Math.max(0, list.length - seeded.below(40));
        list.length = count;
        table.cutTo(count);
      } else {
        const id = seeded.chance(0.3) ? seeded.pick(seen) : seeded.bytes(32);
        if (seeded.chance(0.1)) seen.push(id);
        list.push(bytesToHex(id));
        table.push(id);
      }
      const asked = seeded.pick(seen);
      const place = list.indexOf(bytesToHex(asked));
      expect(table.find(asked)).toBe(place < 0 ? undefined : place);
    }
    expect(table.count).toBe(list.length);
    expect(list.length).toBeGreaterThan(5_000);
    for (const [place, hex] of list.entries()) expect(bytesToHex(table.at(place) as Uint8Array)).toBe(hex);
  });

  it('tells ids apart that differ in one bit', () => {
    const table = new IdTable();
    const id = new Seeded(2).bytes(32);
    table.push(id);
    for (let bit = 0; bit < 256; bit++) {
      const other = id.slice();
      other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(table.find(other)).toBeUndefined();
    }
    expect(table.find(id)).toBe(0);
  });

  it('is not slowed by one id that is repeated 300,000 times', () => {
    const table = new IdTable();
    const id = new Seeded(3).bytes(32);
    for (let i = 0; i < 300_000; i++) table.push(id);
    table.push(new Uint8Array(32));
    expect(table.find(id)).toBe(0);
    expect(table.find(new Uint8Array(32))).toBe(300_000);
    table.cutTo(1);
    expect(table.find(id)).toBe(0);
    expect(table.find(new Uint8Array(32))).toBeUndefined();
  });

  it('holds ids of 32 bytes only', () => {
    expect(() => new IdTable().push(new Uint8Array(31))).toThrow(/invariant/);
    expect(new IdTable().find(new Uint8Array(31))).toBeUndefined();
  });
});
