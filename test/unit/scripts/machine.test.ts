/**
 * scripts/machine.ts on this machine: what may be executed, and a program that takes too long.
 */
import { describe, expect, it } from 'vitest';
import { installPackages, onPath, run, thisMachine } from '../../../scripts/machine.ts';

describe('this machine', () => {
  it('may execute Node, and not what is no file or no program', () => {
    const { executable } = thisMachine();
    expect(executable(process.execPath)).toBe(true);
    expect(executable(`${process.execPath}-not`)).toBe(false);
    expect(executable('package.json')).toBe(false);
  });

  it('tells whether a program ended well, and ends one that takes too long with all it has started', async () => {
    const node = (script: string, timeoutMs = 20_000) => run(process.execPath, ['-e', script], timeoutMs, 'ignore');
    expect(await node('')).toBe(true);
    expect(await node('process.exit(3)')).toBe(false);
    expect(await run('/not/a/program', [], 20_000, 'ignore')).toBe(false);
    expect(await node('setInterval(() => undefined, 1_000)', 200)).toBe(false);
  });
});

describe('a program’s places', () => {
  it('are the folders of PATH, none of them the current one', () => {
    const machine = { ...thisMachine(), variables: { PATH: ':/a::/b:' } };
    expect(onPath(machine, 'tor')).toEqual(['/a/tor', '/b/tor']);
    expect(onPath({ ...machine, variables: {} }, 'tor')).toEqual([]);
  });
});

describe('installing', () => {
  it('is not tried when the lists of packages cannot be had', async () => {
    const commands: string[] = [];
    const machine = {
      ...thisMachine(),
      root: true,
      debian: true,
      say: () => undefined,
      install: async (_command: string, args: readonly string[]) => {
        commands.push(args.join(' '));
        return false;
      },
    };
    expect(await installPackages(machine, ['tor'])).toBe(false);
    expect(commands).toEqual(['update']);
  });
});
