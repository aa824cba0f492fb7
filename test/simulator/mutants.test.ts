/**
 * Block mutants: none is taken, none is passed on; ten thousand of each class are `npm run bench -- fuzz blocks`.
 */
import { describe, expect, it } from 'vitest';
import { mutantClasses, sendMutants } from './mutants.ts';

describe('a block that no honest author can have made', () => {
  it('is neither taken nor passed on, in any of twenty classes', () => {
    expect(Object.keys(mutantClasses)).toHaveLength(20);
    const results = sendMutants(1, 100);
    expect(results.filter(({ accepted, relayed }) => accepted + relayed > 0)).toEqual([]);
    expect(results.every(({ sent }) => sent === 100)).toBe(true);
  });
});
