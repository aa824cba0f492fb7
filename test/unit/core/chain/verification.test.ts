import { describe, expect, it } from 'vitest';
import { type Block, encodeBlock } from '../../../../core/chain/block.ts';
import { ChainVerification, type HeldChain, nothingHeld, type Verdict } from '../../../../core/chain/verification.ts';
import type { Hash, Signature } from '../../../../core/crypto/keys.ts';
import { Author } from '../../../model/author.ts';
import { fakeVerify, otherParity } from '../../../model/fake-curve.ts';

const [a, b, c] = [new Author(1), new Author(2), new Author(3)] as const;

const anybody = { accepts: () => true };
/** Only whom the parent names, as in a network without forced restarts. */
const listedOnly = {
  accepts: (author: Uint8Array, choices: readonly Uint8Array[]) =>
    choices.some((choice) => Buffer.compare(choice.subarray(1), author.subarray(1)) === 0),
};

/** Written by each in turn, each naming the next two. */
function chainOf(count: number, parent?: Block): Block[] {
  const blocks: Block[] = [];
  const authors = [a, b, c];
  for (let i = 0; i < count; i++) {
    const [author, next, later] = [0, 1, 2].map((turn) => authors[(i + turn) % 3] as Author) as [
      Author,
      Author,
      Author,
    ];
    blocks.push(author.block(blocks.at(-1) ?? parent, [next.key, later.key]));
  }
  return blocks;
}

function heldOf(blocks: readonly Block[]): HeldChain {
  return { count: blocks.length, root: blocks[0]?.hash, tip: blocks.at(-1) };
}

function verdictOn(
  blocks: readonly (Block | Uint8Array)[],
  { held = nothingHeld, authoring = listedOnly, at = blocks.length } = {},
): Verdict & { readonly checks: number } {
  const verification = new ChainVerification(authoring, held);
  const bytes = blocks.map((block) => (block instanceof Uint8Array ? block : encodeBlock(block)));
  const verified: Verdict['blocks'][number][] = [];
  let checks = 0;
  for (const part of [bytes.slice(0, at), bytes.slice(at)]) {
    const inspected = verification.inspect(part);
    checks += inspected.checks.length;
    const { blocks: found, fault } = inspected.judge(fakeVerify(inspected.checks));
    verified.push(...found);
    if (fault !== undefined) return { blocks: verified, fault, checks };
  }
  return { blocks: verified, fault: undefined, checks };
}

