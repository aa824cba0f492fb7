import { describe, expect, it } from 'vitest';
import { hexToBytes } from '../../../core/codec/bytes.ts';
import type { SignatureCheck } from '../../../core/crypto/curve.ts';
import type { Hash, PublicKey, SecretKey } from '../../../core/crypto/keys.ts';
import { nobleCurve, nobleVerifier } from '../../../core/crypto/noble-curve.ts';
import { holds, nodeCurve, nodeVerifier } from '../../../relay/curve.ts';
import { Seeded } from '../../model/seeded.ts';
import { prefixed, signatureCases } from '../../model/signature-cases.ts';
import { keyVectors } from '../../model/vectors.ts';

const order = hexToBytes('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141') as SecretKey;
const badSecrets = [new Uint8Array(32), order, new Uint8Array(32).fill(255), new Uint8Array(31).fill(1)] as SecretKey[];

describe('nodeCurve', () => {
  it('gives the same keys, shared secrets and signatures as the noble curve', () => {
    const seeded = new Seeded(1);
    for (let i = 0; i < 20; i++) {
      const [secret, otherSecret] = [seeded.bytes(32), seeded.bytes(32)] as [SecretKey, SecretKey];
      const [digest, auxiliary] = [seeded.bytes(32) as Hash, seeded.bytes(32)];
      const other = nobleCurve.publicKey(otherSecret);
      expect(nodeCurve.publicKey(secret)).toEqual(nobleCurve.publicKey(secret));
      expect(nodeCurve.sharedX(secret, other)).toEqual(nobleCurve.sharedX(secret, other));
      expect(nodeCurve.sign(digest, secret, auxiliary)).toEqual(nobleCurve.sign(digest, secret, auxiliary));
    }
  });

  it('gives the keys of the vectors', () => {
    for (const { secret, pubkey } of keyVectors()) {
      expect(nodeCurve.publicKey(hexToBytes(secret) as SecretKey)).toEqual(hexToBytes(pubkey));
    }
  });

  it.each(badSecrets)('refuses a secret that is none', (secret) => {
    const badSecret = expect.objectContaining({ name: 'CryptoError', code: 'bad-secret' });
    const key = nobleCurve.publicKey(new Seeded(1).bytes(32) as SecretKey);
    expect(() => nodeCurve.publicKey(secret)).toThrow(badSecret);
    expect(() => nodeCurve.sign(new Uint8Array(32) as Hash, secret, new Uint8Array(32))).toThrow(badSecret);
    expect(() => nodeCurve.sharedX(secret, key)).toThrow(badSecret);
  });

  it('tells points from other bytes as the noble curve does', () => {
    const seeded = new Seeded(2);
    const x = nobleCurve.publicKey(seeded.bytes(32) as SecretKey).subarray(1);
    const keys = [0, 2, 3, 4, 6, 7].map((prefix) => prefixed(prefix, x));
    for (let i = 0; i < 40; i++) keys.push(prefixed(2, seeded.bytes(32)));
    keys.push(x as PublicKey, new Uint8Array(65) as PublicKey, new Uint8Array(0) as PublicKey);
    const answers = keys.map((key) => nodeCurve.isPoint(key));
    expect(answers).toEqual(keys.map((key) => nobleCurve.isPoint(key)));
    expect(new Set(answers)).toEqual(new Set([true, false]));
  });

  it('agrees on no secret with a key that is no point', () => {
    const secret = new Seeded(1).bytes(32) as SecretKey;
    for (const key of [new Uint8Array(33), prefixed(2, new Uint8Array(32).fill(255)), new Uint8Array(32)]) {
      expect(() => nodeCurve.sharedX(secret, key as PublicKey)).toThrow(
        expect.objectContaining({ name: 'CryptoError', code: 'bad-key' }),
      );
    }
  });
});

describe('nodeVerifier', () => {
  it.each(signatureCases())('finds of $name that it holds: $holds', async ({ check, holds: expected }) => {
    expect(await nodeVerifier.verify([check])).toEqual([expected]);
    expect(holds(check)).toBe(expected);
  });

  it('says false of bytes that are too short or too long', () => {
    const { check } = signatureCases()[0] as { check: SignatureCheck };
    const cut = <T extends Uint8Array>(bytes: T) => bytes.subarray(1) as T;
    expect(holds({ ...check, key: cut(check.key) })).toBe(false);
    expect(holds({ ...check, digest: cut(check.digest) })).toBe(false);
    expect(holds({ ...check, signature: cut(check.signature) })).toBe(false);
  });

  it('answers in order, as the noble verifier does, and lets the event loop run in between', async () => {
    const cases = signatureCases();
    const checks = Array.from(
      { length: 200 },
      (_, i) => (cases[(i * 7) % cases.length] as { check: SignatureCheck }).check,
    );
    let turns = 0;
    let verifying = true;
    const turn = (): void => {
      turns++;
      if (verifying) setImmediate(turn);
    };
    setImmediate(turn);
    const results = await nodeVerifier.verify(checks);
    verifying = false;
    expect(turns).toBeGreaterThanOrEqual(5);
    expect(results).toEqual(await nobleVerifier.verify(checks));
    expect(await nodeVerifier.verify([])).toEqual([]);
  });

  it('says of a signature that held no more than that: under another key or for another digest it does not', async () => {
    const seeded = new Seeded(9);
    const secrets = [seeded.bytes(32), seeded.bytes(32)] as [SecretKey, SecretKey];
    const [key, otherKey] = secrets.map((secret) => nodeCurve.publicKey(secret)) as [PublicKey, PublicKey];
    const [digest, otherDigest] = [seeded.bytes(32), seeded.bytes(32)] as [Hash, Hash];
    const check: SignatureCheck = { key, digest, signature: nodeCurve.sign(digest, secrets[0], seeded.bytes(32)) };
    expect(await nodeVerifier.verify([check, check])).toEqual([true, true]);
    const others = [{ ...check, key: otherKey }, { ...check, digest: otherDigest }, check];
    expect(await nodeVerifier.verify(others)).toEqual([false, false, true]);
  });

  it('remembers what held and not the bytes it was given, which may become others', async () => {
    const seeded = new Seeded(10);
    const secret = seeded.bytes(32) as SecretKey;
    const digest = seeded.bytes(32) as Hash;
    const signature = nodeCurve.sign(digest, secret, seeded.bytes(32));
    const check: SignatureCheck = { key: nodeCurve.publicKey(secret), digest, signature };
    expect(await nodeVerifier.verify([check])).toEqual([true]);
    digest[0] = (digest[0] as number) ^ 1;
    expect(await nodeVerifier.verify([check])).toEqual([false]);
  });
});
