import { describe, expect, it } from 'vitest';
import { canonicalOrigin, isLoopbackHost, isOriginOf, originRefusal } from '../../../relay/origins.ts';

const open = { origins: [], loopbackOnly: false };
const here = { origins: [], loopbackOnly: true };
const host = 'relay.example:8080';

describe('originRefusal', () => {
  it('lets in who names no page: that is no browser', () => {
    for (const policy of [open, here]) expect(originRefusal({ host }, policy)).toBeUndefined();
  });

  it.each(['http://relay.example:8080', 'https://relay.example:8080'])('lets in its own page %s', (origin) => {
    expect(originRefusal({ origin, host }, open)).toBeUndefined();
  });

  it('takes a port that is the scheme’s own for the same, named or not', () => {
    expect(originRefusal({ origin: 'https://relay.example', host: 'relay.example' }, open)).toBeUndefined();
    expect(originRefusal({ origin: 'https://relay.example', host: 'relay.example:443' }, open)).toBeUndefined();
    expect(originRefusal({ origin: 'https://relay.example', host: 'relay.example:80' }, open)).toBeDefined();
    expect(originRefusal({ origin: 'https://relay.example', host: 'Relay.Example' }, open)).toBeUndefined();
  });

  it.each([
    'http://localhost',
    'http://localhost:3000',
    'https://localhost:8443',
    'http://127.0.0.1:8080',
    'http://127.9.8.7',
    'http://[::1]:5173',
    'https://[::1]',
  ])('lets in a page of the browser’s machine, %s', (origin) => {
    for (const policy of [open, here]) expect(originRefusal({ origin, host }, policy)).toBeUndefined();
  });

  it.each([
    'http://evil.example',
    'http://relay.example',
    'http://relay.example:8081',
    'http://relay.example.evil.example:8080',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'http://128.0.0.1',
    'http://[::2]',
    'http://0.0.0.0:8080',
    'http://192.168.1.2',
    'ftp://relay.example:8080',
    'ftp://localhost',
    'chrome-extension://localhost',
    'null',
  ])('refuses %s and names the flag that would allow it', (origin) => {
    for (const policy of [open, here]) {
      expect(originRefusal({ origin, host }, policy)).toContain(`--origin ${origin} `);
      expect(originRefusal({ origin, host }, { ...policy, origins: [origin] })).toBeUndefined();
      expect(originRefusal({ origin, host }, { ...policy, origins: ['*'] })).toBeUndefined();
      expect(originRefusal({ origin, host }, { ...policy, origins: ['https://other.example'] })).toBeDefined();
    }
  });

  it.each([
    '',
    ' ',
    'x',
    'http://',
    'http://a b',
    'http://a, http://localhost',
    'http://localhost/path',
    'http://u@localhost',
    'http://localhost?x',
    'http://localhost#x',
    'http://localhost\\@evil.example',
    'http://localhost:99999',
    'http://evil127.0.0.1',
    'file:///x',
    'data:text/html,x',
    `http://${'a'.repeat(600)}`,
  ])('refuses %j, which no browser sends, and does not say it back', (origin) => {
    for (const policy of [open, here]) {
      expect(originRefusal({ origin, host }, policy)).toBe(
        'the Origin header of this request is none that a browser sends',
      );
    }
  });

  it('takes no name for its own when it listens on loopback only: any name may lead there', () => {
    const rebound = { origin: 'http://evil.example:8080', host: 'evil.example:8080' };
    expect(originRefusal(rebound, open)).toBeUndefined();
    expect(originRefusal(rebound, here)).toMatch(
      /loopback only.*--origin http:\/\/evil\.example:8080 .*--behind-proxy/,
    );
    expect(originRefusal({ origin: 'http://localhost:8080', host: 'localhost:8080' }, here)).toBeUndefined();
  });

  it('says by which name it was reached, if that is one', () => {
    const origin = 'https://relay.example';
    expect(originRefusal({ origin, host: '127.0.0.1:8080' }, open)).toContain('reached as 127.0.0.1:8080,');
    expect(originRefusal({ origin, host: '<b>' }, open)).toContain('reached as no host,');
    expect(originRefusal({ origin }, open)).toContain('reached as no host,');
  });
});

describe('canonicalOrigin', () => {
  it.each([
    ['https://site.example', 'https://site.example'],
    ['HTTPS://Site.Example/', 'https://site.example'],
    ['https://site.example:443', 'https://site.example'],
    ['http://site.example:8080', 'http://site.example:8080'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
    ['chrome-extension://abcdef', 'chrome-extension://abcdef'],
    ['null', 'null'],
  ])('of %s is %s', (text, origin) => {
    expect(canonicalOrigin(text)).toBe(origin);
  });

  it.each(['site.example', 'https:site.example', 'https://site.example/path', 'https://u:p@site.example', '*', 'Null'])(
    'is none of %s',
    (text) => {
      expect(canonicalOrigin(text)).toBeUndefined();
    },
  );
});

describe('isOriginOf', () => {
  it.each([
    ['http://relay.example', 'relay.example'],
    ['https://relay.example', 'relay.example:443'],
    ['https://relay.example:8080', 'RELAY.example:8080'],
    ['http://[::1]:8080', '[::1]:8080'],
  ])('%s is one of %s', (origin, named) => {
    expect(isOriginOf(origin, named)).toBe(true);
  });

  it.each([
    ['http://relay.example/', 'relay.example'],
    ['http://relay.example', 'other.example'],
    ['http://relay.example', 'relay.example/x'],
    ['http://relay.example', 'u@relay.example'],
    ['http://relay.example', ''],
    ['ftp://relay.example', 'relay.example'],
    ['relay.example', 'relay.example'],
  ])('%s is none of %j', (origin, named) => {
    expect(isOriginOf(origin, named)).toBe(false);
  });
});

describe('isLoopbackHost', () => {
  it('is a name by which only this machine is reached, with any port', () => {
    for (const name of ['localhost', 'localhost:8080', '127.0.0.1:1', '127.1.2.3', '[::1]', '[::1]:9'])
      expect(isLoopbackHost(name)).toBe(true);
    for (const name of ['', 'relay.example', 'localhost.example', '10.0.0.1', '[::2]:1', 'a@localhost', 'localhost/x'])
      expect(isLoopbackHost(name)).toBe(false);
  });
});
