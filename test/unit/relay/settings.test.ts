import { afterEach, describe, expect, it, vi } from 'vitest';
import { readSettings } from '../../../relay/settings.ts';

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
    expect(read()).toEqual({ host: '127.0.0.1', port: 8080, data: 'data', networks: ['main'] });
  });

  it('reads flags, one network after another', () => {
    expect(read('--host', '::', '--port', '0', '--data', 'x', '--network', 'a', '--network', 'b,c')).toEqual({
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
    expect(read()).toEqual({ host: '0.0.0.0', port: 9000, data: 'there', networks: ['one', 'two'] });
    expect(read('--port', '1', '--network', 'three')).toMatchObject({ port: 1, networks: ['three'] });
  });

  it.each(['x', '-1', '65536', '1.5', '0x10', ''])('refuses the port %j in one line', (port) => {
    const { said, code } = refused('--port', port);
    expect(said).toMatch(/port.*0 to 65535.*\n$/);
    expect(said.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  });

  it.each(['', 'A', '-x', 'a/b', 'x'.repeat(65), 'a,,b'])('refuses the network %j', (network) => {
    expect(refused('--network', network).code).toBe(1);
  });

  it('refuses what it does not know', () => {
    expect(refused('--prot', '1').said).toContain('--port');
    expect(refused('there').code).toBe(1);
  });

  it('explains itself', () => {
    const { said, code } = refused('--help');
    for (const word of ['--host', '--port', '--data', '--network', 'MCCLOUD_PORT', '8080', '127.0.0.1']) {
      expect(said).toContain(word);
    }
    expect(code).toBe(0);
  });
});
