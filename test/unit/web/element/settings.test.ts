import { describe, expect, it } from 'vitest';
import type { PublicKeyHex } from '../../../../core/crypto/keys.ts';
import { type Attributes, readAttributes, sameSettings } from '../../../../web/element/settings.ts';

const key = `02${'a'.repeat(64)}` as PublicKeyHex;
const script = 'https://relay.example/mccloud.js';

function settings(network: string, relay: string) {
  return { kind: 'settings', settings: { network, relay, via: undefined, port: false, committee: [] } };
}

describe('the attributes', () => {
  it('need no relay where the script came from one', () => {
    expect(readAttributes({ network: 'main', relay: undefined }, script)).toEqual(
      settings('main', 'https://relay.example'),
    );
    expect(readAttributes({ network: 'main', relay: '' }, 'http://127.0.0.1:8080/mccloud.js')).toEqual(
      settings('main', 'http://127.0.0.1:8080'),
    );
  });

  it.each([
    ['https://other.example', 'https://other.example'],
    ['https://other.example/', 'https://other.example'],
    ['HTTP://Other.Example:8080', 'http://other.example:8080'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
  ])('name a relay as %s', (relay, origin) => {
    expect(readAttributes({ network: 'main', relay: relay }, script)).toEqual(settings('main', origin));
  });

  it.each([undefined, ''])('are at fault without a network: %j', (network) => {
    const read = readAttributes({ network: network, relay: undefined }, script);
    expect(read).toMatchObject({ kind: 'fault', fault: { attribute: 'network' } });
    expect(JSON.stringify(read)).toContain('missing');
  });

  it.each(['Main', 'a b', '-a', 'a/b', 'ü', 'a'.repeat(65)])('are at fault with the network %j', (network) => {
    expect(readAttributes({ network: network, relay: undefined }, script)).toMatchObject({
      kind: 'fault',
      fault: { attribute: 'network' },
    });
  });

  it.each([
    'relay.example',
    'ftp://relay.example',
    'ws://relay.example',
    'javascript:alert(1)',
    '/signal',
    'https://relay.example/path',
    'https://relay.example/?query',
    'https://relay.example/#part',
    'https://user@relay.example',
    'https://:word@relay.example',
  ])('are at fault with the relay %j', (relay) => {
    expect(readAttributes({ network: 'main', relay: relay }, script)).toMatchObject({
      kind: 'fault',
      fault: { attribute: 'relay' },
    });
  });

  it.each(['blob:https://relay.example/1', 'file:///mccloud.js', 'data:text/javascript,1', ''])(
    'are at fault without a relay when the script came from %j',
    (from) => {
      expect(readAttributes({ network: 'main', relay: undefined }, from)).toMatchObject({
        kind: 'fault',
        fault: { attribute: 'relay' },
      });
    },
  );

  it('ask for Tor, or for a port, and not for both', () => {
    const read = (more: Attributes) => readAttributes({ network: 'main', ...more }, script);
    const home = { network: 'main', relay: 'https://relay.example', committee: [] };
    expect(read({ via: 'tor' })).toEqual({ kind: 'settings', settings: { ...home, via: 'tor', port: false } });
    expect(read({ via: '', port: true })).toEqual({
      kind: 'settings',
      settings: { ...home, via: undefined, port: true },
    });
    expect(read({ via: null, port: null })).toEqual(settings('main', 'https://relay.example'));
    expect(read({ via: 'tor', port: true })).toMatchObject({ kind: 'fault', fault: { attribute: 'port' } });
    for (const via of ['Tor', 'vpn', 'x'.repeat(1_000)]) {
      expect(read({ via })).toMatchObject({ kind: 'fault', fault: { attribute: 'via' } });
    }
  });

  it('name a committee by its keys', () => {
    const read = (committee: string) => readAttributes({ network: 'main', committee }, script);
    expect(read(`${key}, ${key}`)).toMatchObject({ settings: { committee: [key, key] } });
    expect(read('me')).toMatchObject({ kind: 'fault', fault: { attribute: 'committee' } });
  });

  it('say what is wrong and what it should be, in a sentence of bounded length', () => {
    const read = readAttributes({ network: 'A'.repeat(10_000) }, script);
    const message = read.kind === 'fault' ? read.fault.message : '';
    expect(message).toContain('network="main"');
    expect(message.length).toBeLessThan(300);
  });
});

describe('settings', () => {
  it('are the same when all their parts are', () => {
    const one = { network: 'main', relay: 'https://relay.example', via: undefined, port: false, committee: [] };
    expect(sameSettings(one, { ...one })).toBe(true);
    expect(sameSettings(one, { ...one, network: 'other' })).toBe(false);
    expect(sameSettings(one, { ...one, relay: 'https://other.example' })).toBe(false);
    expect(sameSettings(one, { ...one, via: 'tor' })).toBe(false);
    expect(sameSettings(one, { ...one, port: true })).toBe(false);
    expect(sameSettings(one, { ...one, committee: [key] })).toBe(false);
    expect(sameSettings({ ...one, committee: [key] }, { ...one, committee: [key] })).toBe(true);
  });
});
