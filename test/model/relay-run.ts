/**
 * The relay's programs as processes, from their sources, with what they say: for tests of what an operator sees.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, vi } from 'vitest';

const project = fileURLToPath(new URL('../..', import.meta.url));
const address = /https?:\/\/127\.0\.0\.1:\d+/;

export interface Running {
  readonly child: ChildProcess;
  /** All it has said so far, on both streams. */
  readonly said: () => string;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

export interface Started extends Running {
  readonly url: string;
}

/** @param ulimit what the shell that becomes the program is limited to, `-n 300` say */
export function run(program: 'main' | 'health', flags: readonly string[], ulimit?: string): Running {
  const line = [process.execPath, '--import', 'tsx', `relay/${program}.ts`, ...flags];
  const limited = ['bash', '-c', `ulimit ${ulimit} && exec "$@"`, 'bash', ...line];
  const [command = '', ...args] = ulimit === undefined ? line : limited;
  // Under a limit, what compiles the sources writes no files of its own, which might be what hits it.
  const env = ulimit === undefined ? process.env : { ...process.env, TSX_DISABLE_CACHE: '1' };
  const child = spawn(command, args, { cwd: project, env });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const exited = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  return { child, said: () => said, exited };
}

/** A relay on a port of its own, once it has said where it is. @param data folder of its archives */
export async function started(data: string, flags: readonly string[] = [], ulimit?: string): Promise<Started> {
  const running = run('main', ['--port', '0', '--data', data, ...flags], ulimit);
  try {
    await vi.waitFor(() => expect(running.said()).toMatch(address), { timeout: 30_000 });
  } catch (error) {
    running.child.kill('SIGKILL');
    throw error;
  }
  return { ...running, url: address.exec(running.said())?.[0] as string };
}
