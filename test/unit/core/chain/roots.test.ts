import { describe, expect, it } from 'vitest';
import { type Block, encodeBlock } from '../../../../core/chain/block.ts';
import { type Beginning, decideRoots, Roots, settledBlocks, type Verdict } from '../../../../core/chain/roots.ts';
import { hashHex } from '../../../../core/crypto/keys.ts';
import { type Author, authors, candidateOf } from '../../../model/author.ts';
import { otherParity } from '../../../model/fake-curve.ts';
import { recut } from '../../../model/recut.ts';
import { Seeded } from '../../../model/seeded.ts';

const people = authors(6);
const [a, b] = people as [Author, Author];

function beginning(chain: readonly Block[]): Beginning {
  const [first] = chain as [Block];
  return { root: first.hash, authors: chain.slice(0, settledBlocks + 1).map(({ author }) => author), isFixed: false };
}

/** A chain whose blocks are by these, in turn. */
function chainBy(writers: readonly Author[], length: number): Block[] {
  const blocks: Block[] = [];
  for (let height = 0; height < length; height++) {
    const writer = writers[height % writers.length] as Author;
    blocks.push(writer.block(blocks.at(-1), [writer.key]));
  }
  return blocks;
}

const opposite: { readonly [verdict in Verdict]: Verdict } = {
  ours: 'theirs',
  theirs: 'ours',
  undecidable: 'undecidable',
};

describe('which of two roots holds', () => {
  it('is answered alike on both sides, whatever the chains', () => {
    const seeded = new Seeded(1);
    const seen = new Set<Verdict>();
    for (let round = 0; round < 300; round++) {
      const [one, other] = [0, 1].map(() => {
        const length = seeded.chance(0.3) ? seeded.between(60, 70) : seeded.between(1, 20);
        const held = beginning(chainBy(seeded.shuffled(people).slice(0, seeded.between(1, 6)), length));
        return { ...held, isFixed: seeded.chance(0.4) };
      }) as [Beginning, Beginning];
      const configured = seeded.pick([undefined, undefined, hashHex(one.root), hashHex(other.root), 'ff'.repeat(32)]);
      const verdict = decideRoots(one, other, configured);
      expect(decideRoots(other, one, configured)).toBe(opposite[verdict]);
      seen.add(verdict);
    }
    expect([...seen].sort()).toEqual(['ours', 'theirs', 'undecidable']);
  });

  it('is the configured one, whatever else is so', () => {
    const [long, short] = [beginning(chainBy(people, 65)), beginning(chainBy([a], 1))];
    expect(decideRoots(long, short, hashHex(short.root))).toBe('theirs');
    expect(decideRoots(short, long, hashHex(short.root))).toBe('ours');
    const other = beginning(chainBy([b], 65));
    expect(decideRoots(long, other, hashHex(other.root))).toBe('theirs');
  });

  it('is that of a chain of more than 64 blocks over one that has not so many', () => {
    const [settled, not] = [beginning(chainBy([a], 65)), beginning(chainBy(people, 64))];
    expect(decideRoots(settled, not, undefined)).toBe('ours');
    expect(decideRoots(not, settled, undefined)).toBe('theirs');
  });

  it('is an operator to say between two of more than 64', () => {
    expect(decideRoots(beginning(chainBy([a], 65)), beginning(chainBy(people, 300)), undefined)).toBe('undecidable');
  });

  it('is that which a reference neighbour holds, whatever the authors, but never against more than 64 blocks', () => {
    const [many, one] = [beginning(chainBy(people, 30)), beginning(chainBy([a], 2))];
    const fixed = { ...one, isFixed: true };
    expect([decideRoots(many, fixed, undefined), decideRoots(fixed, many, undefined)]).toEqual(['theirs', 'ours']);
    expect(decideRoots(many, fixed, hashHex(many.root))).toBe('ours');
    const settled = beginning(chainBy([b], 65));
    expect([decideRoots(settled, fixed, undefined), decideRoots(fixed, settled, undefined)]).toEqual([
      'ours',
      'theirs',
    ]);
    expect(decideRoots(settled, { ...beginning(chainBy([a], 65)), isFixed: true }, undefined)).toBe('undecidable');
  });

  it('is that with more authors when a reference neighbour holds each', () => {
    const [many, one] = [beginning(chainBy(people, 30)), beginning(chainBy([a], 2))];
    const both = [many, one].map((held) => ({ ...held, isFixed: true })) as [Beginning, Beginning];
    expect([decideRoots(both[0], both[1], undefined), decideRoots(both[1], both[0], undefined)]).toEqual([
      'ours',
      'theirs',
    ]);
  });

  it('is that with more distinct authors, both parities of a key being one', () => {
    const [two, one] = [beginning(chainBy([a, b], 2)), beginning(chainBy([a], 30))];
    expect(decideRoots(two, one, undefined)).toBe('ours');
    const oneOnly = { ...two, authors: [a.key, otherParity(a.key)] };
    const verdict = hashHex(oneOnly.root) < hashHex(one.root) ? 'ours' : 'theirs';
    expect(decideRoots(oneOnly, one, undefined)).toBe(verdict);
  });

  it('is the smaller hash, when nothing else tells', () => {
    for (let round = 0; round < 10; round++) {
      const [one, other] = [beginning([a.block(undefined)]), beginning([b.block(undefined)])];
      expect(decideRoots(one, other, undefined)).toBe(hashHex(one.root) < hashHex(other.root) ? 'ours' : 'theirs');
    }
  });
});

