import { Command } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { addServiceOptions, type ServiceFlags, serviceSettings } from '../../../../relay/settings/services.ts';

/** @throws Error with what commander would say */
function read(...flags: readonly string[]) {
  const command = addServiceOptions(new Command().exitOverride().configureOutput({ writeErr: () => undefined }));
  return serviceSettings(command.parse(flags, { from: 'user' }).opts<ServiceFlags>(), (line) => {
    throw new Error(line);
  });
}

const turn = ['--turn', 'turn:turn.example:3478'];

afterEach(() => vi.unstubAllEnvs());

describe('STUN', () => {
  it.each([
    [[], 'as-http'],
    [['--stun-port', '3478'], 3478],
    [['--stun-port', '0'], 0],
    [['--no-stun'], 'none'],
  ])('is set by %j', (flags, stun) => {
    expect(read(...flags)).toEqual({ stun, turn: undefined });
  });

  it('is set by variables, flags before them', () => {
    vi.stubEnv('MCCLOUD_STUN_PORT', '3478');
    expect(read()).toMatchObject({ stun: 3478 });
    expect(read('--stun-port', '1')).toMatchObject({ stun: 1 });
    vi.stubEnv('MCCLOUD_STUN_PORT', undefined);
    vi.stubEnv('MCCLOUD_NO_STUN', '1');
    expect(read()).toMatchObject({ stun: 'none' });
  });

  it.each(['x', '-1', '65536', ''])('has no port %j', (port) => {
    expect(() => read('--stun-port', port)).toThrow('0 to 65535');
  });

  it('is not both off and on a port', () => {
    expect(() => read('--no-stun', '--stun-port', '3478')).toThrow('--no-stun and --stun-port do not go together');
  });
});

describe('TURN', () => {
  it('is by secret or by user', () => {
    const urls = ['turn:turn.example:3478'];
    expect(read(...turn, '--turn-secret', 's')).toMatchObject({
      turn: { urls, right: { kind: 'secret', secret: 's' } },
    });
    expect(read(...turn, '--turn-user', 'u', '--turn-password', 'p')).toMatchObject({
      turn: { urls, right: { kind: 'user', username: 'u', password: 'p' } },
    });
  });

  it('is several servers, one after the other or with commas', () => {
    const flags = ['--turn', 'turn:a:1?transport=udp', '--turn', 'turn:a:1?transport=tcp, turns:[2001:db8::1]:443'];
    expect(read(...flags, '--turn-secret', 's')).toMatchObject({
      turn: { urls: ['turn:a:1?transport=udp', 'turn:a:1?transport=tcp', 'turns:[2001:db8::1]:443'] },
    });
  });

  it('is set by variables', () => {
    vi.stubEnv('MCCLOUD_TURN', 'turn:a:1,turns:b');
    vi.stubEnv('MCCLOUD_TURN_SECRET', 's');
    expect(read()).toMatchObject({ turn: { urls: ['turn:a:1', 'turns:b'], right: { kind: 'secret', secret: 's' } } });
    vi.stubEnv('MCCLOUD_TURN_SECRET', undefined);
    vi.stubEnv('MCCLOUD_TURN_USER', 'u');
    vi.stubEnv('MCCLOUD_TURN_PASSWORD', 'p');
    expect(read()).toMatchObject({ turn: { right: { kind: 'user', username: 'u', password: 'p' } } });
  });

  it.each([
    '',
    'turn',
    'stun:a:1',
    'turn:a:0',
    'turn:a:1?transport=x',
    'https://a',
    `turn:${'a'.repeat(252)}`,
    'turn:a,',
  ])('is at no such address as %j', (url) => {
    expect(() => read('--turn', url, '--turn-secret', 's')).toThrow('a TURN server is turn:host:port');
  });

  it.each([
    [['--turn-secret', 's'], /are for --turn/],
    [['--turn-user', 'u', '--turn-password', 'p'], /are for --turn/],
    [turn, /needs --turn-secret, or both/],
    [[...turn, '--turn-user', 'u'], /needs --turn-secret, or both/],
    [[...turn, '--turn-password', 'p'], /needs --turn-secret, or both/],
    [[...turn, '--turn-secret', 's', '--turn-user', 'u'], /give it alone/],
    [[...turn, '--turn-secret', 's', '--turn-user', 'u', '--turn-password', 'p'], /give it alone/],
    [[...turn, '--turn-secret', ''], /not empty/],
    [[...turn, '--turn-user', 'u', '--turn-password', ''], /not empty/],
    [[...turn, '--turn-user', 'ü'.repeat(129), '--turn-password', 'p'], /at most 256 bytes/],
    [[...turn, '--turn-user', 'u', '--turn-password', 'p'.repeat(257)], /at most 256 bytes/],
    [[...Array(9).fill(turn).flat(), '--turn-secret', 's'], /at most 8 servers, not 9/],
  ] as [string[], RegExp][])('makes no sense as %j, which is said in one line', (flags, reason) => {
    expect(() => read(...flags)).toThrow(reason);
    expect(() => read(...flags)).toThrow(/^[^\n]+$/);
  });

  it('may be named eight times', () => {
    expect(read(...Array(8).fill(turn).flat(), '--turn-secret', 's')).toMatchObject({ turn: { urls: { length: 8 } } });
  });
});
