/**
 * core/chain/verify.ts against the 19 blocks of the vectors and what ours must say of each.
 */
import { describe, expect, it } from 'vitest';
import { acceptedBlockBytes, type Block, createBlock, decodeBlock, encodeBlock } from '../../../../core/chain/block.ts';
import { createData, type Data, itemIdOf } from '../../../../core/chain/data.ts';
import {
  type Inspected,
  inspectBlock,
  type Judgement,
  type JudgeOptions,
  judgeBlock,
  repeatedItems,
} from '../../../../core/chain/verify.ts';
import { bytesToHex, hexToBytes } from '../../../../core/codec/bytes.ts';
import { type Hash, itemIdHex, type PublicKey, type Signature } from '../../../../core/crypto/keys.ts';
import { nobleCurve, nobleVerifier } from '../../../../core/crypto/noble-curve.ts';
import { Seeded } from '../../../model/seeded.ts';
import { identity } from '../../../model/session-parts.ts';
import { prefixed } from '../../../model/signature-cases.ts';
import { blockVectors, folderVector } from '../../../model/vectors.ts';

const asNews: JudgeOptions = { news: true, isPoint: nobleCurve.isPoint, authorListedOrNobodyOnline: true };
const synced: JudgeOptions = { ...asNews, news: false };
const nothingVerified = () => false;
const seeded = new Seeded(31);
const [alice, bob] = [identity(0), identity(1)];

function inspected(block: Block, verifiedAlready: Parameters<typeof inspectBlock>[1] = nothingVerified): Inspected {
  const inspection = inspectBlock(block, verifiedAlready);
  if (inspection.kind === 'invalid') throw new Error(`invalid: ${inspection.why}`);
  return inspection;
}

async function judged(block: Block, options: JudgeOptions): Promise<Judgement> {
  const inspection = inspectBlock(block, nothingVerified);
  if (inspection.kind === 'invalid') return inspection;
  return judgeBlock(inspection, await nobleVerifier.verify(inspection.checks), options);
}

function itemOf({ secret, publicKey }: typeof alice, data: Uint8Array): Data {
  return createData(nobleCurve, seeded.random, publicKey, secret, data);
}

/** A block of Alice's. */
function blockOf(data: readonly Data[], nextChoices: readonly PublicKey[] = [alice.publicKey]): Block {
  const content = { parent: undefined, data, nextChoices, author: alice.publicKey };
  return createBlock(nobleCurve, seeded.random, alice.secret, content);
}

describe('the blocks of the vectors', () => {
  const { cases } = blockVectors();
  const kinds = ['valid', 'suspect', 'invalid'];

  it('are 19', () => {
    expect(cases.length).toBe(19);
  });

  it.each(cases)('$name: $ours', async ({ borsh, ours }) => {
    const expected = kinds.find((kind) => ours.startsWith(kind));
    const judgement = await judged(decodeBlock(hexToBytes(borsh)), asNews);
    expect(judgement.kind).toBe(expected);
    if (judgement.kind === 'invalid') return;
    if (ours.includes('marked unverified')) expect(judgement.verified).toContain(false);
    if (ours === 'valid') expect(judgement.verified).not.toContain(false);
    expect(repeatedItems(judgement.ids).includes(true)).toBe(ours.includes('duplicate'));
  });

  it.each(cases)('synced, $name: valid or invalid at once', async ({ borsh, ours }) => {
    const { kind } = await judged(decodeBlock(hexToBytes(borsh)), synced);
    expect(kind).toBe(ours.startsWith('invalid') ? 'invalid' : 'valid');
  });

  it("of the reference's folder are valid", async () => {
    for (const { borsh } of folderVector()) {
      expect((await judged(decodeBlock(hexToBytes(borsh)), asNews)).kind).toBe('valid');
    }
  });
});

