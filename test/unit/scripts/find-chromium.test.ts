/**
 * scripts/find-chromium.ts: where it looks, in which order, and what it installs; on machines made for the test.
 */
import { describe, expect, it } from 'vitest';
import { type ChromiumMachine, ChromiumNotFound, findChromium } from '../../../scripts/find-chromium.ts';

const playwrightPath = '/cache/playwright/chrome';
const debianPath = '/usr/bin/chromium';

interface Given {
  /** What can be executed. */
  readonly programs?: readonly string[];
  /** Of those, what ends with an error when asked for its version. */
  readonly broken?: readonly string[];
  readonly variables?: Record<string, string>;
  readonly root?: boolean;
  readonly debian?: boolean;
  /** Which path an installer brings: by what its command line contains. */
  readonly brings?: Record<string, string>;
}

function machine(given: Given) {
  const programs = new Set(given.programs);
  const installed: string[] = [];
  const made: ChromiumMachine = {
    variables: { PATH: '/usr/local/bin:/usr/bin', ...given.variables },
    playwrightPath,
    root: given.root ?? false,
    debian: given.debian ?? false,
    executable: (path) => programs.has(path),
    runs: async (path) => !(given.broken ?? []).includes(path),
    install: async (command, args) => {
      const line = [command.replace(process.execPath, 'node'), ...args.slice(-3)].join(' ');
      installed.push(line);
      for (const [words, path] of Object.entries(given.brings ?? {})) if (line.includes(words)) programs.add(path);
      return true;
    },
    say: () => {},
  };
  return { made, installed };
}

describe('the search for Chromium', () => {
  it.each<[string, Given, string]>([
    ['CHROMIUM_PATH before all else', { variables: { CHROMIUM_PATH: '/x' }, programs: ['/x', playwrightPath] }, '/x'],
    ['Playwright’s own before the system’s', { programs: [debianPath, playwrightPath] }, playwrightPath],
    ['the system’s when Playwright has none', { programs: [debianPath] }, debianPath],
    ['the older name of the package', { programs: ['/usr/bin/chromium-browser'] }, '/usr/bin/chromium-browser'],
    ['Chrome on the PATH', { programs: ['/usr/local/bin/google-chrome'] }, '/usr/local/bin/google-chrome'],
    ['stable Chrome on the PATH', { programs: ['/usr/bin/google-chrome-stable'] }, '/usr/bin/google-chrome-stable'],
    [
      'the next one when one lacks a library',
      { programs: [playwrightPath, debianPath], broken: [playwrightPath] },
      debianPath,
    ],
  ])('takes %s', async (_, given, expected) => {
    const { made, installed } = machine(given);
    expect(await findChromium(made)).toBe(expected);
    expect(installed).toEqual([]);
  });

  it('does not pass over a CHROMIUM_PATH that is wrong', async () => {
    const { made } = machine({ variables: { CHROMIUM_PATH: '/missing' }, programs: [debianPath] });
    await expect(findChromium(made)).rejects.toThrow('CHROMIUM_PATH is /missing');
  });

  it('takes an empty CHROMIUM_PATH for none', async () => {
    const { made } = machine({ variables: { CHROMIUM_PATH: '' }, programs: [debianPath] });
    expect(await findChromium(made)).toBe(debianPath);
  });

  it('does not look in the current folder for an empty entry of PATH', async () => {
    const { made } = machine({ variables: { PATH: '::' }, programs: ['google-chrome'] });
    await expect(findChromium(made)).rejects.toThrow(ChromiumNotFound);
  });
});

describe('where there is no Chromium', () => {
  it('asks Playwright’s installer first', async () => {
    const { made, installed } = machine({ brings: { 'install chromium': playwrightPath }, root: true, debian: true });
    expect(await findChromium(made)).toBe(playwrightPath);
    expect(installed).toHaveLength(1);
  });

  it('then installs Debian’s package as root on Debian', async () => {
    const { made, installed } = machine({ brings: { 'apt-get install': debianPath }, root: true, debian: true });
    expect(await findChromium(made)).toBe(debianPath);
    expect(installed.slice(1)).toEqual(['apt-get update', 'apt-get install -y chromium']);
  });

  it('installs it too when Playwright’s browser came but lacks a library', async () => {
    const { made } = machine({
      brings: { 'cli.js install chromium': playwrightPath, 'apt-get install': debianPath },
      broken: [playwrightPath],
      root: true,
      debian: true,
    });
    expect(await findChromium(made)).toBe(debianPath);
  });

  it.each([
    { root: false, debian: true },
    { root: true, debian: false },
  ])('says in one line what to install when %j', async (given) => {
    const { made, installed } = machine(given);
    const failure = findChromium(made);
    await expect(failure).rejects.toThrow(ChromiumNotFound);
    await expect(failure).rejects.toThrow(/^[^\n]*install[^\n]*$/);
    expect(installed.filter((line) => line.startsWith('apt-get'))).toEqual([]);
  });
});
