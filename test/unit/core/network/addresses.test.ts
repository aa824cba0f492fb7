/**
 * core/network/addresses.ts: names for peers that have no address; the parts of those that have one.
 */
import { describe, expect, it } from 'vitest';
import { keyHex } from '../../../../core/crypto/keys.ts';
import {
  groupOf,
  hostAndPort,
  isOnion,
  isPrivate,
  signaledAddress,
  signaledKey,
  sourceOf,
  unreachableAddress,
} from '../../../../core/network/addresses.ts';
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

describe('an address', () => {
  it.each([
    ['host.example:29092', 'host.example', 29_092],
    ['127.0.0.1:0', '127.0.0.1', 0],
    ['[::1]:65535', '::1', 65_535],
    ['[2001:db8::192.0.2.7]:1', '2001:db8::192.0.2.7', 1],
  ])('%s has a host and a port', (whole, host, port) => {
    expect(hostAndPort(whole)).toEqual({ host, port });
  });

  it.each(['', ':1', 'host', 'host:', 'host:x', 'host:65536', '::1:1', '[::1]', '[::1:1', '::1]:1', 'ws://a:1'])(
    '%j is none of a host and a port',
    (text) => {
      expect(hostAndPort(text)).toBeUndefined();
      expect(sourceOf(text)).toBeUndefined();
    },
  );

  it.each([
    ['192.0.2.7:1', '192.0.2.7:65535'],
    ['[2001:db8:0:1::7]:1', '[2001:db8:0:1:2:3:4:5]:2'],
    ['[2001:db8::7]:1', '[2001:db8:0:0:ffff:ffff:ffff:ffff]:1'],
    ['[2001:db8::7]:1', '[2001:db8::1:2:3:4]:1'],
    ['[64:ff9b::192.0.2.7]:1', '[64:ff9b::192.0.2.8]:1'],
    ['[fe80::1]:1', '[fe80::2]:1'],
    ['[::2]:1', '[::3:4]:1'],
    ['[1:2:3:4:5:6:7:8]:1', '[1:2:3:4::]:1'],
  ])('counts for the same limits: %s and %s', (one, other) => {
    expect(sourceOf(one)).toBeDefined();
    expect(sourceOf(other)).toBe(sourceOf(one));
  });

  it.each([
    ['192.0.2.7:1', '192.0.2.8:1'],
    ['[2001:db8:0:1::7]:1', '[2001:db8:0:2::7]:1'],
    ['[2001:db8::7]:1', '[2001:db8::1:2:3:4:5]:1'],
    ['[::2]:1', '[::1:2:3:4:5]:1'],
    ['[::2]:1', '[::1:2:3:192.0.2.7]:1'],
    ['192.0.2.7:1', '[::ffff:192.0.2.7]:1'],
  ])('counts for other limits: %s and %s', (one, other) => {
    expect(sourceOf(one)).toBeDefined();
    expect(sourceOf(other)).not.toBe(sourceOf(one));
  });

  it.each(['127.0.0.1:1', '127.9.8.7:1', '[::1]:1', 'localhost:1', 'host.example:1', '1.2.3.host:1', address])(
    '%s counts for no limits: it is on this machine, or a name',
    (text) => expect(sourceOf(text)).toBeUndefined(),
  );

  it.each([
    'abcdefghijklmnop.onion:29092',
    'ABCDEFGHIJKLMNOP.Onion:1',
    'abcdefghijklmnop.onion.:1',
    'ws://abcdefghijklmnop.onion/peer/main',
    'wss://abcdefghijklmnop.onion:443/peer/main',
    'http://abcdefghijklmnop.onion',
  ])('%s is reached by Tor', (text) => expect(isOnion(text)).toBe(true));

  it.each([
    'abcdefghijklmnop.onion',
    'onion:1',
    'abcdefghijklmnop.onion.example:1',
    'ws://relay.example/peer/abc.onion',
    'ws://relay.example/peer/main?at=abc.onion',
    'file:///abcdefghijklmnop.onion',
    '127.0.0.1:1',
  ])('%s is not', (text) => expect(isOnion(text)).toBe(false));
});

describe('a private address', () => {
  it.each([
    '127.0.0.1:1',
    '10.1.2.3:1',
    '172.16.0.1:1',
    '172.31.255.1:1',
    '192.168.1.1:1',
    '169.254.1.1:1',
    '0.0.0.0:1',
    '[::1]:1',
    '[::]:1',
    '[fd00::1]:1',
    '[fe80::1]:1',
    '[::ffff:192.168.1.1]:1',
    'localhost:1',
    'Router.LAN:1',
    'printer.local.:1',
    'nas.home.arpa:1',
    'host:1',
    'ws://127.0.0.1:8080/peer/main',
    'ws://[::1]:8080/peer/main',
    'http://localhost:8080',
  ])('is %s', (private_) => expect(isPrivate(private_)).toBe(true));

  it.each([
    '192.0.2.7:1',
    '172.15.0.1:1',
    '172.32.0.1:1',
    '11.0.0.1:1',
    '[2001:db8::1]:1',
    'host.example:1',
    'local.example:1',
    'abcdefghijklmnop.onion:1',
    'wss://relay.example/peer/main',
    address,
    'nonsense',
    '',
  ])('is not %s', (public_) => expect(isPrivate(public_)).toBe(false));
});

it.each([
  ['192.0.2.7:29092', '192.0.0.0/16'],
  ['192.0.77.7:1', '192.0.0.0/16'],
  ['192.1.2.7:1', '192.1.0.0/16'],
  ['[2001:db8:1::7]:1', '2001:db8::/32'],
  ['[2001:db8:2::7]:1', '2001:db8::/32'],
  ['a.b.Host.example:1', 'host.example'],
  ['host.example.:1', 'host.example'],
  ['192.168.1.1:1', undefined],
  ['localhost:1', undefined],
  ['abcdefghijklmnop.onion:1', undefined],
  [address, undefined],
  ['ws://192.0.2.7/peer/main', undefined],
])('%s is of the group %s', (of, group) => expect(groupOf(of)).toBe(group));
