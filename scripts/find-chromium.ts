/**
 * Finds a Chromium for the browser tests, or gets one (README, Development).
 *
 * Order: `CHROMIUM_PATH`; Playwright's own; /usr/bin/chromium; /usr/bin/chromium-browser; Google Chrome on the PATH. Where
 * there is none: Playwright's installer, then Debian's package when root on Debian. Nothing is installed that was not
 * missing, and a path the user set is never passed over for another.
 *
 * `tsx scripts/find-chromium.ts` prints the path.
 */
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { installPackages, type Machine, onPath, run, thisMachine } from './machine.ts';

/**
 * What every Chromium of the tests is started with. Without the first, host candidates are mDNS names that nothing
 * resolves on a machine without multicast, and no two tabs ever link; the others keep the browser from working for
 * itself while something is measured.
 */
export const chromiumFlags: readonly string[] = [
  '--disable-features=WebRtcHideLocalIpsWithMdns',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-gpu',
  '--disable-quic',
];

/** What this search sees of the machine besides. */
export interface ChromiumMachine extends Machine {
  /** Where Playwright would keep its own. */
  readonly playwrightPath: string;
  /** Whether it can say its version: one that lacks a library cannot. */
  runs(path: string): Promise<boolean>;
}

export class ChromiumNotFound extends Error {
  override readonly name = 'ChromiumNotFound';
}

/** @throws ChromiumNotFound with one line saying what to do */
export async function findChromium(machine: ChromiumMachine = chromiumMachine()): Promise<string> {
  const wanted = machine.variables['CHROMIUM_PATH'];
  if (wanted !== undefined && wanted !== '') {
    if (machine.executable(wanted)) return wanted;
    throw new ChromiumNotFound(`CHROMIUM_PATH is ${wanted}, where there is no program`);
  }
  const found = (await firstThatRuns(machine)) ?? (await installed(machine));
  if (found !== undefined) return found;
  throw new ChromiumNotFound('No Chromium: install the package "chromium", or set CHROMIUM_PATH to one');
}

const versionTimeoutMs = 20_000;
const installerTimeoutMs = 120_000;

async function firstThatRuns(machine: ChromiumMachine): Promise<string | undefined> {
  for (const path of candidates(machine)) {
    if (machine.executable(path) && (await machine.runs(path))) return path;
  }
  return undefined;
}

function candidates(machine: ChromiumMachine): string[] {
  const chrome = ['google-chrome', 'google-chrome-stable'].flatMap((name) => onPath(machine, name));
  return [machine.playwrightPath, '/usr/bin/chromium', '/usr/bin/chromium-browser', ...chrome];
}

async function installed(machine: ChromiumMachine): Promise<string | undefined> {
  machine.say('No Chromium here; asking Playwright for its own');
  const cli = fileURLToPath(import.meta.resolve('@playwright/test/cli'));
  await machine.install(process.execPath, [cli, 'install', 'chromium'], installerTimeoutMs);
  const own = await firstThatRuns(machine);
  if (own !== undefined) return own;
  return (await installPackages(machine, ['chromium'])) ? await firstThatRuns(machine) : undefined;
}

function chromiumMachine(): ChromiumMachine {
  return {
    ...thisMachine(),
    playwrightPath: chromium.executablePath(),
    runs: (path) => run(path, ['--version'], versionTimeoutMs, 'ignore'),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(await findChromium());
  } catch (error) {
    if (!(error instanceof ChromiumNotFound)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
