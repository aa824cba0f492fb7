import { describe, expect, it } from 'vitest';
import { authorBlocks, recentAuthors } from '../../../../core/chain/recent-authors.ts';
import { holderOf, type PublicKey } from '../../../../core/crypto/keys.ts';
import { authors } from '../../../model/author.ts';
import { otherParity } from '../../../model/fake-curve.ts';
import { Seeded } from '../../../model/seeded.ts';

const people = authors(6).map(({ key }) => key);
const [a, b, c] = people as [PublicKey, PublicKey, PublicKey];
const by = (...keys: readonly PublicKey[]) =>
  recentAuthors(keys.map((author) => ({ author, holder: holderOf(author) })));
const many = (count: number) => Array<PublicKey>(count).fill(b);

describe('the authors of the newest blocks', () => {
  it('are there once each, by either parity, the newest first', () => {
    expect(by(a, b, otherParity(a), c)).toEqual([c, otherParity(a), b]);
  });

  it('are those of 64 blocks', () => {
    expect(by(a, ...many(authorBlocks - 1))).toEqual([b, a]);
    expect(by(a, ...many(authorBlocks))).toEqual([b]);
  });

  it('are nobody where there is no block', () => {
    expect(by()).toEqual([]);
  });

  it('are those that a search of the list finds', () => {
    const seeded = new Seeded(3);
    for (let round = 0; round < 200; round++) {
      const chain = Array.from({ length: seeded.below(90) }, () => seeded.pick(people));
      const newest = chain.slice(-authorBlocks);
      const wanted = people.filter((key) => newest.includes(key));
      wanted.sort((one, other) => newest.lastIndexOf(other) - newest.lastIndexOf(one));
      expect(by(...chain)).toEqual(wanted);
    }
  });
});
