/**
 * core/chain/data.ts: items, their digest and their id.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  createData,
  dataCheck,
  dataCodec,
  dataDigest,
  encodeData,
  encodedDataBytes,
  itemIdOf,
} from '../../../../core/chain/data.ts';
import { bytesToHex, hexToBytes } from '../../../../core/codec/bytes.ts';
import { decode } from '../../../../core/codec/codec.ts';
import { publicKeyFromHex, type Signature, signatureFrom } from '../../../../core/crypto/keys.ts';
import { nobleCurve, nobleVerifier } from '../../../../core/crypto/noble-curve.ts';
import { oracleData } from '../../../model/borsh-oracle.ts';
import { randomData } from '../../../model/random-values.ts';
import { Seeded } from '../../../model/seeded.ts';
import { identity } from '../../../model/session-parts.ts';
import { keyVectors } from '../../../model/vectors.ts';

const node = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest('hex');

describe('an item', () => {
  it('has the Borsh that the oracle makes, and as many bytes as it says', () => {
    const seeded = new Seeded(24);
    for (let i = 0; i < 100; i++) {
      const item = randomData(seeded);
      const bytes = encodeData(item);
      expect(bytesToHex(bytes)).toBe(bytesToHex(oracleData(item)));
      expect(bytes.length).toBe(encodedDataBytes(item));
      expect(decode(dataCodec, bytes)).toEqual(item);
    }
  });

  it('is known by author, bytes and signature; its author signs the first two', () => {
    const item = randomData(new Seeded(25));
    expect(bytesToHex(dataDigest(item.author, item.data))).toBe(node(item.author, item.data));
    expect(bytesToHex(itemIdOf(item))).toBe(node(item.author, item.data, item.sign));
    const other = { ...item, sign: item.sign.map((byte) => byte ^ 1) as Signature };
    expect(bytesToHex(itemIdOf(other))).not.toBe(bytesToHex(itemIdOf(item)));
  });

  it.each(keyVectors())('of the reference holds: $data.bytes', async ({ pubkey, data }) => {
    const item = {
      data: hexToBytes(data.bytes),
      author: publicKeyFromHex(pubkey),
      sign: signatureFrom(hexToBytes(data.sign)),
    };
    const altered = { ...item, data: hexToBytes(`${data.bytes}00`) };
    expect(await nobleVerifier.verify([item, altered].map(dataCheck))).toEqual([true, false]);
  });

  it('of ours is signed with fresh randomness, and holds', async () => {
    const { secret, publicKey } = identity(0);
    const seeded = new Seeded(26);
    const bytes = seeded.bytes(20);
    const [first, second] = [1, 2].map(() => createData(nobleCurve, seeded.random, publicKey, secret, bytes));
    if (first === undefined || second === undefined) throw new Error('there are two items');
    expect(bytesToHex(first.sign)).not.toBe(bytesToHex(second.sign));
    expect(await nobleVerifier.verify([first, second].map(dataCheck))).toEqual([true, true]);
  });
});
