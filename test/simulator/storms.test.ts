/**
 * The next block comes when those who were to write it never were or are gone; the full count, and storms, are
 * `npm run bench -- storms`.
 */
import { describe, expect, it } from 'vitest';
import { deadCandidates, lonelyAuthor } from './storms.ts';

describe('the next block', () => {
  it.each([1, 2, 3])('comes within 30 s after one that names keys which never were (seed %i)', (seed) => {
    expect(deadCandidates(seed)).toBeLessThan(30_000);
  });

  it.each([1, 2, 3])('comes within 30 s when all authors of the chain but one are gone for good (seed %i)', (seed) => {
    expect(lonelyAuthor(seed)).toBeLessThan(30_000);
  });
});
