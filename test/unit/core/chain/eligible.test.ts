import { describe, expect, it } from 'vitest';
import { eligibleKeys } from '../../../../core/chain/eligible.ts';
import { authors } from '../../../model/author.ts';
import { otherParity } from '../../../model/fake-curve.ts';

const keys = authors(80);

function at(place: number) {
  const author = keys[place];
  if (author === undefined) throw new Error('there are 80');
  return author;
}

function written(by: number, named: readonly number[] = []) {
  return { author: at(by).key, nextChoices: named.map((place) => at(place).key) };
}

function holders(...places: readonly number[]): Set<string> {
  return new Set(places.map((place) => at(place).holder));
}

describe('whose word counts at a block', () => {
  it.each([
    ['nobody’s without a block', [], holders()],
    ['its author’s and that of the first three it names', [written(0, [1, 2, 3, 4])], holders(0, 1, 2, 3)],
    ['authors’ of its ancestors, not those they named', [written(0, [9]), written(1, [2])], holders(0, 1, 2)],
    ['one that is named twice, once', [written(0, [1, 1, 1, 2])], holders(0, 1)],
  ] as const)('is %s', (_, blocks, wanted) => {
    expect(eligibleKeys(blocks)).toEqual(wanted);
  });

  it('is that of the authors of 63 ancestors and no more', () => {
    const blocks = Array.from({ length: 65 }, (_, place) => written(place));
    expect(eligibleKeys(blocks)).toEqual(holders(...Array.from({ length: 64 }, (_, place) => place + 1)));
  });

  it('is one for both parities of a key', () => {
    const { author } = written(0);
    expect(eligibleKeys([{ author, nextChoices: [otherParity(author)] }]).size).toBe(1);
  });
});
