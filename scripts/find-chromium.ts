/**
 * Finds a Chromium for the browser tests, or gets one (README, Development).
 *
 * Order: `CHROMIUM_PATH`; Playwright's own; /usr/bin/chromium; /usr/bin/chromium-browser; Google Chrome on the PATH. Where
 * there is none: Playwright's installer, then Debian's package when root on Debian. Nothing is installed that was not
 * missing, and a path the user set is never passed over for another.
 *
 * `tsx scripts/find-chromium.ts` prints the path.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';

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

/** What the search sees of the machine, and what it may do to it. */
export interface Machine {
  readonly variables: { readonly [name: string]: string | undefined };
  /** Where Playwright would keep its own. */
  readonly playwrightPath: string;
  readonly root: boolean;
  readonly debian: boolean;
  /** A file of this name that may be executed. */
  executable(path: string): boolean;
  /** Whether it can say its version: one that lacks a library cannot. */
  runs(path: string): Promise<boolean>;
  /** Whether the installer ended well within the time. What it says goes to the user. */
  install(command: string, args: readonly string[], timeoutMs: number): Promise<boolean>;
  say(line: string): void;
}

export class ChromiumNotFound extends Error {
  override readonly name = 'ChromiumNotFound';
}

/** @throws ChromiumNotFound with one line saying what to do */
export async function findChromium(machine: Machine = thisMachine()): Promise<string> {
  const wanted = machine.variables['CHROMIUM_PATH'];
  if (wanted !== undefined && wanted !== '') {
    if (machine.executable(wanted)) return wanted;
    throw new ChromiumNotFound(`CHROMIUM_PATH is ${wanted}, where there is no program`);
  }
  const found = (await firstThatRuns(machine)) ?? (await installed(machine));
  if (found !== undefined) return found;
  throw new ChromiumNotFound('No Chromium: install the package "chromium", or set CHROMIUM_PATH to one');
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

const versionTimeoutMs = 20_000;
const installerTimeoutMs = 120_000;
const packageTimeoutMs = 600_000;

async function firstThatRuns(machine: Machine): Promise<string | undefined> {
  for (const path of candidates(machine)) {
    if (machine.executable(path) && (await machine.runs(path))) return path;
  }
  return undefined;
}

function candidates({ playwrightPath, variables }: Machine): string[] {
  const folders = (variables['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const onPath = ['google-chrome', 'google-chrome-stable'].flatMap((name) =>
    folders.map((folder) => join(folder, name)),
  );
  return [playwrightPath, '/usr/bin/chromium', '/usr/bin/chromium-browser', ...onPath];
}

async function installed(machine: Machine): Promise<string | undefined> {
  machine.say('No Chromium here; asking Playwright for its own');
  const cli = fileURLToPath(import.meta.resolve('@playwright/test/cli'));
  await machine.install(process.execPath, [cli, 'install', 'chromium'], installerTimeoutMs);
  const own = await firstThatRuns(machine);
  if (own !== undefined || !machine.root || !machine.debian) return own;
  machine.say("That did not work; installing Debian's package");
  const updated = await machine.install('apt-get', ['update'], packageTimeoutMs);
  if (!updated) return undefined;
  await machine.install('apt-get', ['install', '-y', 'chromium'], packageTimeoutMs);
  return await firstThatRuns(machine);
}

function thisMachine(): Machine {
  return {
    variables: process.env,
    playwrightPath: chromium.executablePath(),
    root: isRoot(),
    debian: existsSync('/etc/debian_version'),
    executable,
    runs: (path) => run(path, ['--version'], versionTimeoutMs, 'ignore'),
    install: (command, args, timeoutMs) => run(command, args, timeoutMs, 'inherit'),
    say: (line) => console.error(line),
  };
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** In a process group of its own: an installer's children must not outlive the time they were given. */
function run(
  command: string,
  args: readonly string[],
  timeoutMs: number,
  output: 'ignore' | 'inherit',
): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, [...args], { stdio: ['ignore', output, output], detached: true });
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, timeoutMs);
    child.once('error', () => {
      clearTimeout(timer);
      resolve(false);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      resolve(code === 0);
    });
  });
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
