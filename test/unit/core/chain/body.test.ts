import { describe, expect, it } from 'vitest';
import { isBetterBody, storedBlock, unverifiedOf } from '../../../../core/chain/body.ts';
import { sha256 } from '../../../../core/crypto/hash.ts';
import { type Author, authors, candidateOf } from '../../../model/author.ts';

const [a] = authors(1) as [Author];
const body = (byte: number, ...verified: boolean[]) => ({ bytes: new Uint8Array([byte]), verified });

describe('of two bodies of one hash', () => {
  it.each([
    ['one with more verified items', body(1, true, false), body(2, false, false), true],
    ['one with fewer', body(1, false, false), body(2, true, false), false],
    ['a whole one', body(1, true, true), body(2, true, false), true],
    ['any, against a whole one', body(1, true, true, true), body(2, true), false],
  ])('%s is better or not', (_, one, other, expected) => {
    expect(isBetterBody(one, other) && !other.verified.every(Boolean)).toBe(expected);
  });

  it('the one with the smaller hash is better when as many items hold', () => {
    const [one, other] = [body(1, true, false), body(2, false, true)];
    const isSmaller = (sha256(one.bytes)[0] ?? 0) < (sha256(other.bytes)[0] ?? 0);
    expect([isBetterBody(one, other), isBetterBody(other, one)]).toEqual([isSmaller, !isSmaller]);
    expect(isBetterBody(one, one)).toBe(false);
  });
});

describe('a body for the store', () => {
  it('tells which items do not hold', () => {
    const candidate = { ...candidateOf(a.block(undefined)), verified: [false] };
    expect(storedBlock({ ...candidate, height: 7 })).toMatchObject({
      height: 7,
      unverified: [0],
      items: candidate.ids,
    });
    expect(unverifiedOf([true, false, true, false])).toEqual([1, 3]);
  });
});
