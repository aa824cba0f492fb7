import { describe, expect, it } from 'vitest';
import { Gatherer } from '../../../../core/authoring/gatherer.ts';
import type { HashHex } from '../../../../core/crypto/keys.ts';
import { type Author, authors } from '../../../model/author.ts';
import { otherParity } from '../../../model/fake-curve.ts';

const [ours, first, second] = authors(3) as [Author, Author, Author];
const [one, two, three] = ['01', '02', '03'] as [HashHex, HashHex, HashHex];
const since = 50_000;
const later = since + 3_000;

describe('a reference peer that was to write', () => {
  it('is let write first when another has written instead and the new block names it', () => {
    const gatherer = new Gatherer();
    gatherer.look(one, ours.key, [first.key]);
    gatherer.look(two, ours.key, []);
    expect(gatherer.holdUntil([ours.key, first.key], since)).toBe(later);
    expect(gatherer.holdUntil([ours.key, otherParity(first.key)], since)).toBe(later);
    expect(gatherer.holdUntil([ours.key, second.key], since)).toBe(since);
  });

  it('is not waited for when it has written, or has let another block pass', () => {
    const gatherer = new Gatherer();
    gatherer.look(one, ours.key, [first.key]);
    gatherer.look(two, first.key, []);
    expect(gatherer.holdUntil([first.key], since)).toBe(since);
    gatherer.look(two, first.key, [first.key]);
    gatherer.look(three, ours.key, []);
    expect(gatherer.holdUntil([first.key], since)).toBe(later);
    gatherer.look(one, ours.key, []);
    expect(gatherer.holdUntil([first.key], since)).toBe(since);
  });

  it('may be one in each era, and may have been to write the first block', () => {
    const gatherer = new Gatherer();
    gatherer.look(undefined, undefined, [first.key, second.key]);
    gatherer.look(one, first.key, []);
    expect(gatherer.holdUntil([first.key], since)).toBe(since);
    expect(gatherer.holdUntil([second.key], since)).toBe(later);
  });

  it('is whoever was it last before the block came', () => {
    const gatherer = new Gatherer();
    gatherer.look(one, ours.key, [first.key]);
    gatherer.look(one, ours.key, [second.key]);
    gatherer.look(two, ours.key, [first.key]);
    expect(gatherer.holdUntil([first.key], since)).toBe(since);
    expect(gatherer.holdUntil([second.key], since)).toBe(later);
  });
});
