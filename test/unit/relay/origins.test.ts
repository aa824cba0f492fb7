import { describe, expect, it } from 'vitest';
import { canonicalOrigin, foreignName, isLoopbackHost, isPassedOn, originRefusal } from '../../../relay/origins.ts';

const host = 'relay.example:8080';

describe('originRefusal', () => {
  it('lets in who names no page: that is no browser', () => {
    expect(originRefusal({ host }, [])).toBeUndefined();
  });

  it.each(['http://relay.example:8080', 'https://relay.example:8080'])('lets in its own page %s', (origin) => {
    expect(originRefusal({ origin, host }, [])).toBeUndefined();
  });

  it('takes a port that is the scheme’s own for the same, named or not', () => {
    expect(originRefusal({ origin: 'https://relay.example', host: 'relay.example' }, [])).toBeUndefined();
    expect(originRefusal({ origin: 'https://relay.example', host: 'relay.example:443' }, [])).toBeUndefined();
    expect(originRefusal({ origin: 'https://relay.example', host: 'relay.example:80' }, [])).toBeDefined();
    expect(originRefusal({ origin: 'https://relay.example', host: 'Relay.Example' }, [])).toBeUndefined();
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
    expect(originRefusal({ origin, host }, [])).toBeUndefined();
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
    expect(originRefusal({ origin, host }, [])).toContain(`--origin ${origin} `);
    expect(originRefusal({ origin, host }, ['https://a.example', origin])).toBeUndefined();
    expect(originRefusal({ origin, host }, ['*'])).toBeUndefined();
    expect(originRefusal({ origin, host }, ['https://other.example'])).toBeDefined();
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
    expect(originRefusal({ origin, host }, [])).toBe('the Origin header of this request is none that a browser sends');
  });

  it('says by which name it was reached, if that is one', () => {
    const origin = 'https://relay.example';
    expect(originRefusal({ origin, host: '127.0.0.1:8080' }, [])).toContain('reached as 127.0.0.1:8080,');
    expect(originRefusal({ origin, host: '<b>' }, [])).toContain('reached as no host,');
    expect(originRefusal({ origin }, [])).toContain('reached as no host,');
  });
});

describe('a relay that listens on loopback only', () => {
  it.each(['localhost', 'localhost:8080', '127.0.0.1:8080', '[::1]:8080'])('is reached as %s', (name) => {
    expect(foreignName({ host: name })).toBeUndefined();
  });

  it('is reached by no other name: a site, or a proxy that it was not told of, may have led there', () => {
    for (const name of ['evil.example:8080', '192.168.1.2', '[2001:db8::1]', 'localhost.evil.example'])
      expect(foreignName({ host: name })).toMatch(`reached as ${name}; --behind-proxy`);
    for (const name of ['', '<b>', 'a b']) expect(foreignName({ host: name })).toContain('reached as no host;');
    expect(foreignName({})).toContain('reached as no host;');
  });

  it('is not reached by a proxy that calls it by its own name and says that it is one', () => {
    for (const said of [
      { 'x-forwarded-for': '192.0.2.1' },
      { forwarded: 'for=192.0.2.1' },
      { 'x-forwarded-for': '' },
    ]) {
      expect(isPassedOn(said)).toBe(true);
      expect(foreignName({ host: '127.0.0.1:8080', ...said })).toContain('needs --behind-proxy');
    }
    expect(isPassedOn({ host })).toBe(false);
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

describe('isLoopbackHost', () => {
  it('is a name by which only this machine is reached, with any port', () => {
    for (const name of ['localhost', 'localhost:8080', '127.0.0.1:1', '127.1.2.3', '[::1]', '[::1]:9'])
      expect(isLoopbackHost(name)).toBe(true);
    for (const name of ['', 'relay.example', 'localhost.example', '10.0.0.1', '[::2]:1', 'a@localhost', 'localhost/x'])
      expect(isLoopbackHost(name)).toBe(false);
  });
});
