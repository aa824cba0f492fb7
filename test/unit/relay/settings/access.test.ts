import { Command } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type Access,
  type AccessFlags,
  accessSettings,
  addAccessOptions,
  defaultAccess,
} from '../../../../relay/settings/access.ts';

afterEach(() => vi.unstubAllEnvs());

function read(...flags: readonly string[]): Access {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  addAccessOptions(command);
  const fail = (line: string): never => {
    throw new Error(line);
  };
  return accessSettings(command.parse(flags, { from: 'user' }).opts<AccessFlags>(), fail);
}

describe('the settings of access', () => {
  it('have defaults', () => {
    expect(read()).toEqual(defaultAccess);
  });

  it('are read from flags', () => {
    const tls = ['--tls-cert', 'c.pem', '--tls-key', 'k.pem'];
    expect(
      read(...tls, '--behind-proxy', '--origin', 'https://A.example/', '--origin', 'null', '--metrics', 'all'),
    ).toEqual({
      tls: { cert: 'c.pem', key: 'k.pem' },
      behindProxy: true,
      origins: ['https://a.example', 'null'],
      metrics: 'all',
    });
    expect(read('--behind-proxy', 'off').behindProxy).toBe(false);
  });

  it('are read from variables, and flags before them', () => {
    vi.stubEnv('MCCLOUD_TLS_CERT', 'c');
    vi.stubEnv('MCCLOUD_TLS_KEY', 'k');
    vi.stubEnv('MCCLOUD_BEHIND_PROXY', 'on');
    vi.stubEnv('MCCLOUD_ORIGIN', 'https://a.example, *');
    vi.stubEnv('MCCLOUD_METRICS', 'all');
    expect(read()).toEqual({
      tls: { cert: 'c', key: 'k' },
      behindProxy: true,
      origins: ['https://a.example', '*'],
      metrics: 'all',
    });
    expect(read('--behind-proxy', 'off', '--origin', 'https://b.example')).toMatchObject({
      behindProxy: false,
      origins: ['https://b.example'],
    });
  });

  it('refuse a certificate without its key, and a key without its certificate', () => {
    expect(() => read('--tls-cert', 'c')).toThrow('--tls-cert needs --tls-key');
    expect(() => read('--tls-key', 'k')).toThrow('--tls-key needs --tls-cert');
  });

  it.each(['', 'a.example', 'https://a.example/x', 'https://a.example,', '**'])('refuse the origin %j', (origin) => {
    expect(() => read('--origin', origin)).toThrow(/an origin is scheme:\/\/host/);
  });

  it('refuse what there is not', () => {
    expect(() => read('--metrics', 'some')).toThrow(/none, loopback, all/);
    expect(() => read('--behind-proxy', 'yes')).toThrow(/on or off/);
  });
});
