/**
 * core/wire/seen-ivs.ts: an IV comes once, for as long as it is remembered.
 */
import { describe, expect, it } from 'vitest';
import { SeenIvs } from '../../../../core/wire/seen-ivs.ts';
import { Seeded } from '../../../model/seeded.ts';

/** What is remembered, as the source has it. */
const mostIvs = 65_536;

function numbered(number: number): Uint8Array {
  const iv = new Uint8Array(12);
  new DataView(iv.buffer).setUint32(8, number);
  return iv;
}

describe('an IV', () => {
  it('is new once', () => {
    const seen = new SeenIvs();
    expect(seen.add(numbered(1))).toBe(true);
    expect(seen.add(numbered(2))).toBe(true);
    expect(seen.add(numbered(1))).toBe(false);
    expect(seen.add(numbered(2))).toBe(false);
    expect(seen.add(numbered(3))).toBe(true);
  });

  it('is known by its bytes, not by the array, which may be used again', () => {
    const seen = new SeenIvs();
    const iv = numbered(1);
    expect(seen.add(iv)).toBe(true);
    iv.fill(7);
    expect(seen.add(iv)).toBe(true);
    expect(seen.add(numbered(1))).toBe(false);
  });

  it('is told from one that differs in any one bit', () => {
    const seen = new SeenIvs();
    const iv = new Seeded(25).bytes(12);
    seen.add(iv);
    for (let bit = 0; bit < 96; bit++) {
      const other = iv.slice();
      other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(seen.add(other)).toBe(true);
    }
  });
});

describe('the memory', () => {
  it('holds 65,536, of which the oldest gives way', () => {
    const seen = new SeenIvs();
    let news = 0;
    for (let number = 0; number < mostIvs; number++) if (seen.add(numbered(number))) news++;
    expect(news).toBe(mostIvs);
    expect(seen.add(numbered(0))).toBe(false);
    expect(seen.add(numbered(mostIvs))).toBe(true);
    expect(seen.add(numbered(1))).toBe(false);
    expect(seen.add(numbered(mostIvs))).toBe(false);
    // The first is new again, and takes the place of the second.
    expect(seen.add(numbered(0))).toBe(true);
    expect(seen.add(numbered(1))).toBe(true);
  });

  it('is not touched by an IV that comes again: nobody can push others out with it', () => {
    const seen = new SeenIvs();
    for (let number = 0; number < mostIvs; number++) seen.add(numbered(number));
    for (let again = 0; again < 1_000; again++) expect(seen.add(numbered(5))).toBe(false);
    for (const number of [0, 1, mostIvs - 1]) expect(seen.add(numbered(number))).toBe(false);
  });
});