describe('chains of other roots', () => {
  const offer = (roots: Roots, block: Block, link = 1) => roots.offer(candidateOf(block), link, undefined);

  it('are gathered from their first block on, and only in order', () => {
    const roots = new Roots(undefined);
    const chain = a.chain(5);
    const [first, second, third] = chain as [Block, Block, Block];
    const root = hashHex(first.hash);
    expect(offer(roots, second)).toBeUndefined();
    expect(offer(roots, first)).toEqual({ root, isNew: true });
    expect(offer(roots, third)).toBeUndefined();
    expect(offer(roots, second)).toEqual({ root, isNew: true });
    expect(roots.lastOf(root)).toEqual(second.hash);
    expect(roots.hashesOf(root)).toEqual([first.hash, second.hash]);
    expect(roots.take(root)?.blocks.map(({ block }) => block)).toEqual([first, second]);
    expect([roots.lastOf(root), roots.take(root)]).toEqual([undefined, undefined]);
  });

  it('know a block that comes again', () => {
    const roots = new Roots(undefined);
    const chain = a.chain(4);
    const root = hashHex((chain[0] as Block).hash);
    for (const block of chain) offer(roots, block);
    for (const block of chain) expect(offer(roots, block, 2)).toEqual({ root, isNew: false });
    expect(roots.take(root)?.blocks).toHaveLength(4);
  });

  it('keep the better of two bodies of one hash, whichever comes first', () => {
    for (const order of [0, 1]) {
      const roots = new Roots(undefined);
      const [first, second] = a.chain(2) as [Block, Block];
      offer(roots, first);
      const whole = candidateOf(second);
      const spoilt = { ...candidateOf(recut(second)), verified: [false] };
      const [earlier, later] = order === 0 ? [whole, spoilt] : [spoilt, whole];
      const root = hashHex(first.hash);
      expect(roots.offer(earlier, 1, undefined)).toEqual({ root, isNew: true });
      expect(roots.offer(later, 2, undefined)).toEqual({ root, isNew: false });
      expect(roots.take(root)?.blocks.map(({ bytes }) => bytes)).toEqual([encodeBlock(first), encodeBlock(second)]);
    }
  });

  it('are not begun by our own root', () => {
    const roots = new Roots(undefined);
    const own = a.block(undefined);
    expect(roots.offer(candidateOf(own), 1, hashHex(own.hash))).toBeUndefined();
  });

  it('are eight at most, and make room when one lost or its link ended', () => {
    const roots = new Roots(undefined);
    const firsts = Array.from({ length: 9 }, () => a.block(undefined));
    const taken = firsts.map((block, place) => offer(roots, block, place) !== undefined);
    expect(taken).toEqual([true, true, true, true, true, true, true, true, false]);
    roots.drop(hashHex((firsts[0] as Block).hash));
    expect(offer(roots, firsts[8] as Block, 8)).toBeDefined();
    roots.forget(5);
    expect(offer(roots, firsts[0] as Block, 0)).toBeDefined();
    expect(roots.from(5)).toEqual([]);
    expect(roots.from(0)).toEqual([hashHex((firsts[0] as Block).hash)]);
  });

  it('are read as far as a decision can need, and no further', () => {
    const roots = new Roots(undefined);
    const chain = a.chain(70);
    const root = hashHex((chain[0] as Block).hash);
    const taken = chain.map((block) => offer(roots, block) !== undefined);
    expect(taken.indexOf(false)).toBe(settledBlocks + 1);
    expect(roots.enough(root)).toBe(true);
  });

  it('are held within 16 MiB each', () => {
    const roots = new Roots(undefined);
    const chain = [a.block(undefined)];
    for (let count = 0; count < 6; count++) chain.push(a.block(chain.at(-1), [a.key], [a.item('', 4 << 20)]));
    expect(chain.map((block) => offer(roots, block) !== undefined)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('are compared as far as they are held', () => {
    const roots = new Roots(undefined);
    const theirs = chainBy([a, b], 3);
    const root = hashHex((theirs[0] as Block).hash);
    offer(roots, theirs[0] as Block);
    const ours = beginning(chainBy([people[2] as Author], 5));
    expect(roots.decide(ours, root, false)).toBe(hashHex(ours.root) < root ? 'ours' : 'theirs');
    offer(roots, theirs[1] as Block);
    expect(roots.decide(ours, root, false)).toBe('theirs');
    expect(roots.decide({ ...ours, isFixed: true }, root, false)).toBe('ours');
    expect(roots.decide({ ...ours, isFixed: true }, root, true)).toBe('theirs');
  });
});
