/**
 * core/chain/block.ts against the reference's blocks.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  blockCheck,
  blockHash,
  createBlock,
  decodeBlock,
  encodeBlock,
  writtenBlockBytes,
} from '../../../../core/chain/block.ts';
import { createData, sharedDataBytes } from '../../../../core/chain/data.ts';
import { bytesToHex, concatBytes, hexToBytes } from '../../../../core/codec/bytes.ts';
import { nobleCurve, nobleVerifier } from '../../../../core/crypto/noble-curve.ts';
import { oracleBlock } from '../../../model/borsh-oracle.ts';
import { randomBlock } from '../../../model/random-values.ts';
import { Seeded } from '../../../model/seeded.ts';
import { identity } from '../../../model/session-parts.ts';
import { blockVector, blockVectors, folderVector } from '../../../model/vectors.ts';

describe('a block', () => {
  it.each(blockVectors().cases)('is read as the vectors say: $name', ({ borsh, block }) => {
    const decoded = decodeBlock(hexToBytes(borsh));
    if (block !== undefined) expect(blockVector(decoded)).toEqual(block);
    expect(bytesToHex(encodeBlock(decoded))).toBe(borsh);
    expect(bytesToHex(oracleBlock(decoded))).toBe(borsh);
  });

  it("of the reference's folder has the hash and signature that this page computes", async () => {
    const stored = folderVector();
    expect(stored.length).toBe(4);
    for (const [height, { borsh, block }] of stored.entries()) {
      const decoded = decodeBlock(hexToBytes(borsh));
      expect(blockVector(decoded)).toEqual(block);
      expect(bytesToHex(blockHash(decoded))).toBe(block.hash);
      expect(await nobleVerifier.verify([blockCheck(decoded)])).toEqual([true]);
      expect(block.parent).toBe(stored[height - 1]?.block.hash ?? null);
    }
  });

  it('has the Borsh that the oracle makes, for 100 random blocks', () => {
    const seeded = new Seeded(27);
    for (let i = 0; i < 100; i++) {
      const block = randomBlock(seeded);
      const bytes = encodeBlock(block);
      expect(bytesToHex(bytes)).toBe(bytesToHex(oracleBlock(block)));
      expect(decodeBlock(bytes)).toEqual(block);
    }
  });

  it('hashes parent, author, candidates and items, in this order and without lengths', () => {
    const seeded = new Seeded(28);
    for (let i = 0; i < 50; i++) {
      const block = randomBlock(seeded);
      const hash = createHash('sha256');
      if (block.parent !== undefined) hash.update(block.parent);
      hash.update(block.author);
      for (const choice of block.nextChoices) hash.update(choice);
      for (const { data, author, sign } of block.data) hash.update(data).update(author).update(sign);
      expect(bytesToHex(blockHash(block))).toBe(hash.digest('hex'));
    }
  });

  it('is refused with a byte more or less', () => {
    const bytes = encodeBlock(randomBlock(new Seeded(29)));
    expect(() => decodeBlock(bytes.subarray(1))).toThrow(expect.objectContaining({ name: 'CodecError' }));
    expect(() => decodeBlock(bytes.subarray(0, -1))).toThrow(expect.objectContaining({ code: 'truncated' }));
    const longer = concatBytes(bytes, new Uint8Array(1));
    expect(() => decodeBlock(longer)).toThrow(expect.objectContaining({ code: 'trailing' }));
  });
});

describe('a block of ours', () => {
  const { secret, publicKey } = identity(0);
  const seeded = new Seeded(30);

  it('carries its own hash, signed by its author', async () => {
    const item = createData(nobleCurve, seeded.random, publicKey, secret, seeded.bytes(9));
    const content = { parent: undefined, data: [item], nextChoices: [publicKey], author: publicKey };
    const block = createBlock(nobleCurve, seeded.random, secret, content);
    expect(block).toEqual({ ...content, hash: blockHash(content), sign: block.sign });
    expect(await nobleVerifier.verify([blockCheck(block)])).toEqual([true]);
    expect(decodeBlock(encodeBlock(block))).toEqual(block);
  });

  it('has room for one shared item of the largest size', () => {
    const item = createData(nobleCurve, seeded.random, publicKey, secret, new Uint8Array(sharedDataBytes));
    const nextChoices = [publicKey, publicKey, publicKey];
    const content = { parent: blockHash(randomBlock(seeded)), data: [item], nextChoices, author: publicKey };
    const block = createBlock(nobleCurve, seeded.random, secret, content);
    expect(encodeBlock(block).length).toBeLessThan(writtenBlockBytes);
  });
});
