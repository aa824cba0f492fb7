/**
 * `mccloud peer` on a folder, as a process of its own, for benchmarks.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface PeerProcess {
  /** `host:port` to dial. */
  readonly address: string;
  end(): Promise<void>;
}

export async function startPeer(folder: string, wire: string): Promise<PeerProcess> {
  const launcher = fileURLToPath(new URL('../../../bin/mccloud.js', import.meta.url));
  const args = [launcher, 'peer', '--data', folder, '--port', '0', '--wire', wire, '--log', 'info'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const address = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (text) => {
      said += String(text);
      const [, listen] = /listen=(\S+)/.exec(said) ?? [];
      if (listen !== undefined) resolve(listen);
    });
    child.once('exit', (code) => reject(new Error(`the peer ended with ${code}: ${said}`)));
  });
  return {
    address,
    async end() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
