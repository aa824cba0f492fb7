import { describe, expect, it, vi } from 'vitest';
import { concatBytes } from '../../../core/codec/bytes.ts';
import { pooled } from '../../../relay/random-pool.ts';
import { Seeded } from '../../model/seeded.ts';

describe('pooled', () => {
  it('hands out what it draws, each byte once and in order', () => {
    const random = pooled(new Seeded(1).random);
    const pieces = Array.from({ length: 1_024 }, () => random(4));
    expect(concatBytes(...pieces)).toEqual(new Seeded(1).bytes(4_096));
  });

  it('draws once for very many', () => {
    const source = vi.fn(new Seeded(1).random);
    const random = pooled(source);
    for (let i = 0; i < 2_048; i++) random(4);
    expect(source).toHaveBeenCalledTimes(2);
  });

  it('gives pieces of the length asked for, whatever is left', () => {
    const random = pooled(new Seeded(1).random);
    const drawn = new Seeded(2);
    for (let i = 0; i < 500; i++) {
      const length = drawn.below(200);
      expect(random(length)).toHaveLength(length);
    }
    expect(random(5_000)).toHaveLength(5_000);
    expect(random(0)).toHaveLength(0);
  });

  it('keeps no hand on what it has given', () => {
    const random = pooled(new Seeded(1).random);
    const one = random(4);
    const before = Uint8Array.from(one);
    for (let i = 0; i < 5_000; i++) random(4).fill(0);
    expect(one).toEqual(before);
  });
});
