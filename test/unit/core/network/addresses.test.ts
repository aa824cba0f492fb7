/**
 * core/network/addresses.ts: names for peers that have no address.
 */
import { describe, expect, it } from 'vitest';
import { keyHex } from '../../../../core/crypto/keys.ts';
import { signaledAddress, signaledKey, unreachableAddress } from '../../../../core/network/addresses.ts';
import { isHostAndPort } from '../../../../core/wire/identify.ts';
import { identity } from '../../../model/session-parts.ts';
import { keyVectors } from '../../../model/vectors.ts';

const { publicKey } = identity(0);
const hex = keyHex(publicKey);
const address = signaledAddress(publicKey);

describe('a signaled address', () => {
  it('is the key in two labels that DNS allows', () => {
    expect(address).toBe(`${hex.slice(0, 33)}.${hex.slice(33)}.webrtc.invalid:1`);
    expect(signaledAddress(hex)).toBe(address);
    for (const label of address.split(':')[0]?.split('.') ?? []) expect(label.length).toBeLessThanOrEqual(63);
  });

  it.each(keyVectors().map((_, index) => index))('gives key %d back', (index) => {
    const { publicKey: key } = identity(index);
    expect(signaledKey(signaledAddress(key))).toEqual(key);
  });

  it.each([
    '127.0.0.1:1',
    'host.example:29092',
    '',
    '.webrtc.invalid:1',
    address.replace('invalid:1', 'invalid:2'),
    address.replace('.webrtc', '.webrtx'),
    address.toUpperCase().replace('WEBRTC.INVALID', 'webrtc.invalid'),
    address.slice(1),
    `0${address}`,
    address.replace('.', ''),
    `${hex.slice(0, 32)}.${hex.slice(32)}.webrtc.invalid:1`,
    `04${address.slice(2)}`,
    address.replace(/^../, 'zz'),
  ])('is not %j', (other) => {
    expect(signaledKey(other)).toBeUndefined();
  });
});

it('both kinds of address pass for host:port, so that a reference peer does not close', () => {
  expect(isHostAndPort(address)).toBe(true);
  expect(isHostAndPort(unreachableAddress)).toBe(true);
});
