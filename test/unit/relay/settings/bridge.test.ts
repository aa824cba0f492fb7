import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import {
  addBridgeOptions,
  type BridgeFlags,
  bridgeSettings,
  defaultBridge,
} from '../../../../relay/settings/bridge.ts';

function read(...flags: readonly string[]) {
  const command = addBridgeOptions(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  return bridgeSettings(command.parse(flags, { from: 'user' }).opts<BridgeFlags>());
}

describe('the bridge’s flags', () => {
  it('have safe defaults', () => {
    expect(read()).toEqual(defaultBridge);
    expect(defaultBridge).toMatchObject({ allow: [], proxy: undefined, ports: undefined });
  });

  it('say what is carried, and how', () => {
    const flags = ['--bridge-allow', '192.168.1.0/24', '--bridge-allow', '::1, 10.0.0.7', '--socks', '127.0.0.1:9050'];
    expect(
      read(...flags, '--ports', '29100-29199', '--ports-host', 'a.onion', '--max-bridges', '7', '--max-ports', '0'),
    ).toEqual({
      allow: ['192.168.1.0/24', '::1', '10.0.0.7'],
      proxy: { host: '127.0.0.1', port: 9_050 },
      ports: { from: 29_100, to: 29_199 },
      announcedHost: 'a.onion',
      mostConnections: 7,
      mostPorts: 0,
    });
    expect(read('--no-bridge')).toBe('none');
  });

  it.each([
    ['--bridge-allow', 'example.org'],
    ['--bridge-allow', '10.0.0.0/40'],
    ['--bridge-allow', ''],
    ['--socks', '9050'],
    ['--socks', '127.0.0.1:0'],
    ['--ports', '29100'],
    ['--ports', '0-10'],
    ['--ports', '10-9'],
    ['--ports', '1-65536'],
    ['--ports-host', 'http://x'],
    ['--ports-host', ''],
    ['--max-bridges', '0'],
  ])('are refused when they are wrong: %s %s', (flag, value) => {
    expect(() => read(flag, value)).toThrow();
  });
});
