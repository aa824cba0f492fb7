/**
 * core/crypto/agreement.ts against the reference's vectors.
 */
import { expect, it } from 'vitest';
import { bytesToHex, hexToBytes } from '../../../../core/codec/bytes.ts';
import { sessionKey } from '../../../../core/crypto/agreement.ts';
import { publicKeyFromHex, secretKeyFrom } from '../../../../core/crypto/keys.ts';
import { nobleCurve } from '../../../../core/crypto/noble-curve.ts';
import { keyVectors, sessionVector } from '../../../model/vectors.ts';

it.each(keyVectors())("$pubkey and its other agree on the reference's session key", ({ secret, pubkey, ...vector }) => {
  const own = nobleCurve.sharedX(secretKeyFrom(hexToBytes(secret)), publicKeyFromHex(vector.other.pubkey));
  const others = nobleCurve.sharedX(secretKeyFrom(hexToBytes(vector.other.secret)), publicKeyFromHex(pubkey));
  expect(bytesToHex(sessionKey(own))).toBe(vector.sessionKey);
  expect(bytesToHex(sessionKey(others))).toBe(vector.sessionKey);
});

it.each(['cbc', 'gcm-siv'] as const)('is what the recorded session of %s used', (dialect) => {
  const { client, reference, ecdhX, sessionKey: expected } = sessionVector(dialect);
  const sharedX = nobleCurve.sharedX(secretKeyFrom(hexToBytes(client.secret)), publicKeyFromHex(reference.pubkey));
  expect(bytesToHex(sharedX)).toBe(ecdhX);
  expect(bytesToHex(sessionKey(sharedX))).toBe(expected);
});
