import { describe, expect, it } from 'vitest';
import { authorBlocks, RecentAuthors } from '../../../../core/chain/recent-authors.ts';
import { holderOf, type PublicKey } from '../../../../core/crypto/keys.ts';
import { authors } from '../../../model/author.ts';
import { otherParity } from '../../../model/fake-curve.ts';
import { Seeded } from '../../../model/seeded.ts';

const people = authors(6).map(({ key }) => key);
const [a, b, c] = people as [PublicKey, PublicKey, PublicKey];

describe('the authors of the newest blocks', () => {
  it('are there once each, by either parity, the newest first', () => {
    const authors = new RecentAuthors();
    authors.moved(0, [a, b, otherParity(a), c]);
    expect(authors.distinct).toEqual([c, otherParity(a), b]);
  });

  it('are those of 64 blocks', () => {
    const authors = new RecentAuthors();
    authors.moved(0, [a]);
    authors.moved(0, Array<PublicKey>(authorBlocks - 1).fill(b));
    expect(authors.distinct).toEqual([b, a]);
    authors.moved(0, [b]);
    expect(authors.distinct).toEqual([b]);
  });

  it('go with blocks that the chain left, and older ones take their places', () => {
    const authors = new RecentAuthors();
    authors.moved(0, [a, ...Array<PublicKey>(authorBlocks).fill(b), c]);
    expect(authors.distinct).toEqual([c, b]);
    authors.moved(2, []);
    expect(authors.distinct).toEqual([b, a]);
    authors.moved(1_000, [c]);
    expect(authors.distinct).toEqual([c]);
  });

  it('are those that a list of all blocks gives, whatever the chain does', () => {
    const seeded = new Seeded(3);
    const authors = new RecentAuthors();
    let chain: PublicKey[] = [];
    for (let step = 0; step < 500; step++) {
      const lost = seeded.chance(0.3) ? Math.min(seeded.below(20), chain.length) : 0;
      const gained = Array.from({ length: seeded.below(12) }, () => seeded.pick(people));
      authors.moved(lost, gained);
      chain = [...chain.slice(0, chain.length - lost), ...gained];
      const holders = new Set(chain.slice(-authorBlocks).map(holderOf));
      expect(new Set(authors.distinct.map(holderOf))).toEqual(holders);
    }
  });
});
