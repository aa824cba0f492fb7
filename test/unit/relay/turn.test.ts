import { describe, expect, it } from 'vitest';
import { turnTextBytes } from '../../../core/wire/signaling.ts';
import { credentialLifetimeS, isTurnUrl, turnServers } from '../../../relay/turn.ts';

const urls = ['turn:a:1', 'turns:b:2'];
const nowMs = 1_700_000_000_999;

describe('turnServers', () => {
  it('gives each tab a user of its own that ends in 12 hours', () => {
    const told = [1, 2].map(() => turnServers({ urls, right: { kind: 'secret', secret: 's' } }, nowMs));
    const users = told.map(([first]) => first?.username ?? '');
    for (const user of users) expect(user).toMatch(/^1700043200:[0-9a-f]{16}$/);
    expect(credentialLifetimeS).toBe(43_200);
    expect(new Set(users).size).toBe(2);
    expect(told[0]?.map(({ url, username }) => [url, username])).toEqual(urls.map((url) => [url, users[0]]));
  });

  it('signs the user as coturn does with use-auth-secret', async () => {
    const [server] = turnServers({ urls, right: { kind: 'secret', secret: 'north' } }, nowMs);
    const bytes = (text: string) => new TextEncoder().encode(text);
    // Web Crypto in place of Node's own, which the source uses.
    const algorithm = { name: 'HMAC', hash: 'SHA-1' };
    const key = await crypto.subtle.importKey('raw', bytes('north'), algorithm, false, ['sign']);
    const mac = await crypto.subtle.sign('HMAC', key, bytes(server?.username ?? ''));
    expect(server?.credential).toBe(btoa(String.fromCharCode(...new Uint8Array(mac))));
  });

  it('gives all the same user where it has no secret', () => {
    const turn = { urls, right: { kind: 'user', username: 'u', password: 'p' } } as const;
    expect(turnServers(turn, nowMs)).toEqual(urls.map((url) => ({ url, username: 'u', credential: 'p' })));
  });
});

describe('isTurnUrl', () => {
  it.each([
    ['turn:a:1', true],
    ['turns:a', true],
    ['stun:a:1', false],
    ['turn:', false],
    [`turn:${'a'.repeat(turnTextBytes - 5)}`, true],
    [`turn:${'a'.repeat(turnTextBytes - 4)}`, false],
  ])('of %s is %s', (url, isOne) => {
    expect(isTurnUrl(url)).toBe(isOne);
  });
});
