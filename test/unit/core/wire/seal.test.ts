/**
 * core/wire/seal.ts: what a relay carries and cannot touch, against test/vectors/ours/signaling.json.
 */
import { describe, expect, it } from 'vitest';
import { bytesToHex, concatBytes, hexToBytes } from '../../../../core/codec/bytes.ts';
import { encryptCbc } from '../../../../core/crypto/cbc.ts';
import { publicKeyFromHex, secretKeyFrom } from '../../../../core/crypto/keys.ts';
import { macOf } from '../../../../core/crypto/mac.ts';
import { nobleCurve } from '../../../../core/crypto/noble-curve.ts';
import { callBytes, openSignal, type SealParties, type Signal, sealSignal } from '../../../../core/wire/seal.ts';
import { sealedBytes } from '../../../../core/wire/signaling.ts';
import { Seeded } from '../../../model/seeded.ts';
import { signalingVector } from '../../../model/vectors.ts';

const vector = signalingVector();
const seeded = new Seeded(23);
const [from, to] = [publicKeyFromHex(vector.tab.pubkey), publicKeyFromHex(vector.other.pubkey)];
const sharedX = nobleCurve.sharedX(secretKeyFrom(hexToBytes(vector.tab.secret)), to);
const parties: SealParties = { network: 'main', from, to, sharedX };
const signal: Signal = { call: seeded.bytes(callBytes), type: 'offer', body: '{"sdp":"v=0 ěščř 🜂"}' };
const closed = expect.objectContaining({ name: 'CryptoError', code: 'bad-ciphertext' });

describe('a seal', () => {
  it.each(vector.seals.signals)('of the vectors has its bytes and opens: $signal.type', (sealed) => {
    const { network, sharedX: x } = vector.seals;
    const pair = { network, from: publicKeyFromHex(sealed.from), to: publicKeyFromHex(sealed.to), sharedX };
    expect(bytesToHex(sharedX)).toBe(x);
    const content = { ...sealed.signal, call: hexToBytes(sealed.signal.call) };
    expect(bytesToHex(sealSignal(pair, () => hexToBytes(sealed.nonce), content))).toBe(sealed.bytes);
    expect(openSignal(pair, hexToBytes(sealed.bytes))).toEqual(content);
  });

  it.each(['offer', 'answer', 'candidate', 'decline'] as const)('carries a signal of type %s', (type) => {
    const sealed = sealSignal(parties, seeded.random, { ...signal, type });
    expect(openSignal(parties, sealed)).toEqual({ ...signal, type });
  });

  it('is opened by the other of the two, whose ECDH gives the same x', () => {
    const others = nobleCurve.sharedX(secretKeyFrom(hexToBytes(vector.other.secret)), from);
    const sealed = sealSignal(parties, seeded.random, signal);
    expect(openSignal({ ...parties, sharedX: others }, sealed)).toEqual(signal);
  });

  it('is refused when any one bit of any byte is another', () => {
    const sealed = sealSignal(parties, seeded.random, signal);
    for (let index = 0; index < sealed.length; index++) {
      const tampered = sealed.slice();
      tampered[index] = (tampered[index] ?? 0) ^ (1 << (index % 8));
      expect(() => openSignal(parties, tampered), `byte ${index}`).toThrow(closed);
    }
  });

  it('is refused cut short anywhere, and with a byte more', () => {
    const sealed = sealSignal(parties, seeded.random, signal);
    for (let length = 0; length < sealed.length; length++) {
      expect(() => openSignal(parties, sealed.subarray(0, length)), `${length} bytes`).toThrow(closed);
    }
    expect(() => openSignal(parties, concatBytes(sealed, new Uint8Array(1)))).toThrow(closed);
  });

  const stranger = publicKeyFromHex(`02${'11'.repeat(32)}`);
  const wrong: readonly (readonly [string, Partial<SealParties>])[] = [
    ['another sender', { from: stranger }],
    ['another receiver', { to: stranger }],
    ['the direction turned round', { from: to, to: from }],
    ['another network', { network: 'main2' }],
    ['another ECDH', { sharedX: new Uint8Array(32) }],
  ];

  it.each(wrong)('is refused for %s', (_, changed) => {
    const sealed = sealSignal(parties, seeded.random, signal);
    expect(() => openSignal({ ...parties, ...changed }, sealed)).toThrow(closed);
  });

  it('hides the signal, and is another one each time', () => {
    const [first, second] = [1, 2].map(() => bytesToHex(sealSignal(parties, seeded.random, signal)));
    expect(first).not.toBe(second);
    expect(first?.slice(24)).not.toBe(second?.slice(24));
    expect(first).not.toContain(bytesToHex(signal.call));
  });

  it('of the longest body is as long as a relay passes on', () => {
    const overhead = sealSignal(parties, seeded.random, { ...signal, body: '' }).length;
    // Of what an empty body takes, ten bytes are padding that a longer one fills.
    const body = 'b'.repeat(sealedBytes - overhead + 10);
    const sealed = sealSignal(parties, seeded.random, { ...signal, body });
    expect(sealed.length).toBe(sealedBytes);
    expect(openSignal(parties, sealed).body).toBe(body);
    expect(() => sealSignal(parties, seeded.random, { ...signal, body: `${body}b` })).toThrow('invariant');
  });
});

describe('what the other of the two sealed wrongly', () => {
  const { key, macKey } = vector.seals.signals[0] ?? { key: '', macKey: '' };

  it.each([
    ['an unknown type', concatBytes(signal.call, Uint8Array.of(4), new Uint8Array(4)), 'bad-ciphertext'],
    ['a body that is no UTF-8', concatBytes(signal.call, hexToBytes('0001000000ff')), 'bad-utf8'],
    ['a body cut short', concatBytes(signal.call, hexToBytes('0002000000ff')), 'truncated'],
    ['bytes left over', concatBytes(signal.call, hexToBytes('000000000000')), 'trailing'],
    ['nothing', new Uint8Array(0), 'truncated'],
  ])('%s is refused with a typed error', (_, plain, code) => {
    const iv = new Uint8Array(16);
    const covered = concatBytes(iv, encryptCbc(hexToBytes(key), iv, plain));
    const sealed = concatBytes(covered, macOf(hexToBytes(macKey), covered));
    expect(() => openSignal(parties, sealed)).toThrow(expect.objectContaining({ code }));
  });
});