describe('an inspection', () => {
  const items = [itemOf(alice, seeded.bytes(3)), itemOf(bob, seeded.bytes(4)), itemOf(bob, seeded.bytes(5))];

  it("asks for the block's own signature first, then for each item's", () => {
    const block = blockOf(items);
    const { ids, checks, checkedItems } = inspected(block);
    expect(ids.map(itemIdHex)).toEqual(items.map((item) => itemIdHex(itemIdOf(item))));
    expect(checks.map(({ signature }) => signature)).toEqual([block.sign, ...items.map(({ sign }) => sign)]);
    expect(checkedItems).toEqual([0, 1, 2]);
  });

  it('leaves out the items that were verified before', async () => {
    const known = itemIdHex(itemIdOf(items[1] as Data));
    const inspection = inspected(blockOf(items), (id) => itemIdHex(id) === known);
    expect(inspection.checks.length).toBe(3);
    expect(inspection.checkedItems).toEqual([0, 2]);
    const judgement = judgeBlock(inspection, await nobleVerifier.verify(inspection.checks), asNews);
    expect(judgement).toMatchObject({ kind: 'valid', verified: [true, true, true] });
    expect(judgeBlock(inspection, [true, false, true], asNews)).toMatchObject({ verified: [false, true, true] });
    expect(judgeBlock(inspection, [true, true, false], asNews)).toMatchObject({ verified: [true, true, false] });
  });

  it('refuses another hash, whichever byte differs', () => {
    const block = blockOf(items);
    for (let index = 0; index < 32; index++) {
      const hash = block.hash.slice() as Hash;
      hash[index] = (hash[index] ?? 0) ^ 1;
      expect(inspectBlock({ ...block, hash }, nothingVerified).kind).toBe('invalid');
    }
  });

  it.each([0, 1, 4, 7, 255])('refuses an author with prefix %d, before anything is hashed', (prefix) => {
    const block = { ...blockOf(items), author: prefixed(prefix, alice.publicKey.subarray(1)) };
    const unread = () => expect.fail('asks for an item');
    expect(inspectBlock(block, unread)).toEqual({ kind: 'invalid', why: 'the author is no key' });
  });

  it('takes a block of 64 MiB and refuses one with a byte more', () => {
    const [sign, author] = [seeded.bytes(64) as Signature, bob.publicKey];
    const itemOfBytes = (bytes: number) => ({ data: new Uint8Array(bytes), author, sign });
    const overhead = encodeBlock(blockOf([itemOfBytes(0)])).length;
    const largest = blockOf([itemOfBytes(acceptedBlockBytes - overhead)]);
    expect(inspectBlock(largest, nothingVerified).kind).toBe('inspected');
    const larger = { ...largest, data: [itemOfBytes(acceptedBlockBytes - overhead + 1)] };
    expect(inspectBlock(larger, nothingVerified)).toEqual({ kind: 'invalid', why: 'the block is too large' });
  });
});

describe('a judgement', () => {
  const good = itemOf(bob, seeded.bytes(3));
  const forged = { ...good, author: alice.publicKey };
  const noKey = new Uint8Array(33) as PublicKey;
  const many = (count: number) => Array.from({ length: count }, () => bob.publicKey);
  const notListed: JudgeOptions = { ...asNews, authorListedOrNobodyOnline: false };

  const suspects: readonly (readonly [string, Block, JudgeOptions, string])[] = [
    ['an item whose signature fails', blockOf([good, forged]), asNews, 'item-signature'],
    ['65 candidates', blockOf([good], many(65)), asNews, 'many-candidates'],
    ['a candidate that is no key', blockOf([good], [bob.publicKey, noKey]), asNews, 'candidate-no-key'],
    ['an author that was not chosen', blockOf([good]), notListed, 'author-not-chosen'],
    ['a forged item and an author not chosen', blockOf([forged]), notListed, 'item-signature'],
    ['many candidates and an author not chosen', blockOf([good], many(65)), notListed, 'many-candidates'],
    ['a candidate no key and an author not chosen', blockOf([good], [noKey]), notListed, 'candidate-no-key'],
  ];

  it.each(suspects)('of news with %s is suspect, of anything else valid', async (_, block, options, why) => {
    expect(await judged(block, options)).toMatchObject({ kind: 'suspect', why, block });
    expect((await judged(block, { ...options, news: false })).kind).toBe('valid');
  });

  it('says which items are verified, of a synced block too', async () => {
    const block = blockOf([good, forged, good]);
    for (const options of [asNews, synced]) {
      expect(await judged(block, options)).toMatchObject({ verified: [true, false, true] });
    }
  });

  it('takes 64 candidates', async () => {
    expect((await judged(blockOf([good], many(64)), asNews)).kind).toBe('valid');
  });

  it('never asks whether candidates are points when there are too many, or when it is no news', async () => {
    const isPoint = () => expect.fail('asks');
    expect((await judged(blockOf([good], many(65)), { ...asNews, isPoint })).kind).toBe('suspect');
    expect((await judged(blockOf([good], many(3)), { ...synced, isPoint })).kind).toBe('valid');
  });

  it("is invalid when the block's own signature fails, whatever the items say", async () => {
    const block = blockOf([good]);
    const inspection = inspected({ ...block, sign: good.sign });
    const results = await nobleVerifier.verify(inspection.checks);
    expect(results).toEqual([false, true]);
    expect(judgeBlock(inspection, results, asNews)).toMatchObject({ kind: 'invalid' });
    expect(judgeBlock(inspection, results, synced)).toMatchObject({ kind: 'invalid' });
  });

  it('wants one result for each check', () => {
    const inspection = inspected(blockOf([good]));
    for (const results of [[], [true], [true, true, true]]) {
      expect(() => judgeBlock(inspection, results, asNews)).toThrow('invariant');
    }
  });
});

describe('repeated items', () => {
  it('are the second and later of the same id', () => {
    const [a, b] = [itemIdOf(itemOf(alice, seeded.bytes(1))), itemIdOf(itemOf(alice, seeded.bytes(1)))];
    expect(bytesToHex(a)).not.toBe(bytesToHex(b));
    expect(repeatedItems([a, b, a.slice() as typeof a, b, a])).toEqual([false, false, true, true, true]);
    expect(repeatedItems([])).toEqual([]);
  });
});
