/**
 * What is an address of a relay, and where its doors are.
 */
import { describe, expect, it } from 'vitest';
import { relayAddress } from '../../../../web/links/relay-address.ts';

describe('the address of a relay', () => {
  it.each([
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080', 'ws://127.0.0.1:8080'],
    ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080', 'ws://127.0.0.1:8080'],
    ['https://relay.example', 'https://relay.example', 'wss://relay.example'],
    ['https://relay.example:443/', 'https://relay.example', 'wss://relay.example'],
    ['https://Relay.Example/chain//', 'https://relay.example', 'wss://relay.example/chain'],
    ['ws://[::1]:9', 'http://[::1]:9', 'ws://[::1]:9'],
    ['wss://relay.example/a/b', 'https://relay.example', 'wss://relay.example/a/b'],
  ])('%s is of the origin %s and has its doors at %s', (text, origin, doors) => {
    const address = relayAddress(text);
    expect(address?.origin).toBe(origin);
    expect(address?.signal).toBe(`${doors}/signal`);
    expect(address?.peer('main')).toBe(`${doors}/peer/main`);
  });

  it.each([
    '',
    'relay.example',
    '/chain',
    'ftp://relay.example',
    'https://',
    'https://user@relay.example',
    'https://relay.example?x',
    'https://relay.example#x',
    'javascript:alert(1)',
  ])('is not "%s"', (text) => {
    expect(relayAddress(text)).toBeUndefined();
  });
});
