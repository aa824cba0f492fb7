/**
 * Seals open for whom they were made, from whom they came, and for nobody else; agreements are made once.
 */
import { describe, expect, it } from 'vitest';
import type { Curve } from '../../../../core/crypto/curve.ts';
import type { PublicKey } from '../../../../core/crypto/keys.ts';
import { nobleCurve } from '../../../../core/crypto/noble-curve.ts';
import type { Signal } from '../../../../core/wire/seal.ts';
import { type Party, Seals } from '../../../../web/links/seals.ts';
import { secretOf } from '../verifier/checks.ts';

const signal: Signal = { call: new Uint8Array(16).fill(4), type: 'offer', body: '{"sdp":"v=0"}' };
const noPoint = new Uint8Array(33).fill(0xff).fill(2, 0, 1) as PublicKey;

class CountingCurve implements Curve {
  agreements = 0;
  readonly publicKey = nobleCurve.publicKey;
  readonly sign = nobleCurve.sign;
  readonly isPoint = nobleCurve.isPoint;

  sharedX(...args: Parameters<Curve['sharedX']>): Uint8Array {
    this.agreements++;
    return nobleCurve.sharedX(...args);
  }
}

function party(index: number, network = 'main', curve: Curve = nobleCurve): Party {
  const secret = secretOf(index);
  const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  return { network, publicKey: nobleCurve.publicKey(secret), secret, curve, random };
}

function sealed(from: Party, to: Party): Uint8Array {
  const bytes = new Seals(from).seal(to.publicKey, signal);
  if (bytes === undefined) throw new Error('nothing was sealed');
  return bytes;
}

describe('a sealed signal', () => {
  const [a, b, c] = [party(1), party(2), party(3)];

  it('opens for the receiver as it was', () => {
    expect(new Seals(b).open(a.publicKey, sealed(a, b))).toEqual(signal);
  });

  it.each([
    ['whoever it was not for', () => new Seals(c).open(a.publicKey, sealed(a, b))],
    ['a sender who did not make it', () => new Seals(b).open(c.publicKey, sealed(a, b))],
    ['the sender, sent back', () => new Seals(a).open(b.publicKey, sealed(a, b))],
    ['another network', () => new Seals(party(2, 'other')).open(a.publicKey, sealed(a, b))],
    ['a sender that is no point', () => new Seals(b).open(noPoint, sealed(a, b))],
    [
      'a changed byte',
      () =>
        new Seals(b).open(
          a.publicKey,
          sealed(a, b).map((byte, at) => (at === 40 ? byte ^ 1 : byte)),
        ),
    ],
    ['a cut', () => new Seals(b).open(a.publicKey, sealed(a, b).subarray(0, 20))],
    ['nothing', () => new Seals(b).open(a.publicKey, new Uint8Array())],
  ])('does not open for %s', (_, open) => {
    expect(open()).toBeUndefined();
  });

  it('cannot be made for what is no point', () => {
    expect(new Seals(a).seal(noPoint, signal)).toBeUndefined();
  });

  it('costs one agreement for each other key, however many signals there are', () => {
    const curve = new CountingCurve();
    const seals = new Seals(party(1, 'main', curve));
    for (let i = 0; i < 5; i++) {
      seals.seal(b.publicKey, signal);
      seals.open(b.publicKey, sealed(b, a));
      seals.seal(c.publicKey, signal);
    }
    expect(curve.agreements).toBe(2);
  });

  it('keeps the agreements of at most 256 keys', () => {
    const curve = new CountingCurve();
    const seals = new Seals(party(1, 'main', curve));
    const others = Array.from({ length: 257 }, (_, index) => nobleCurve.publicKey(secretOf(1_000 + index)));
    for (const other of others) seals.seal(other, signal);
    expect(curve.agreements).toBe(257);
    seals.seal(others[256] as PublicKey, signal);
    expect(curve.agreements).toBe(257);
    seals.seal(others[0] as PublicKey, signal);
    expect(curve.agreements).toBe(258);
  });
});
