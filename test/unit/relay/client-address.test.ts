import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { hostAndPort } from '../../../core/network/addresses.ts';
import { addressOf, clientAddress } from '../../../relay/client-address.ts';

function request(remoteAddress: string | undefined, forwarded?: string | string[]): IncomingMessage {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return { headers, socket: { remoteAddress, remotePort: 4711 } } as unknown as IncomingMessage;
}

describe('addressOf', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1:5'],
    ['::1', '[::1]:5'],
    ['2001:db8::1', '[2001:db8::1]:5'],
    ['::ffff:192.0.2.1', '192.0.2.1:5'],
    ['::FFFF:192.0.2.1', '192.0.2.1:5'],
    ['::ffff:0:1', '[::ffff:0:1]:5'],
    ['fe80::1%eth0', '[fe80::1]:5'],
  ])('of %s is %s, which parses', (ip, address) => {
    expect(addressOf(ip, 5)).toBe(address);
    expect(hostAndPort(address)).toBeDefined();
  });
});

describe('clientAddress', () => {
  it('is the socket’s, whatever a client says of itself', () => {
    expect(clientAddress(request('::ffff:192.0.2.1', '203.0.113.9'), false)).toBe('192.0.2.1:4711');
    expect(clientAddress(request('2001:db8::1'), false)).toBe('[2001:db8::1]:4711');
  });

  it('of a socket that has gone is none', () => {
    expect(clientAddress(request(undefined), false)).toBe('0.0.0.0:4711');
  });

  it.each([
    ['203.0.113.9', '203.0.113.9:0'],
    ['203.0.113.9:80', '203.0.113.9:80'],
    ['2001:db8::9', '[2001:db8::9]:0'],
    ['[2001:db8::9]', '[2001:db8::9]:0'],
    ['[2001:db8::9]:443', '[2001:db8::9]:443'],
    ['::ffff:203.0.113.9', '203.0.113.9:0'],
    ['198.51.100.7, 203.0.113.9', '203.0.113.9:0'],
    ['forged,203.0.113.9', '203.0.113.9:0'],
    ['127.0.0.1 , 203.0.113.9 ', '203.0.113.9:0'],
  ])('behind a proxy that says %j is %s', (forwarded, address) => {
    expect(clientAddress(request('127.0.0.1', forwarded), true)).toBe(address);
  });

  it('is the last of several headers', () => {
    expect(clientAddress(request('127.0.0.1', ['198.51.100.7', '203.0.113.9']), true)).toBe('203.0.113.9:0');
  });

  it.each([
    undefined,
    '',
    ',',
    'unknown',
    'a.example',
    '203.0.113.9,',
    '203.0.113.9, unix:',
    '203.0.113.256',
    '203.0.113.9:99999',
    '[203.0.113.9',
    '2001:db8::9]:1',
    '1.2.3.4:5:6',
  ])('is the proxy’s own when it says %j', (forwarded) => {
    expect(clientAddress(request('127.0.0.1', forwarded), true)).toBe('127.0.0.1:4711');
  });
});
