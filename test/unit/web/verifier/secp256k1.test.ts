/**
 * libsecp256k1 in WASM says and signs exactly what the JavaScript curve does, which is its oracle.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { SignatureCheck } from '../../../../core/crypto/curve.ts';
import { sha256 } from '../../../../core/crypto/hash.ts';
import { holderOf, type PublicKey, type SecretKey, type Signature } from '../../../../core/crypto/keys.ts';
import { nobleCurve, nobleVerifier } from '../../../../core/crypto/noble-curve.ts';
import { CryptoError } from '../../../../core/errors.ts';
import { extractSecp256k1Wasm } from '../../../../scripts/extract-wasm.ts';
import { Secp256k1 } from '../../../../web/verifier/secp256k1.ts';
import { alteredChecks, digestOf, goodChecks, secretOf } from './checks.ts';

let secp256k1: Secp256k1;

beforeAll(async () => {
  secp256k1 = await Secp256k1.instantiate(await WebAssembly.compile(extractSecp256k1Wasm()));
});

describe('keys in WASM', () => {
  it('are those of the oracle, of both parities', () => {
    const keys = Array.from({ length: 50 }, (_, index) => secp256k1.publicKey(secretOf(index)));
    expect(keys).toEqual(Array.from({ length: 50 }, (_, index) => nobleCurve.publicKey(secretOf(index))));
    expect(new Set(keys.map(([prefix]) => prefix))).toEqual(new Set([2, 3]));
  });

  it('are not made of a secret that is none', () => {
    expect(() => secp256k1.publicKey(new Uint8Array(32) as SecretKey)).toThrow(CryptoError);
    expect(() => secp256k1.publicKey(new Uint8Array(33).fill(1) as SecretKey)).toThrow(CryptoError);
  });
});

describe('signing in WASM', () => {
  it('gives the same bytes as the oracle for the same auxiliary randomness', () => {
    for (let i = 0; i < 50; i++) {
      const auxiliary = sha256(Uint8Array.of(i, 1));
      expect(secp256k1.sign(digestOf(i), secretOf(i), auxiliary)).toEqual(
        nobleCurve.sign(digestOf(i), secretOf(i), auxiliary),
      );
    }
  });

  it.each([
    ['zero', new Uint8Array(32)],
    ['past the order', new Uint8Array(32).fill(0xff)],
    ['of 31 bytes', new Uint8Array(31).fill(1)],
  ])('refuses a secret %s', (_, secret) => {
    expect(() => secp256k1.sign(digestOf(0), secret as SecretKey, new Uint8Array(32))).toThrow(CryptoError);
  });

  it('still signs after a refusal', () => {
    expect(() => secp256k1.sign(digestOf(0), new Uint8Array(32) as SecretKey, new Uint8Array(32))).toThrow();
    expect(secp256k1.sign(digestOf(0), secretOf(0), digestOf(1))).toEqual(
      nobleCurve.sign(digestOf(0), secretOf(0), digestOf(1)),
    );
  });
});

describe('checking in WASM', () => {
  it('agrees with the oracle on 1,000 checks, half of them altered by one bit somewhere', async () => {
    const good = goodChecks(500);
    const checks = [...good, ...alteredChecks(good)];
    const expected = await nobleVerifier.verify(checks);
    expect(expected.filter(Boolean)).toHaveLength(500);
    expect(checks.map((check) => secp256k1.holds(check))).toEqual(expected);
  });

  it('holds for both parities of one x, as BIP340 does', () => {
    const [check] = goodChecks(1);
    if (check === undefined) throw new Error('one check was made');
    const other = Uint8Array.from(check.key) as PublicKey;
    other[0] = check.key[0] === 2 ? 3 : 2;
    expect(holderOf(other)).toBe(holderOf(check.key));
    expect(secp256k1.holds({ ...check, key: other })).toBe(true);
  });

  it.each([
    ['a prefix that is none', (key: Uint8Array) => key.fill(4, 0, 1)],
    ['an x that is on no point', (key: Uint8Array) => key.fill(0xff, 1)],
    ['an x of zero', (key: Uint8Array) => key.fill(0, 1)],
  ])('is false for a key with %s', (_, alter) => {
    const [check] = goodChecks(1);
    if (check === undefined) throw new Error('one check was made');
    const key = alter(Uint8Array.from(check.key)) as PublicKey;
    expect(secp256k1.isPoint(key)).toBe(false);
    expect(secp256k1.holds({ ...check, key })).toBe(false);
  });

  it('is false for a signature or a key of another length', () => {
    const [check] = goodChecks(1);
    if (check === undefined) throw new Error('one check was made');
    expect(secp256k1.holds({ ...check, signature: check.signature.subarray(1) as Signature })).toBe(false);
    expect(secp256k1.holds({ ...check, key: check.key.subarray(1) as PublicKey })).toBe(false);
  });

  it('agrees with the oracle when more keys come than are kept parsed, in any order and of both parities', async () => {
    const authors = goodChecks(600);
    const other = (check: SignatureCheck): SignatureCheck => ({ ...check, key: withOtherParity(check.key) });
    // A key of another author in the place of one's own must not hold, however often both were seen.
    const crossed = authors.map((check, place) => ({ ...check, key: authors.at(place - 1)?.key ?? check.key }));
    const checks = [...authors, ...authors.slice(-200), ...authors.map(other), ...crossed.slice(300), ...authors];
    expect(checks.map((check) => secp256k1.holds(check))).toEqual(
      checks.map(({ key, digest }) =>
        authors.some((good) => good.digest === digest && holderOf(good.key) === holderOf(key)),
      ),
    );
    const some = checks.filter((_, place) => place % 23 === 0);
    expect(await nobleVerifier.verify(some)).toEqual(some.map((check) => secp256k1.holds(check)));
  });
});

function withOtherParity(key: PublicKey): PublicKey {
  const other = key.slice();
  other[0] = key[0] === 2 ? 3 : 2;
  return other as PublicKey;
}
