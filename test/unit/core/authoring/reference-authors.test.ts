/**
 * core/authoring/reference-authors.ts: who of the reference is to write, as each era sees it, and who writes no more.
 */
import { describe, expect, it } from 'vitest';
import { ReferenceAuthors } from '../../../../core/authoring/reference-authors.ts';
import type { TreeBlock } from '../../../../core/chain/tree.ts';
import type { HashHex, PublicKey } from '../../../../core/crypto/keys.ts';
import { Members } from '../../../../core/network/members.ts';
import { type Author, authors } from '../../../model/author.ts';
import { otherParity } from '../../../model/fake-curve.ts';
import { Seeded } from '../../../model/seeded.ts';

/** The smallest key first. */
const [first, second, own, third] = authors(4) as [Author, Author, Author, Author];
const start = 50_000;
const pending = start;
const muteAt = start + 5_000;

/** As much of a block in the tree as is looked at. */
function block(id: string, author: Author, ...candidates: readonly { readonly key: PublicKey }[]): TreeBlock {
  const nextChoices = candidates.map(({ key }) => key);
  return { id: id as HashHex, arrivedAt: start, block: { author: author.key, nextChoices } } as unknown as TreeBlock;
}

function bench(...here: readonly Author[]) {
  const members = new Members(own.key, new Seeded(1).random, start - 60_000);
  for (const { key } of here) members.provenBy(key, start, false, 1);
  return { members, references: new ReferenceAuthors(own.key, members) };
}

const mute = (references: ReferenceAuthors, ...people: readonly Author[]) =>
  people.filter(({ key }) => references.isMute(key));

describe('a reference peer that is first in turn', () => {
  it('is called mute when data has waited 5 s for it, and is no author then', () => {
    const { references } = bench(first, second);
    const tip = block('01', own, first, second);
    references.look(tip, pending, start);
    expect([references.deadline, references.writes(first.key)]).toEqual([muteAt, true]);
    references.look(tip, pending, muteAt);
    expect(mute(references, first, second)).toEqual([first]);
    expect([references.deadline, references.writes(first.key), references.writes(second.key)]).toEqual([
      undefined,
      false,
      true,
    ]);
  });

  it('is not waited for while nothing is pending, nor before the first block', () => {
    const { references } = bench(first);
    references.look(block('01', own, first), pending, start);
    references.look(block('01', own, first), undefined, muteAt);
    references.look(undefined, pending, muteAt);
    expect([references.deadline, mute(references, first)]).toEqual([undefined, []]);
  });

  it('is an author again as soon as its block is the newest, although that block took all that was pending', () => {
    const { references } = bench(first);
    references.look(block('01', own, first), pending, muteAt);
    references.look(block('02', first, first), undefined, muteAt + 1);
    references.look(block('03', own, own), undefined, muteAt + 2);
    expect(mute(references, first)).toEqual([]);
  });

  it.each<[string, (members: Members) => void]>([
    ['gone', (members) => members.gone(first.key, true, start)],
    ['ours', (members) => members.provenBy(first.key, start, true)],
  ])('is not called mute when it is %s', (_, change) => {
    const { members, references } = bench(first);
    change(members);
    references.look(block('01', own, first), pending, muteAt);
    expect(mute(references, first)).toEqual([]);
  });

  it('is not called mute while we are to write before it', () => {
    const { references } = bench(first);
    references.look(block('01', first, { key: otherParity(own.key) }, first), pending, muteAt);
    expect(mute(references, first)).toEqual([]);
  });
});

describe('one that may write out of its turn', () => {
  const later = start + 3_000;
  const holds = (references: ReferenceAuthors, key: PublicKey) => references.holdUntil([key], start) === later;

  it('was to write when another wrote instead', () => {
    const { references } = bench(first);
    references.look(block('01', own, first), undefined, start);
    references.look(block('02', own, own), undefined, start);
    expect([holds(references, first.key), holds(references, second.key)]).toEqual([true, false]);
  });

  it('is another for the era that knows nothing of keys that only Announce speaks for', () => {
    const { members, references } = bench(first);
    members.provenBy(second.key, start, false);
    expect([first, second].map(({ key }) => members.isStanding(key))).toEqual([true, false]);
    references.look(block('01', own, first, second), undefined, start);
    references.look(block('02', own, own), undefined, start);
    expect([first, second, third].map(({ key }) => holds(references, key))).toEqual([true, true, false]);
  });

  it('has the lowest key online where there is no block yet', () => {
    const { references } = bench(first, third);
    references.look(undefined, undefined, start);
    references.look(block('01', own, own), undefined, start);
    expect([holds(references, first.key), holds(references, third.key)]).toEqual([true, false]);
  });

  it('is nobody where our own key is the lowest', () => {
    const { references } = bench(third);
    references.look(undefined, undefined, start);
    references.look(block('01', own, own), undefined, start);
    expect(holds(references, third.key)).toBe(false);
  });
});
