import { describe, expect, it } from 'vitest';
import { captureBlocks, findings, Health, healthBlocks } from '../../../../core/chain/health.ts';
import type { HashHex, Holder } from '../../../../core/crypto/keys.ts';
import { authors } from '../../../model/author.ts';
import { otherParity } from '../../../model/fake-curve.ts';

const keys = authors(200);

function key(place: number) {
  const author = keys[place];
  if (author === undefined) throw new Error('there are 200');
  return author;
}

interface Written {
  readonly author: ReturnType<typeof key>['key'];
  readonly nextChoices: readonly ReturnType<typeof key>['key'][];
}

function written(by: number, ...named: readonly number[]): Written {
  return { author: key(by).key, nextChoices: named.map((place) => key(place).key) };
}

/** So many blocks, the author and the named ones by a rule. */
function chain(count: number, rule: (height: number) => Written): Written[] {
  return Array.from({ length: count }, (_, height) => rule(height));
}

/** Five peers that take turns, each naming three others. */
function honest(height: number): Written {
  return written(height % 5, (height + 1) % 5, (height + 2) % 5, (height + 3) % 5);
}

/** One of the five names only itself from now on. */
const alone = () => written(0, 0);
/** One of the five names keys of its own invention, a new one with each block. */
const invented = (height: number) => written(height === 0 ? 0 : 100 + height - 1, 100 + height);
/** Two are left of the five. */
const twoLeft = (height: number) => written(height % 2, (height + 1) % 2);

const nobody = new Set<Holder>();

describe('what the newest blocks show', () => {
  it.each([
    ['of no block', [], { ofBlocks: 0, authors: 0, greatestShare: 0, candidates: 0 }],
    ['of a first block', [written(0, 1)], { ofBlocks: 1, authors: 1, greatestShare: 1, candidates: 1 }],
    ['of a block that names nobody', [written(0)], { ofBlocks: 1, authors: 1, greatestShare: 1, candidates: 0 }],
    ['of five that take turns', chain(10, honest), { ofBlocks: 10, authors: 5, greatestShare: 0.2, candidates: 5 }],
    ['of two that take turns', chain(9, twoLeft), { ofBlocks: 9, authors: 2, greatestShare: 5 / 9, candidates: 2 }],
    [
      'of more than 64, the newest 64',
      [...chain(50, () => written(9, 8)), ...chain(healthBlocks, alone)],
      { ofBlocks: 64, authors: 1, greatestShare: 1, candidates: 1 },
    ],
    [
      'of one key in both parities, one key',
      [written(0, 1), { author: otherParity(key(0).key), nextChoices: [otherParity(key(1).key)] }],
      { ofBlocks: 2, authors: 1, greatestShare: 1, candidates: 1 },
    ],
  ])('%s', (_, blocks, wanted) => {
    expect(findings(blocks, nobody)).toMatchObject(wanted);
  });
});

describe('a capture', () => {
  const cases: readonly (readonly [string, readonly Written[], boolean])[] = [
    ['is none among five that take turns', chain(64, honest), false],
    ['is one when a key names itself alone for 16 blocks', [...chain(20, honest), ...chain(16, alone)], true],
    ['is none after 15 of them', [...chain(20, honest), ...chain(15, alone)], false],
    ['is one when a key has named itself alone from the first block', chain(16, alone), true],
    ['is none when an author names nobody, for then anybody may write', chain(16, () => written(0)), false],
    [
      'is one when a key names only new keys, each of which does so too',
      [...chain(20, honest), ...chain(16, invented)],
      true,
    ],
    ['is none after 15 of those', [...chain(20, honest), ...chain(15, invented)], false],
    [
      'is none when one of them names somebody from before',
      [...chain(20, honest), ...chain(15, invented), written(114, 115, 3)],
      false,
    ],
    ['is none where two are left who knew each other before', [...chain(20, honest), ...chain(16, twoLeft)], false],
    ['is none where a network of two has never had others', chain(64, twoLeft), false],
    ['is none where nobody was before', chain(16, invented), false],
  ];

  it.each(cases)('%s', (_, blocks, wanted) => {
    const health = look(new Health(), blocks);
    expect(health.captured).toBe(wanted);
  });

  it('by invented keys is none while nobody who was shut out is online, and by one key alone is one all the same', () => {
    const [byMany, byOne] = [invented, alone].map((rule) => [...chain(20, honest), ...chain(16, rule)]) as [
      Written[],
      Written[],
    ];
    const shutOut = new Set([1, 2, 3, 4].map((place) => key(place).holder));
    const asked = new Set<Holder>();
    const nobodyIs = (holder: Holder): boolean => {
      asked.add(holder);
      return false;
    };
    expect(look(new Health(), byMany, nobodyIs).captured).toBe(false);
    expect(asked).toEqual(shutOut);
    expect(look(new Health(), byMany, (holder) => holder === key(3).holder).captured).toBe(true);
    expect(look(new Health(), byOne, () => false).captured).toBe(true);
  });

  it('stays one when the blocks before it are out of sight, until somebody from before is named', () => {
    const health = new Health();
    const blocks = [...chain(20, honest), ...chain(90, invented)];
    const seen: boolean[] = [];
    for (let count = 20 + captureBlocks; count <= blocks.length; count += 5) {
      seen.push(look(health, blocks.slice(0, count)).captured);
    }
    expect(new Set(seen)).toEqual(new Set([true]));
    const freed = [...blocks, written(189, 3)];
    expect(look(health, freed).captured).toBe(false);
    const old = new Set([0, 1, 2, 3, 4].map((place) => key(place).holder));
    const goesOn = [...freed, written(3, 1, 2), written(1, 2, 4)];
    expect(look(health, goesOn, (holder) => old.has(holder)).captured).toBe(false);
  });

  it('is looked for again only when the tip is another', () => {
    const health = new Health();
    let asked = 0;
    const blocks = () => {
      asked++;
      return chain(16, alone);
    };
    for (const tip of ['one', 'one', 'two', 'two', 'one']) health.look(tip as HashHex, blocks, () => true);
    expect(asked).toBe(3);
  });
});

function look(health: Health, blocks: readonly Written[], isOnline = (_: Holder): boolean => true) {
  return health.look(`${blocks.length}` as HashHex, () => blocks, isOnline);
}

it('is missed for three others by an honest draw of 3 among 10 less than once in 300 chains of 16 blocks', () => {
  // The comment at captureBlocks: (1 − 3/10)^16.
  expect(1 / (1 - 3 / 10) ** captureBlocks).toBeGreaterThan(300);
});