describe('a chain', () => {
  const chain = chainOf(9);

  it.each([0, 1, 4, 9])('that is whole is verified, also in two parts with %i blocks in the first', (at) => {
    const { blocks, fault, checks } = verdictOn(chain, { at });
    expect(fault).toBeUndefined();
    expect(blocks.map(({ height, block }) => [height, block])).toEqual(chain.map((block, height) => [height, block]));
    expect(blocks.map(({ bytes }) => bytes)).toEqual(chain.map(encodeBlock));
    expect(blocks.map(({ verified, ids }) => [verified, ids.length])).toEqual(chain.map(() => [[true], 1]));
    expect(checks).toBe(18);
  });

  it('of no block has no fault', () => {
    expect(verdictOn([])).toMatchObject({ blocks: [], fault: undefined });
  });

  const spoilt = (height: number, change: (block: Block) => Block | Uint8Array) =>
    chain.map((block, at) => (at === height ? change(block) : block));
  const forged = new Author(7);
  it.each<[string, readonly (Block | Uint8Array)[], number, RegExp]>([
    ['bytes that are no block', spoilt(4, () => Uint8Array.of(1, 2, 3)), 4, /no block/],
    ['a block and a byte', spoilt(4, (block) => Uint8Array.of(...encodeBlock(block), 0)), 4, /no block/],
    ['no root', chain.slice(1), 0, /parent is not the block before/],
    ['a second root', spoilt(5, () => chainOf(1)[0] as Block), 5, /parent is not the block before/],
    ['a block left out', chain.filter((_, at) => at !== 3), 3, /parent is not the block before/],
    [
      'two blocks exchanged',
      [...chain.slice(0, 2), chain[3], chain[2]] as Block[],
      2,
      /parent is not the block before/,
    ],
    [
      'another hash than that of its content',
      spoilt(8, (block) => ({ ...block, hash: a.item().sign.slice(0, 32) as Hash })),
      8,
      /not the hash of the block/,
    ],
    [
      'another author than the one who signed',
      spoilt(8, (block) => ({ ...block, author: forged.key })),
      8,
      /not the hash of the block/,
    ],
    [
      'a signature that does not hold',
      spoilt(6, (block) => ({ ...block, sign: new Uint8Array(64) as Signature })),
      6,
      /signature does not hold/,
    ],
    ['an author that was not chosen', [...chain.slice(0, 5), forged.block(chain[4])], 5, /not chosen/],
  ])('with %s is valid up to there', (_, blocks, height, why) => {
    for (const at of [0, height, height + 1, blocks.length]) {
      const { blocks: valid, fault } = verdictOn(blocks, { at });
      expect(fault).toMatchObject({ kind: 'bad-block', height, why: expect.stringMatching(why) });
      expect(valid.map(({ block }) => block.hash)).toEqual(
        blocks.slice(0, height).map((block) => (block as Block).hash),
      );
    }
  });

  it('is told of by its first fault when there are several, whichever kind they are', () => {
    const broken = spoilt(6, (block) => ({ ...block, sign: new Uint8Array(64) as Signature }));
    expect(verdictOn([...broken.slice(0, 8), Uint8Array.of(1)]).fault?.height).toBe(6);
    expect(verdictOn([...broken.slice(0, 3), Uint8Array.of(1), ...broken.slice(4)]).fault?.height).toBe(3);
  });

  it('may have an author that nobody named where that is accepted, and says which blocks are such', () => {
    const forced = forged.block(chain[4], [a.key]);
    const blocks = [...chain.slice(0, 5), forced, a.block(forced)];
    const { blocks: verified, fault } = verdictOn(blocks, { authoring: anybody });
    expect(fault).toBeUndefined();
    expect(verified.map(({ forced: isForced }) => isForced)).toEqual([false, false, false, false, false, true, false]);
  });

  it('may be written by a named holder with the other parity of its key', () => {
    const root = a.block(undefined, [otherParity(b.key)]);
    expect(verdictOn([root, b.block(root)]).blocks.map(({ forced }) => forced)).toEqual([false, false]);
  });

  it('may hold items whose signature does not hold, which are told of', () => {
    const item = b.item('signed by another');
    const root = a.block(undefined, [b.key], [a.item(), { ...item, author: c.key }, a.item('third')]);
    const { blocks, fault } = verdictOn([root, b.block(root)]);
    expect(fault).toBeUndefined();
    expect(blocks.map(({ verified }) => verified)).toEqual([[true, false, true], [true]]);
  });
});

describe('a chain of which the beginning is held', () => {
  const chain = chainOf(9);

  it.each([1, 2, 5, 8])('is verified from there on when %i blocks are held', (count) => {
    for (const at of [0, 1, count, 9]) {
      const { blocks, fault, checks } = verdictOn(chain, { held: heldOf(chain.slice(0, count)), at });
      expect(fault).toBeUndefined();
      expect(blocks.map(({ height }) => height)).toEqual(chain.map((_, height) => height).slice(count));
      expect(checks).toBe(2 * (9 - count));
    }
  });

  it('brings nothing new when all of it is held', () => {
    expect(verdictOn(chain, { held: heldOf(chain) })).toMatchObject({ blocks: [], fault: undefined, checks: 0 });
  });

  it('is another chain when it begins with another block', () => {
    const fault = { kind: 'other-chain', height: 0, why: 'it begins with another block' };
    expect(verdictOn(chainOf(9), { held: heldOf(chain) })).toMatchObject({ blocks: [], fault });
  });

  it('is another chain when it has left before the newest block that is held', () => {
    const branch = [...chain.slice(0, 3), ...chainOf(6, chain[2])];
    const held = heldOf(chain.slice(0, 5));
    expect(verdictOn(branch, { held, authoring: anybody }).fault).toEqual({
      kind: 'other-chain',
      height: 4,
      why: 'the block at height 4 is another',
    });
    expect(verdictOn(branch, { held: heldOf(chain.slice(0, 3)), authoring: anybody }).blocks).toHaveLength(6);
  });

  it('must follow on: blocks left out are noticed among those that are held too', () => {
    const { fault } = verdictOn(
      chain.filter((_, at) => at !== 2),
      { held: heldOf(chain.slice(0, 5)) },
    );
    expect(fault).toMatchObject({ kind: 'bad-block', height: 2 });
  });

  it('is believed nothing about whom the newest held block names: that block was not verified', () => {
    const held = chain.slice(0, 5);
    const stranger = new Author(7);
    const lying: Block = { ...(held[4] as Block), nextChoices: [stranger.key] };
    const blocks = [...held.slice(0, 4), lying, stranger.block(held[4])];
    expect(verdictOn(blocks, { held: heldOf(held) }).fault).toMatchObject({
      height: 5,
      why: 'its author was not chosen',
    });
  });
});
