import { describe, expect, it } from 'vitest';
import { bytesToHex } from '../../../../core/codec/bytes.ts';
import { decode, encode } from '../../../../core/codec/codec.ts';
import type { Hash } from '../../../../core/crypto/keys.ts';
import { CodecError } from '../../../../core/errors.ts';
import { beaconDigest, type CarriedBeacon, carriedBeaconCodec } from '../../../../core/wire/beacon.ts';
import { packExtension } from '../../../../core/wire/carrier.ts';
import { type Author, authors } from '../../../model/author.ts';
import { fakeCurve } from '../../../model/fake-curve.ts';

const [b, c] = authors(2) as [Author, Author];
const tip = new Uint8Array(32).fill(9) as Hash;
const content = { pubkey: b.key, counter: 5n, tip, lifetimeMs: 30_000 };
const sign = fakeCurve.sign(beaconDigest('main', content), b.secret, new Uint8Array(32));
const beacon: CarriedBeacon = { ...content, sign, ageMs: 70 };

describe('a beacon', () => {
  it.each([
    ['with a tip', beacon, 142 + 4],
    ['of a peer that holds no block', { ...beacon, tip: undefined }, 110 + 4],
  ])('%s comes back as it was', (_, value, bytes) => {
    const encoded = encode(carriedBeaconCodec, value);
    expect(encoded).toHaveLength(bytes);
    expect(decode(carriedBeaconCodec, encoded)).toEqual(value);
    expect(() => decode(carriedBeaconCodec, encoded.subarray(1))).toThrow(CodecError);
    expect(() => decode(carriedBeaconCodec, encoded.subarray(0, -1))).toThrow(CodecError);
  });

  it('takes five items of the carrier', () => {
    expect(packExtension({ kind: 'beacon', ...beacon })).toHaveLength(5);
  });

  it('is signed for its network, key, counter, tip and lifetime, and not for its age', () => {
    const digests = [
      beaconDigest('main', beacon),
      beaconDigest('other', beacon),
      beaconDigest('main', { ...beacon, pubkey: c.key }),
      beaconDigest('main', { ...beacon, counter: 6n }),
      beaconDigest('main', { ...beacon, tip: undefined }),
      beaconDigest('main', { ...beacon, lifetimeMs: 30_001 }),
    ].map(bytesToHex);
    expect(new Set(digests).size).toBe(digests.length);
    expect(bytesToHex(beaconDigest('main', content))).toBe(digests[0]);
  });
});
