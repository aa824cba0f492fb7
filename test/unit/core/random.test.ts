/**
 * core/random.ts: numbers and samples without bias, from bytes that are given.
 */
import { describe, expect, it } from 'vitest';
import { type Random, randomBelow, sample } from '../../../core/random.ts';
import { Seeded } from '../../model/seeded.ts';

/** Gives these numbers as four bytes each, little-endian. */
function scripted(...numbers: number[]): Random {
  return () => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, numbers.shift() ?? expect.fail('asks for more'), true);
    return bytes;
  };
}

describe('a number below a bound', () => {
  it('is every one equally often', () => {
    const { random } = new Seeded(32);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) {
      const value = randomBelow(random, 7);
      counts[value] = (counts[value] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });

  it('throws the uneven rest away instead of folding it', () => {
    // 2^32 mod 7 is 4: the last four values are no use.
    expect(randomBelow(scripted(2 ** 32 - 1, 2 ** 32 - 4, 2 ** 32 - 5), 7)).toBe((2 ** 32 - 5) % 7);
  });

  it('uses all 32 bits', () => {
    expect(randomBelow(scripted(2 ** 32 - 1), 2 ** 32)).toBe(2 ** 32 - 1);
    expect(randomBelow(scripted(0x80000000), 2 ** 32)).toBe(0x80000000);
    expect(randomBelow(scripted(2 ** 32 - 1), 1)).toBe(0);
  });
});

describe('a sample', () => {
  it('has each order of each choice equally often, and leaves its argument alone', () => {
    const { random } = new Seeded(33);
    const values = ['a', 'b', 'c', 'd'] as const;
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const taken = sample(random, values, 2).join('');
      counts.set(taken, (counts.get(taken) ?? 0) + 1);
    }
    expect(counts.size).toBe(12);
    for (const count of counts.values()) expect(Math.abs(count - 2_000)).toBeLessThan(250);
    expect(values).toEqual(['a', 'b', 'c', 'd']);
  });

  it('takes no value twice, and all when there are not more', () => {
    const { random } = new Seeded(34);
    expect(sample(random, [1, 2, 3], 9).sort()).toEqual([1, 2, 3]);
    expect(sample(random, [1, 2, 3], 0)).toEqual([]);
    expect(sample(random, [], 3)).toEqual([]);
  });
});
