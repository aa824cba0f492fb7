import { Command, CommanderError } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  addPeerOptions,
  type PeerFlags,
  type PeerSettings,
  peerSettings,
} from '../../../../relay/cli/peer-settings.ts';

afterEach(() => vi.unstubAllEnvs());

function settings(...flags: readonly string[]): PeerSettings {
  const command = addPeerOptions(new Command('peer'))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  return peerSettings(command.parse([...flags], { from: 'user' }).opts<PeerFlags>());
}

const root = 'ab'.repeat(32);

describe('the settings of a peer', () => {
  it('have the reference’s defaults, but on this machine only', () => {
    expect(settings()).toEqual({
      folder: 'data',
      reach: { kind: 'listens', host: '127.0.0.1', port: 29_092, announceBy: undefined },
      config: {
        network: 'main',
        thin: false,
        dataGatherTimeMs: 750,
        riddle: { nextCandidates: 3, forcedRestart: 'majority' },
        wire: 'auto',
        requireUpgrade: false,
        root: undefined,
        committee: [],
      },
      connect: [],
      log: { level: 'info', format: 'text' },
      notes: [],
    });
  });

  it('are read from flags', () => {
    const flags = ['--host', '::1', '--port', '0', '--data', 'd', '--network', 'n', '--conn', 'a:1', 'b:2', '--thin'];
    const more = [
      '--gather',
      '10',
      '--candidates',
      '1',
      '--forced-restart',
      'off',
      '--wire',
      'cbc',
      '--root',
      root,
      '--require-upgrade',
    ];
    expect(
      settings(...flags, ...more, '--log', 'debug', '--log-format', 'json', '--conn', 'c:3', '--announce-by', 'x:9'),
    ).toEqual({
      folder: 'd',
      reach: { kind: 'listens', host: '::1', port: 0, announceBy: 'x:9' },
      config: {
        network: 'n',
        thin: true,
        dataGatherTimeMs: 10,
        riddle: { nextCandidates: 1, forcedRestart: 'never' },
        wire: 'cbc',
        requireUpgrade: true,
        root,
        committee: [],
      },
      connect: ['a:1', 'b:2', 'c:3'],
      log: { level: 'debug', format: 'json' },
      notes: [],
    });
  });

  it.each([
    ['MCCLOUD_HOST', '0.0.0.0', { reach: { host: '0.0.0.0' } }],
    ['MCCLOUD_PORT', '1', { reach: { port: 1 } }],
    ['MCCLOUD_DATA', 'there', { folder: 'there' }],
    ['MCCLOUD_NETWORK', 'other', { config: { network: 'other' } }],
    ['MCCLOUD_CONN', 'a:1,b:2', { connect: ['a:1', 'b:2'] }],
    ['MCCLOUD_ANNOUNCE_BY', 'a:1', { reach: { announceBy: 'a:1' } }],
    ['MCCLOUD_THIN', 'on', { config: { thin: true } }],
    ['MCCLOUD_THIN', 'off', { config: { thin: false } }],
    ['MCCLOUD_GATHER', '5', { config: { dataGatherTimeMs: 5 } }],
    ['MCCLOUD_CANDIDATES', '5', { config: { riddle: { nextCandidates: 5 } } }],
    ['MCCLOUD_FORCED_RESTART', 'off', { config: { riddle: { forcedRestart: 'never' } } }],
    ['MCCLOUD_FORCED_RESTART', 'on', { config: { riddle: { forcedRestart: 'majority' } } }],
    ['MCCLOUD_FORCED_RESTART', 'strict', { config: { riddle: { forcedRestart: 'strict' } } }],
    ['MCCLOUD_WIRE', 'gcm-siv', { config: { wire: 'gcm-siv' } }],
    ['MCCLOUD_REQUIRE_UPGRADE', 'on', { config: { requireUpgrade: true } }],
    ['MCCLOUD_ROOT', root, { config: { root } }],
    ['MCCLOUD_COMMITTEE', `02${root},03${root}`, { config: { committee: [`02${root}`, `03${root}`] } }],
    ['MCCLOUD_LOG', 'warn', { log: { level: 'warn', format: 'text' } }],
    ['MCCLOUD_LOG_FORMAT', 'json', { log: { level: 'info', format: 'json' } }],
  ])('are read from %s=%s', (name, value, expected) => {
    vi.stubEnv(name, value);
    expect(settings()).toMatchObject(expected);
  });

  it('are read from flags before variables', () => {
    vi.stubEnv('MCCLOUD_PORT', '1');
    vi.stubEnv('MCCLOUD_CONN', 'a:1');
    vi.stubEnv('MCCLOUD_THIN', 'on');
    expect(settings('--port', '2', '--conn', 'b:2', '--thin', 'off')).toMatchObject({
      reach: { port: 2 },
      connect: ['b:2'],
      config: { thin: false },
    });
  });

  it.each([
    ['--port', '65536'],
    ['--conn', 'nowhere'],
    ['--conn'],
    ['--network', 'A'],
    ['--gather', '-1'],
    ['--gather', '86400001'],
    ['--candidates', '0'],
    ['--candidates', '65'],
    ['--wire', 'gcm'],
    ['--root', 'x'],
    ['--committee', 'x'],
    ['--log', 'all'],
    ['--log-format', 'xml'],
    ['--proxy', '9050'],
    ['--thin', 'yes'],
    ['extra'],
  ])('are refused: %s %s', (...flags) => {
    expect(() => settings(...flags)).toThrow(CommanderError);
  });
});

describe('a peer that listens everywhere', () => {
  it.each(['0.0.0.0', '::'])('on %s is told that nobody can dial that', (host) => {
    expect(settings('--host', host).notes).toEqual([expect.stringContaining('--announce-by')]);
    expect(settings('--host', host, '--announce-by', 'me.example:29092').notes).toEqual([]);
  });
});

describe('a peer behind a proxy', () => {
  const proxied = ['--proxy', '127.0.0.1:9050', '--announce-by', 'x.onion:29092'];

  it('listens on this machine', () => {
    expect(settings(...proxied, '--conn', 'y.onion:1')).toMatchObject({
      reach: { kind: 'proxied', host: '127.0.0.1', port: 29_092, proxy: '127.0.0.1:9050', announceBy: 'x.onion:29092' },
      connect: ['y.onion:1'],
      notes: [],
    });
    for (const host of ['127.0.0.2', '::1', 'localhost']) {
      expect(settings(...proxied, '--host', host)).toMatchObject({ reach: { host }, notes: [] });
    }
  });

  it.each(['0.0.0.0', '192.0.2.1', '::', 'example.org', '127.0.0.1.example.org'])(
    'listens on this machine though it was to listen on %s, and is told so',
    (host) => {
      const { reach, notes } = settings(...proxied, '--host', host);
      expect(reach.host).toBe('127.0.0.1');
      expect(notes).toEqual([`behind a proxy it listens on 127.0.0.1 only, not on ${host}`]);
    },
  );

  it('must say what others dial, and dials no URL', () => {
    const usage = (message: string) =>
      expect.objectContaining({ name: 'CommandError', exitCode: 2, message: expect.stringContaining(message) });
    expect(() => settings('--proxy', '127.0.0.1:9050')).toThrow(usage('--announce-by'));
    expect(() => settings('--require-upgrade', '--wire', 'gcm-siv')).toThrow(usage('exclude each other'));
    expect(() => settings(...proxied, '--conn', 'ws://a/peer/main')).toThrow(usage('ws://a/peer/main'));
  });
});
