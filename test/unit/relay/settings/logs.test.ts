import { Command } from 'commander';
import { afterEach, expect, it, vi } from 'vitest';
import { type LogFlags, type LogSettings, logOptions, logSettings } from '../../../../relay/settings/logs.ts';

afterEach(() => vi.unstubAllEnvs());

function read(...flags: readonly string[]): LogSettings {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  for (const option of logOptions()) command.addOption(option);
  return logSettings(command.parse(flags, { from: 'user' }).opts<LogFlags>());
}

it('tells what is worth knowing, to people, by default', () => {
  expect(read()).toEqual({ level: 'info', format: 'text' });
});

it('is read from flags and variables', () => {
  expect(read('--log', 'debug', '--log-format', 'json')).toEqual({ level: 'debug', format: 'json' });
  vi.stubEnv('MCCLOUD_LOG', 'error');
  vi.stubEnv('MCCLOUD_LOG_FORMAT', 'json');
  expect(read()).toEqual({ level: 'error', format: 'json' });
});

it('refuses what there is not', () => {
  expect(() => read('--log', 'all')).toThrow(/error, warn, info, debug/);
  expect(() => read('--log-format', 'xml')).toThrow(/text, json/);
});
