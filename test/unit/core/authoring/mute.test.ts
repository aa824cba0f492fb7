import { describe, expect, it } from 'vitest';
import { Mute } from '../../../../core/authoring/mute.ts';
import { type Author, authors } from '../../../model/author.ts';
import { otherParity } from '../../../model/fake-curve.ts';

const [a, b] = authors(2) as [Author, Author];
const start = 50_000;

describe('a reference peer that is first in turn', () => {
  it('is mute when it has written nothing for 5 s while data waited', () => {
    const mute = new Mute();
    mute.look(a.key, start, start);
    expect([mute.has(a.key), mute.deadline]).toEqual([false, start + 5_000]);
    mute.look(a.key, start, start + 4_999);
    expect(mute.has(a.key)).toBe(false);
    mute.look(a.key, start, start + 5_000);
    expect([mute.has(a.key), mute.has(otherParity(a.key)), mute.has(b.key)]).toEqual([true, true, false]);
    mute.look(a.key, start, start + 6_000);
    expect(mute.deadline).toBeUndefined();
  });

  it('is mute no more when it has written', () => {
    const mute = new Mute();
    mute.look(a.key, start, start + 5_000);
    mute.wrote(b.key);
    expect(mute.has(a.key)).toBe(true);
    mute.wrote(a.key);
    expect(mute.has(a.key)).toBe(false);
  });

  it('is not waited for once nothing waits, or another is first', () => {
    const mute = new Mute();
    mute.look(a.key, start, start + 1_000);
    mute.rest();
    expect(mute.deadline).toBeUndefined();
    mute.look(a.key, start, start + 1_000);
    mute.look(undefined, start, start + 9_000);
    expect([mute.has(a.key), mute.deadline]).toEqual([false, undefined]);
  });

  it('is remembered with at most 1,023 others', () => {
    const mute = new Mute();
    const many = authors(1_030, 7);
    for (const { key } of many) mute.look(key, start, start + 5_000);
    expect(many.filter(({ key }) => mute.has(key))).toHaveLength(1_024);
  });
});
