import { Command } from 'commander';
import { expect, it } from 'vitest';
import { addLimitOptions, defaultLimits, type Limits } from '../../../../relay/settings/limits.ts';

function read(...flags: readonly string[]): Limits {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  addLimitOptions(command);
  return command.parse(flags, { from: 'user' }).opts<Limits>();
}

it('has defaults', () => {
  expect(read()).toEqual(defaultLimits);
});

it('reads each', () => {
  expect(read('--max-sockets', '1', '--max-connections', '2', '--max-archive-links', '3')).toEqual({
    maxSockets: 1,
    maxConnections: 2,
    maxArchiveLinks: 3,
  });
});

it.each(['0', '-1', '1.5', 'x', '1048577', ''])('refuses %j', (value) => {
  for (const flag of ['--max-sockets', '--max-connections', '--max-archive-links'])
    expect(() => read(flag, value)).toThrow(/from 1 to 1048576/);
});
