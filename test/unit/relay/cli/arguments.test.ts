import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import {
  parseHostAndPort,
  parseNetwork,
  parseNetworks,
  parsePeers,
  parsePort,
  parseRoot,
  parseSwitch,
  wholeNumber,
} from '../../../../relay/cli/arguments.ts';

const key = 'a'.repeat(64);

describe('what is given', () => {
  it.each([
    [parsePort, '0', 0],
    [parsePort, '65535', 65_535],
    [parseNetwork, 'main', 'main'],
    [parseHostAndPort, '127.0.0.1:29092', '127.0.0.1:29092'],
    [parseHostAndPort, '[::1]:1', '[::1]:1'],
    [parseHostAndPort, 'example.onion:29092', 'example.onion:29092'],
    [parseSwitch, 'on', true],
    [parseSwitch, 'off', false],
    [parseRoot, key, key],
    [wholeNumber(1, 64), '64', 64],
    [wholeNumber(0, Number.MAX_SAFE_INTEGER), '0', 0],
  ] as const)('is read by %o: %j', (parse, text, value) => {
    expect(parse(text)).toBe(value);
  });

  it.each([
    [parsePort, ['x', '-1', '65536', '1.5', '0x10', '', ' 1']],
    [parseNetwork, ['', 'A', '-x', 'a/b', 'x'.repeat(65), 'a,b']],
    [parseHostAndPort, ['', '127.0.0.1', ':1', 'a:65536', 'a:0', '::1:1', 'ws://a:1', 'a b:1', 'a:1\n']],
    [parseSwitch, ['', 'ON', 'true', '1', 'no']],
    [parseRoot, ['', key.slice(1), `${key}a`, key.toUpperCase(), `${key.slice(1)}g`]],
    [wholeNumber(1, 64), ['0', '65', '', 'x', '1.5', '1e1', '-1', '9'.repeat(30)]],
  ] as const)('is refused by %o where it is nearly right', (parse, texts) => {
    for (const text of texts) expect(() => parse(text), text).toThrow(InvalidArgumentError);
  });
});

describe('lists', () => {
  it('are given with commas, or again and again', () => {
    expect(parseNetworks('b, c', ['a'])).toEqual(['a', 'b', 'c']);
    expect(parsePeers('127.0.0.1:1', [])).toEqual(['127.0.0.1:1']);
    expect(parsePeers('a:2, ws://b/peer/main', ['c:3'])).toEqual(['c:3', 'a:2', 'ws://b/peer/main']);
  });

  it.each(['', 'a', 'a:1,', 'http://a:1', 'ws:', 'a:0', 'a:1;b:2'])('of peers hold no %j', (text) => {
    expect(() => parsePeers(text, [])).toThrow(InvalidArgumentError);
  });
});
