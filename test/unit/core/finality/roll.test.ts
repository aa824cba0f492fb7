import { describe, expect, it } from 'vitest';
import { mostMembers } from '../../../../core/finality/committee.ts';
import { committeeFrom, committeeFromText } from '../../../../core/finality/roll.ts';
import { authors } from '../../../model/author.ts';

const [a, b] = authors(2).map(({ hex }): string => hex) as [string, string];

describe('the roll of a committee', () => {
  it.each([
    ['nobody', '', []],
    ['one key', a, [a]],
    ['keys with commas', `${a},${b}`, [a, b]],
    ['keys with spaces and line ends', ` ${a}\n  ${b} `, [a, b]],
  ])('may be %s', (_, text, keys) => {
    expect(committeeFromText(text)).toEqual(keys);
  });

  it.each([
    ['a key cut short', a.slice(2)],
    ['a key too long', `${a}00`],
    ['capitals', a.toUpperCase().replace(/^0./, '02')],
    ['no hex', a.replace(/.$/, 'g')],
    ['another prefix', `04${a.slice(2)}`],
    ['one that is none among others', `${a},x,${b}`],
  ])('may not hold %s', (_, text) => {
    expect(committeeFromText(text)).toBeUndefined();
  });

  it('may not be endless', () => {
    expect(committeeFrom(new Array(mostMembers).fill(a))).toHaveLength(mostMembers);
    expect(committeeFrom(new Array(mostMembers + 1).fill(a))).toBeUndefined();
  });
});
