/**
 * The machine that the scripts run on, as those see it that look for programs or install them.
 *
 * Tests bring machines of their own. Nothing is installed but Debian's packages, as root on Debian, and only what the
 * caller found missing.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What a search sees of the machine, and what it may do to it. */
export interface Machine {
  readonly variables: { readonly [name: string]: string | undefined };
  readonly root: boolean;
  readonly debian: boolean;
  /** A file of this name that may be executed. */
  executable(path: string): boolean;
  /** Whether the installer ended well within the time. What it says goes to the user. */
  install(command: string, args: readonly string[], timeoutMs: number): Promise<boolean>;
  say(line: string): void;
}

export function thisMachine(): Machine {
  return {
    variables: process.env,
    root: isRoot(),
    debian: existsSync('/etc/debian_version'),
    executable,
    install: (command, args, timeoutMs) => run(command, args, timeoutMs, 'inherit'),
    say: (line) => console.error(line),
  };
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Where a program of this name may be: in the folders of `PATH`, in their order. */
export function onPath({ variables }: Machine, name: string): string[] {
  const folders = (variables['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name));
}

/** @returns whether it was tried: who is not root on Debian is left alone */
export async function installPackages(machine: Machine, packages: readonly string[]): Promise<boolean> {
  if (!machine.root || !machine.debian) return false;
  machine.say(`Installing ${packages.join(' and ')} of Debian`);
  const updated = await machine.install('apt-get', ['update'], packageTimeoutMs);
  if (updated) await machine.install('apt-get', ['install', '-y', ...packages], packageTimeoutMs);
  return updated;
}

/** In a process group of its own: an installer's children must not outlive the time they were given. */
export function run(
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

const packageTimeoutMs = 600_000;

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
