/**
 * core/crypto/noble-curve.ts against the reference's vectors, libsecp256k1 (tiny-secp256k1) and Node's own ECDH.
 */
import { createECDH } from 'node:crypto';
import { isPointCompressed, pointFromScalar, signSchnorr } from 'tiny-secp256k1';
import { describe, expect, it } from 'vitest';
import { bytesToHex, hexToBytes } from '../../../../core/codec/bytes.ts';
import { sha256 } from '../../../../core/crypto/hash.ts';
import {
  type Hash,
  type PublicKey,
  publicKeyFromHex,
  type SecretKey,
  secretKeyFrom,
  signatureFrom,
} from '../../../../core/crypto/keys.ts';
import { nobleCurve, nobleVerifier } from '../../../../core/crypto/noble-curve.ts';
import { Seeded } from '../../../model/seeded.ts';
import { prefixed, signatureCases } from '../../../model/signature-cases.ts';
import { keyVectors } from '../../../model/vectors.ts';

const secretOf = (hex: string) => secretKeyFrom(hexToBytes(hex));
const noAuxiliary = new Uint8Array(32);
const badSecrets: readonly (readonly [string, string])[] = [
  ['zero', '00'.repeat(32)],
  ['the order', 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141'],
  ['past the order', 'ff'.repeat(32)],
];

describe("the reference's keys", () => {
  it.each(keyVectors())('$pubkey belongs to its secret', ({ secret, pubkey, other }) => {
    expect(bytesToHex(nobleCurve.publicKey(secretOf(secret)))).toBe(pubkey);
    expect(bytesToHex(nobleCurve.publicKey(secretOf(other.secret)))).toBe(other.pubkey);
  });

  it.each(keyVectors())('$pubkey signs data and KeepAlive to the same bytes', async (vector) => {
    const key = publicKeyFromHex(vector.pubkey);
    const count = new Uint8Array(8);
    new DataView(count.buffer).setBigUint64(0, BigInt(vector.keepAlive.count), true);
    const signed: readonly (readonly [Hash, string])[] = [
      [sha256(key, hexToBytes(vector.data.bytes)), vector.data.sign],
      [sha256(count), vector.keepAlive.sign],
    ];
    for (const [digest, sign] of signed) {
      expect(bytesToHex(nobleCurve.sign(digest, secretOf(vector.secret), noAuxiliary))).toBe(sign);
      const check = { key, digest, signature: signatureFrom(hexToBytes(sign)) };
      expect(await nobleVerifier.verify([check])).toEqual([true]);
    }
  });
});

describe('a signature', () => {
  it('is what libsecp256k1 makes of the same secret, digest and auxiliary randomness', () => {
    const seeded = new Seeded(8);
    for (let i = 0; i < 20; i++) {
      const [digest, secret, auxiliary] = [seeded.bytes(32), seeded.bytes(32), seeded.bytes(32)];
      const expected = bytesToHex(signSchnorr(digest, secret, auxiliary));
      expect(bytesToHex(nobleCurve.sign(digest as Hash, secret as SecretKey, auxiliary))).toBe(expected);
    }
  });

  it.each(badSecrets)('is not made with a secret that is %s', (_, hex) => {
    const sign = () => nobleCurve.sign(sha256(), secretOf(hex), noAuxiliary);
    expect(sign).toThrow(expect.objectContaining({ name: 'CryptoError', code: 'bad-secret' }));
  });
});

describe('the verifier', () => {
  it.each(signatureCases())('$name: $holds', async ({ check, holds }) => {
    expect(await nobleVerifier.verify([check])).toEqual([holds]);
  });

  it('answers each check in order, and none with nothing', async () => {
    const cases = signatureCases();
    expect(await nobleVerifier.verify(cases.map(({ check }) => check))).toEqual(cases.map(({ holds }) => holds));
    expect(await nobleVerifier.verify([])).toEqual([]);
  });

  it('says false, and does not throw, for a key or signature of another length', async () => {
    const [honest] = signatureCases();
    if (honest === undefined) throw new Error('there is an honest case');
    const { key, signature } = honest.check;
    const checks = [
      { ...honest.check, key: key.subarray(0, 32) as PublicKey },
      { ...honest.check, key: new Uint8Array(0) as PublicKey },
      { ...honest.check, signature: signature.subarray(0, 63) as typeof signature },
    ];
    expect(await nobleVerifier.verify(checks)).toEqual([false, false, false]);
  });
});

describe('key agreement', () => {
  it("gives the x of Node's ECDH, the same for both sides and both parities", () => {
    const seeded = new Seeded(9);
    for (let i = 0; i < 10; i++) {
      const [a, b] = [seeded.bytes(32) as SecretKey, seeded.bytes(32) as SecretKey];
      const [publicA, publicB] = [nobleCurve.publicKey(a), nobleCurve.publicKey(b)];
      const node = createECDH('secp256k1');
      node.setPrivateKey(a);
      const expected = node.computeSecret(publicB).toString('hex');
      expect(bytesToHex(nobleCurve.sharedX(a, publicB))).toBe(expected);
      expect(bytesToHex(nobleCurve.sharedX(b, publicA))).toBe(expected);
      const otherParity = prefixed(publicB[0] === 2 ? 3 : 2, publicB.subarray(1));
      expect(bytesToHex(nobleCurve.sharedX(a, otherParity))).toBe(expected);
    }
  });

  it('refuses a key that is no point', () => {
    const agree = (key: PublicKey) => () => nobleCurve.sharedX(new Seeded(10).bytes(32) as SecretKey, key);
    const refused = expect.objectContaining({ name: 'CryptoError', code: 'bad-key' });
    for (const { check, holds, name } of signatureCases()) {
      if (holds || !name.startsWith('a key')) continue;
      expect(agree(check.key)).toThrow(refused);
    }
  });

  it.each(badSecrets)('refuses a secret that is %s', (_, hex) => {
    const refused = expect.objectContaining({ name: 'CryptoError', code: 'bad-secret' });
    const [{ pubkey } = { pubkey: '' }] = keyVectors();
    expect(() => nobleCurve.sharedX(secretOf(hex), publicKeyFromHex(pubkey))).toThrow(refused);
    expect(() => nobleCurve.publicKey(secretOf(hex))).toThrow(refused);
  });
});

describe('a point', () => {
  it('is one for libsecp256k1 too', () => {
    const seeded = new Seeded(11);
    let points = 0;
    for (let i = 0; i < 200; i++) {
      const key = prefixed(seeded.between(1, 4), seeded.bytes(32));
      expect(nobleCurve.isPoint(key)).toBe(isPointCompressed(key));
      if (nobleCurve.isPoint(key)) points++;
    }
    expect(points).toBeGreaterThan(20);
  });

  it('has 33 bytes: longer forms of a key do not count', () => {
    const long = pointFromScalar(new Seeded(12).bytes(32), false);
    expect(long?.length).toBe(65);
    expect(nobleCurve.isPoint(long as PublicKey)).toBe(false);
    expect(nobleCurve.isPoint(new Uint8Array(0) as PublicKey)).toBe(false);
  });
});
