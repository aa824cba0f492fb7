import { afterEach, describe, expect, it, vi } from 'vitest';
import { defaultAccess } from '../../../relay/settings/access.ts';
import { defaultBridge } from '../../../relay/settings/bridge.ts';
import { defaultLimits } from '../../../relay/settings/limits.ts';
import { readSettings, relayCommand, urlOf } from '../../../relay/settings.ts';

const read = (...flags: readonly string[]) => readSettings(['node', 'mccloud', ...flags]);

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** What a refusal prints, and the exit code. */
function refused(...flags: readonly string[]): { said: string; code: unknown } {
  let said = '';
  const take = (text: string | Uint8Array): boolean => {
    said += String(text);
    return true;
  };
  vi.spyOn(process.stderr, 'write').mockImplementation(take);
  vi.spyOn(process.stdout, 'write').mockImplementation(take);
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
    throw new Error('exit');
  });
  expect(() => read(...flags)).toThrow('exit');
  return { said, code: exit.mock.calls[0]?.[0] };
}

describe('readSettings', () => {
  it('has a default for everything', () => {
    expect(read()).toEqual({
      host: '127.0.0.1',
      port: 8080,
      data: 'data',
      networks: ['main'],
      committee: [],
      access: defaultAccess,
      bridge: defaultBridge,
      limits: defaultLimits,
      log: { level: 'info', format: 'text' },
      stun: 'as-http',
      turn: undefined,
    });
  });

  it('reads flags, one network after another', () => {
    expect(read('--host', '::', '--port', '0', '--data', 'x', '--network', 'a', '--network', 'b,c')).toMatchObject({
      host: '::',
      port: 0,
      data: 'x',
      networks: ['a', 'b', 'c'],
    });
  });

  it('reads the environment, and flags before it', () => {
    vi.stubEnv('MCCLOUD_HOST', '0.0.0.0');
    vi.stubEnv('MCCLOUD_PORT', '9000');
    vi.stubEnv('MCCLOUD_DATA', 'there');
    vi.stubEnv('MCCLOUD_NETWORK', 'one, two');
    expect(read()).toMatchObject({ host: '0.0.0.0', port: 9000, data: 'there', networks: ['one', 'two'] });
    expect(read('--port', '1', '--network', 'three')).toMatchObject({ port: 1, networks: ['three'] });
  });

  it.each(['x', '-1', '65536', '1.5', '0x10', ''])('refuses the port %j in one line', (port) => {
    const { said, code } = refused('--port', port);
    expect(said).toMatch(/port.*0 to 65535.*\n$/);
    expect(said.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });

  it.each(['', 'A', '-x', 'a/b', 'x'.repeat(65), 'a,,b'])('refuses the network %j', (network) => {
    expect(refused('--network', network).code).toBe(2);
  });

  it('refuses what it does not know', () => {
    expect(refused('--prot', '1').said).toBe("mccloud: unknown option '--prot' (Did you mean --port?)\n");
    expect(refused('there').code).toBe(2);
  });

  it('reads every group of flags', () => {
    const flags = ['--max-sockets', '7', '--log', 'warn', '--behind-proxy'];
    expect(read(...flags)).toMatchObject({
      access: { behindProxy: true },
      limits: { maxSockets: 7 },
      log: { level: 'warn', format: 'text' },
    });
  });

  it.each([
    [['--tls-cert', 'c'], '--tls-cert needs --tls-key'],
    [['--max-sockets', '0'], 'from 1 to 1048576'],
    [['--origin', 'a.example'], 'scheme://host'],
    [['--log', 'all'], 'error, warn, info, debug'],
  ])('refuses %j in one line', (flags, reason) => {
    const { said, code } = refused(...flags);
    expect(said).toContain(reason);
    expect(said).toMatch(/^mccloud: [^\n]+\n$/);
    expect(code).toBe(2);
  });

  it('gives each flag a variable of its name', () => {
    for (const { long, envVar } of relayCommand().options)
      expect(envVar).toBe(`MCCLOUD_${long?.slice(2).toUpperCase().replaceAll('-', '_')}`);
  });

  it('says in one line that flags do not go together', () => {
    const { said, code } = refused('--no-stun', '--stun-port', '1');
    expect([said, code]).toEqual(['mccloud: --no-stun and --stun-port do not go together\n', 2]);
  });

  it('explains itself', () => {
    const { said, code } = refused('--help');
    const flags = relayCommand().options.map(({ long }) => long as string);
    for (const word of [...flags, 'MCCLOUD_PORT', '8080', '127.0.0.1']) {
      expect(said).toContain(word);
    }
    expect(code).toBe(0);
  });
});

describe('urlOf', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:1'],
    ['::1', 'http://[::1]:1'],
    ['0.0.0.0', 'http://127.0.0.1:1'],
    ['::', 'http://127.0.0.1:1'],
    ['relay.example', 'http://relay.example:1'],
  ])('of a relay at %s is %s', (host, url) => {
    expect(urlOf(host, 1, defaultAccess)).toBe(url);
    const tls = { cert: 'c', key: 'k' };
    expect(urlOf(host, 1, { ...defaultAccess, tls })).toBe(url.replace('http', 'https'));
  });
});
