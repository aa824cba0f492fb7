/**
 * A tab's curve is one curve, before the WASM module is there and after.
 */
import { describe, expect, it } from 'vitest';
import type { PublicKey } from '../../../../core/crypto/keys.ts';
import { nobleCurve } from '../../../../core/crypto/noble-curve.ts';
import { extractSecp256k1Wasm } from '../../../../scripts/extract-wasm.ts';
import { TabCurve } from '../../../../web/verifier/curve.ts';
import { Secp256k1 } from '../../../../web/verifier/secp256k1.ts';
import { digestOf, secretOf } from './checks.ts';

const noPoint = new Uint8Array(33).fill(0xff).fill(2, 0, 1) as PublicKey;

async function loadedCurve(): Promise<TabCurve> {
  const curve = new TabCurve();
  curve.loaded(await Secp256k1.instantiate(await WebAssembly.compile(extractSecp256k1Wasm())));
  return curve;
}

describe.each([
  ['before the module is loaded', async () => new TabCurve()],
  ['after the module is loaded', loadedCurve],
])('the curve of a tab, %s', (_, make) => {
  it('signs, agrees and knows points as the JavaScript curve does', async () => {
    const curve = await make();
    const key = curve.publicKey(secretOf(1));
    expect(key).toEqual(nobleCurve.publicKey(secretOf(1)));
    expect(curve.sign(digestOf(1), secretOf(1), digestOf(2))).toEqual(
      nobleCurve.sign(digestOf(1), secretOf(1), digestOf(2)),
    );
    expect(curve.sharedX(secretOf(2), key)).toEqual(nobleCurve.sharedX(secretOf(1), curve.publicKey(secretOf(2))));
    expect(curve.isPoint(key)).toBe(true);
    expect(curve.isPoint(noPoint)).toBe(false);
  });
});
