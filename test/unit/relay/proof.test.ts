import { describe, expect, it } from 'vitest';
import { isOriginOf } from '../../../relay/proof.ts';

describe('an origin that was signed', () => {
  it.each([
    ['http://127.0.0.1:8080', '127.0.0.1:8080', true],
    ['https://relay.example', 'relay.example', true],
    ['https://relay.example', 'relay.example:443', true],
    ['https://relay.example', 'RELAY.example', true],
    ['http://[::1]:8080', '[::1]:8080', true],
    ['https://relay.example', 'other.example', false],
    ['https://relay.example:8443', 'relay.example', false],
    ['https://relay.example/', 'relay.example', false],
    ['HTTPS://relay.example', 'relay.example', false],
    ['relay.example', 'relay.example', false],
    ['', '', false],
    ['https://relay.example', '', false],
  ])('%s is that of a relay reached as %s: %s', (origin, host, expected) => {
    expect(isOriginOf(origin, host)).toBe(expected);
  });
});
