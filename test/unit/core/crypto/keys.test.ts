/**
 * core/crypto/keys.ts: parsing keys, hashes and signatures at the edge.
 */
import { describe, expect, it } from 'vitest';
import { hexToBytes } from '../../../../core/codec/bytes.ts';
import {
  type Hash,
  hashFrom,
  hashHex,
  holderOf,
  isPublicKey,
  isSameHash,
  isSameHolder,
  itemIdFrom,
  itemIdHex,
  keyHex,
  lowestKey,
  type PublicKey,
  publicKeyFrom,
  publicKeyFromHex,
  secretKeyFrom,
  signatureFrom,
  signatureHex,
} from '../../../../core/crypto/keys.ts';

const x = 'ab'.repeat(32);
const thrown = (code: string) => expect.objectContaining({ code });

describe('a public key', () => {
  it.each(['02', '03'])('begins with %s', (prefix) => {
    expect(keyHex(publicKeyFromHex(prefix + x))).toBe(prefix + x);
  });

  it.each(['00', '01', '04', '05', '06', '07', 'ff'])('does not begin with %s', (prefix) => {
    expect(isPublicKey(hexToBytes(prefix + x))).toBe(false);
    expect(() => publicKeyFromHex(prefix + x)).toThrow(thrown('bad-key'));
  });

  it.each([0, 1, 32, 34, 65])('does not have %d bytes', (length) => {
    expect(() => publicKeyFrom(new Uint8Array(length).fill(2))).toThrow(thrown('bad-key'));
  });

  it('is read from lower-case hex only', () => {
    expect(() => publicKeyFromHex(`02${x.toUpperCase()}`)).toThrow(thrown('bad-hex'));
  });

  it('has one holder whatever its parity', () => {
    expect(holderOf(publicKeyFromHex(`02${x}`))).toBe(holderOf(publicKeyFromHex(`03${x}`)));
    expect(holderOf(publicKeyFromHex(`02${x}`))).toBe(x);
  });
});

describe('two keys', () => {
  const x = 'ab'.repeat(32);

  it.each([
    [`02${x}`, `02${x}`, true],
    [`02${x}`, `03${x}`, true],
    [`02${x}`, `02aa${x.slice(2)}`, false],
    [`02${x}`, `02${x.slice(2)}aa`, false],
  ])('%s and %s have one holder: %s', (a, b, isSame) => {
    expect(isSameHolder(publicKeyFromHex(a), publicKeyFromHex(b))).toBe(isSame);
  });
});

describe('the lowest of some keys', () => {
  const [low, high] = [`02${x}`, `03${'00'.repeat(32)}`].map(publicKeyFromHex) as [PublicKey, PublicKey];

  it('is the lowest by all its bytes, the parity first', () => {
    expect(lowestKey([high, low])).toBe(low);
    expect(lowestKey([low, high])).toBe(low);
    expect(lowestKey([high])).toBe(high);
  });
});

describe('two hashes', () => {
  const [one, other] = [1, 2].map((byte) => hashFrom(new Uint8Array(32).fill(byte))) as [Hash, Hash];

  it('are the same by their bytes, or when there is neither', () => {
    expect([isSameHash(one, hashFrom(new Uint8Array(one))), isSameHash(undefined, undefined)]).toEqual([true, true]);
    expect([isSameHash(one, other), isSameHash(one, undefined), isSameHash(undefined, one)]).toEqual([
      false,
      false,
      false,
    ]);
  });
});

describe('values of fixed length', () => {
  it.each([
    ['a hash', hashFrom, 32],
    ['an item id', itemIdFrom, 32],
    ['a secret', secretKeyFrom, 32],
    ['a signature', signatureFrom, 64],
  ] as const)('%s has its length exactly', (_, from, length) => {
    expect(from(new Uint8Array(length)).length).toBe(length);
    expect(() => from(new Uint8Array(length - 1))).toThrow(thrown('truncated'));
    expect(() => from(new Uint8Array(length + 1))).toThrow(thrown('trailing'));
  });

  it('print as lower-case hex', () => {
    expect(hashHex(hashFrom(hexToBytes(x)))).toBe(x);
    expect(itemIdHex(itemIdFrom(hexToBytes(x)))).toBe(x);
    expect(signatureHex(signatureFrom(hexToBytes(x + x)))).toBe(x + x);
  });
});
