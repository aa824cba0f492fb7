/**
 * A relay as a newcomer starts it: the built program in a process of its own, on a port the system chooses.
 *
 * Each has a fresh folder, so that no test meets another's chain. `kill` is SIGKILL: a relay that dies says nothing.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../../dist/relay/main.js', import.meta.url));

export interface RelayProcess {
  /** Origin of the page, `http://127.0.0.1:…`. */
  readonly url: string;
  /** Folder of its archives; stays when it is killed. */
  readonly folder: string;
  /** Of the process that runs now. */
  readonly pid: number;
  /** At once, without a word to anybody. */
  kill(): Promise<void>;
  /** The same port and folder again. */
  restart(): Promise<void>;
  /** Ends it and removes the folder. */
  dispose(): Promise<void>;
}

/**
 * @param prepare fills the folder before the relay opens it
 * @param flags for the relay besides
 */
export async function startRelay(
  networks: readonly string[] = ['main'],
  prepare: (folder: string) => Promise<void> = async () => undefined,
  flags: readonly string[] = [],
): Promise<RelayProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'mccloud-relay-'));
  await prepare(folder);
  let running = await run(folder, 0, networks, flags);
  const { url } = running;
  const port = Number(new URL(url).port);
  return {
    url,
    folder,
    get pid() {
      return running.child.pid as number;
    },
    kill: () => end(running.child, 'SIGKILL'),
    async restart() {
      running = await run(folder, port, networks, flags);
    },
    async dispose() {
      await end(running.child, 'SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function run(folder: string, port: number, networks: readonly string[], flags: readonly string[]) {
  const named = networks.flatMap((network) => ['--network', network]);
  const child = spawn(process.execPath, [program, '--port', String(port), '--data', folder, ...named, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      said += chunk.toString();
      const address = /http:\/\/[0-9.:]+/.exec(said)?.[0];
      if (address !== undefined) resolve(address);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) => reject(new Error(`the relay ended with ${code}: ${said}`)));
  });
  return { child, url };
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
