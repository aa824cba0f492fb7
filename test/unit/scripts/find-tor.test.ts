/**
 * scripts/find-tor.ts: where it looks, what it installs and for whom, and what it says; on machines made for the test.
 */
import { describe, expect, it } from 'vitest';
import { findTor, TorNotFound } from '../../../scripts/find-tor.ts';
import type { Machine } from '../../../scripts/machine.ts';

const all = ['/usr/sbin/tor', '/usr/bin/tor-gencert', '/usr/bin/microsocks'];

interface Given {
  readonly programs?: readonly string[];
  readonly root?: boolean;
  readonly debian?: boolean;
  /** What apt-get install brings. */
  readonly brings?: readonly string[];
}

function machine({ programs = [], root = true, debian = true, brings = [] }: Given) {
  const held = new Set(programs);
  const installed: string[] = [];
  const said: string[] = [];
  const made: Machine = {
    variables: { PATH: '/usr/local/bin:/usr/bin' },
    root,
    debian,
    executable: (path) => held.has(path),
    install: async (command, args) => {
      installed.push([command, ...args].join(' '));
      if (args[0] === 'install') for (const path of brings) held.add(path);
      return true;
    },
    say: (line) => said.push(line),
  };
  return { made, installed, said };
}

describe('the search for tor and microsocks', () => {
  it.each([
    ['in Debian’s folders', all],
    ['on the PATH', ['/usr/local/bin/tor', '/usr/local/bin/tor-gencert', '/usr/local/bin/microsocks']],
  ])('finds them %s, and installs nothing', async (_, programs) => {
    const { made, installed, said } = machine({ programs });
    expect(await findTor(made)).toEqual(programs);
    expect([installed, said]).toEqual([[], []]);
  });

  it.each([
    [[], 'tor microsocks'],
    [[all[0], all[1]], 'microsocks'],
    [[all[0], all[2]], 'tor'],
  ])('as root on Debian installs what is missing: beside %j that is %s', async (programs, packages) => {
    const { made, installed } = machine({ programs: programs as string[], brings: all });
    expect(await findTor(made)).toEqual(all);
    expect(installed).toEqual(['apt-get update', `apt-get install -y ${packages}`]);
  });

  it.each([
    { root: false, debian: true },
    { root: true, debian: false },
  ])('says in one line what to install when %j', async (given) => {
    const { made, installed } = machine(given);
    const failure = findTor(made);
    await expect(failure).rejects.toThrow(TorNotFound);
    await expect(failure).rejects.toThrow(/^no tor and no microsocks: install the packages of that name$/);
    expect(installed).toEqual([]);
  });

  it('says what is still missing when the installer brought only a part', async () => {
    const { made } = machine({ brings: ['/usr/sbin/tor', '/usr/bin/tor-gencert'] });
    await expect(findTor(made)).rejects.toThrow(/^no microsocks: install the package of that name$/);
  });
});
