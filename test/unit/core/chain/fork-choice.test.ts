import { describe, expect, it } from 'vitest';
import {
  compareStandings,
  eligibleHolders,
  rankNotListed,
  rankOf,
  standingOf,
} from '../../../../core/chain/fork-choice.ts';
import { bytesToHex, concatBytes, utf8Bytes } from '../../../../core/codec/bytes.ts';
import { sha256 } from '../../../../core/crypto/hash.ts';
import type { Author } from '../../../model/author.ts';
import { authors } from '../../../model/author.ts';
import { otherParity } from '../../../model/fake-curve.ts';

const [a, b, c, d] = authors(4) as [Author, Author, Author, Author];

describe('whose word counts at a fork', () => {
  const eligible = (choices: readonly Author[], authors: readonly Author[]) =>
    eligibleHolders(
      choices.map(({ key }) => key),
      authors.map(({ holder }) => holder),
    );

  it.each([
    ['nobody’s without a block', [], [], []],
    ['the first three’s that it names', [a, b, c, d], [], [a, b, c]],
    ['its author’s and those of its ancestors', [], [a, b], [a, b]],
    ['one that is named twice, once', [a, a, a, b], [], [a]],
    ['one that is named and has written, once', [a], [a, b], [a, b]],
  ] as const)('is %s', (_, choices, authors, wanted) => {
    expect(eligible(choices, authors)).toEqual(new Set(wanted.map(({ holder }) => holder)));
  });

  it('is one for both parities of a key', () => {
    expect(eligibleHolders([otherParity(a.key)], [a.holder]).size).toBe(1);
  });
});

describe("an author's rank", () => {
  it('is the place among the choices, from 0', () => {
    expect([a, b, c].map(({ key }) => rankOf(key, [a.key, b.key, c.key]))).toEqual([0, 1, 2]);
  });

  it('is the first place of a key that is named twice', () => {
    expect(rankOf(b.key, [a.key, b.key, b.key])).toBe(1);
  });

  it('does not look at parity', () => {
    expect(rankOf(otherParity(b.key), [a.key, b.key])).toBe(1);
    expect(rankOf(b.key, [a.key, otherParity(b.key)])).toBe(1);
  });

  it('is 99 for one who is not named, and for one who is named later than that', () => {
    expect(rankOf(d.key, [a.key, b.key])).toBe(rankNotListed);
    expect(rankOf(d.key, [])).toBe(99);
    const many = Array.from({ length: 150 }, (_, place) => (place === 120 ? d.key : a.key));
    expect(rankOf(d.key, many)).toBe(99);
    expect(rankOf(d.key, many.slice(22))).toBe(98);
  });
});

describe('the standing of a block', () => {
  const parent = a.block(undefined, [b.key, c.key]);

  it('has the lot that the specification gives', () => {
    const block = b.block(parent);
    const lot = sha256(concatBytes(utf8Bytes('mcfc'), parent.hash, b.key));
    expect(bytesToHex(standingOf(block, parent.nextChoices).lot)).toBe(bytesToHex(lot));
  });

  it('ranks a first block as not listed, for nobody named its author', () => {
    expect(standingOf(parent, undefined).rank).toBe(99);
  });

  it('puts rank before lot before hash', () => {
    const of = (author: Author) => standingOf(author.block(parent), parent.nextChoices);
    expect(compareStandings(of(b), of(c))).toBeLessThan(0);
    expect(compareStandings(of(c), of(a))).toBeLessThan(0);
    const [unlisted, other] = [of(a), of(d)];
    const lots = bytesToHex(unlisted.lot) < bytesToHex(other.lot);
    expect(compareStandings(unlisted, other) < 0).toBe(lots);
    const [one, two] = [of(b), of(b)];
    expect(compareStandings(one, two) < 0).toBe(bytesToHex(one.hash) < bytesToHex(two.hash));
  });

  it('is the same only for the same block', () => {
    const block = b.block(parent);
    expect(compareStandings(standingOf(block, parent.nextChoices), standingOf(block, parent.nextChoices))).toBe(0);
  });
});
