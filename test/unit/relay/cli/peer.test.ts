import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Relay, startRelay } from '../../../../relay/relay.ts';
import { FileStore } from '../../../../relay/store/files.ts';
import { type Ran, ran, TestTerminal } from '../../../model/command-line.ts';

let folder: string;
let data: string;
let ends: (() => Promise<unknown>)[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-peer-'));
  data = join(folder, 'data');
  ends = [() => rm(folder, { recursive: true })];
});

afterEach(async () => {
  for (const end of ends.reverse()) await end();
});

/** A peer that runs, ended at the end of the test if not before. */
async function started(...flags: readonly string[]): Promise<{ readonly terminal: TestTerminal; end(): Promise<Ran> }> {
  const terminal = new TestTerminal();
  const running = ran(['peer', '--port', '0', '--data', data, ...flags], terminal);
  const end = (): Promise<Ran> => {
    terminal.interrupt();
    return running;
  };
  ends.push(end);
  await vi.waitFor(() => expect(terminal.printed).toContain('is open'), { timeout: 10_000 });
  return { terminal, end };
}

async function startedRelay(): Promise<Relay> {
  const options = { host: '127.0.0.1', port: 0, networks: ['main'], pageFolder: folder, log: () => undefined };
  const relay = await startRelay({ ...options, folder: join(folder, 'relay') });
  ends.push(() => relay.close());
  return relay;
}

describe('mccloud peer', () => {
  it('runs on a folder until it is interrupted, answers there, and leaves nothing of it open', async () => {
    const { terminal, end } = await started();
    const [, key = ''] = /^Peer ([0-9a-f]{66}) is open in (\S+)\n$/.exec(terminal.printed) ?? [];
    expect((await stat(join(data, 'control.sock'))).mode & 0o777).toBe(0o600);
    const status = new TestTerminal();
    expect((await ran(['status', '--data', data, '--json'], status)).exitCode).toBe(0);
    expect(JSON.parse(status.printed)).toMatchObject({ publicKey: key, network: 'main', process: process.pid });
    expect((await end()).exitCode).toBe(0);
    expect(await readdir(data)).not.toEqual(expect.arrayContaining(['control.sock', 'lock']));
    const again = await started();
    expect(again.terminal.printed).toContain(key);
  });

  it('tells on stderr what it does, as much as it is asked to', async () => {
    const { terminal, end } = await started();
    expect(terminal.logged).toMatch(
      /^open {2}network=main {2}listen=\S+ {2}folder=\S+ {2}blocks=0 {2}key=[0-9a-f]{66}\n$/,
    );
    await end();
    expect(terminal.logged).toMatch(/\nending\n$/);
    const quiet = await started('--log', 'warn');
    await quiet.end();
    expect(quiet.terminal.logged).toBe('');
    const forPrograms = await started('--log-format', 'json');
    await forPrograms.end();
    const lines = forPrograms.terminal.logged.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).message)).toEqual(['open', 'ending']);
  });

  it('links with whom it is told to', async () => {
    const relay = await startedRelay();
    const url = `${relay.url.replace('http', 'ws')}/peer/main`;
    const { terminal, end } = await started('--conn', url);
    const archive = relay.archives.get('main')?.peer;
    await vi.waitFor(() => expect(archive?.connected.size).toBe(1), { timeout: 10_000 });
    await end();
    expect(terminal.logged).toContain(`address=${url}`);
  });

  it('is in the network that it is told to be in', async () => {
    await started('--network', 'other');
    const status = new TestTerminal();
    await ran(['status', '--data', data], status);
    expect(status.printed).toContain('network    other\n');
  });

  it('is refused a folder in use, by an exit code of its own, and says by whom', async () => {
    await started();
    const terminal = new TestTerminal();
    expect((await ran(['peer', '--port', '0', '--data', data], terminal)).exitCode).toBe(4);
    expect(terminal.said).toBe(`the folder ${data} is in use by this process\n`);
  });

  it('fails in one line where its folder is a file', async () => {
    await writeFile(data, '');
    const terminal = new TestTerminal();
    expect((await ran(['peer', '--port', '0', '--data', data], terminal)).exitCode).toBe(1);
    expect(terminal.said.trim().split('\n')).toEqual([expect.stringContaining(data)]);
  });

  it('runs on when nobody reads its one line', async () => {
    const terminal = new TestTerminal();
    terminal.isClosed = true;
    const running = ran(['peer', '--port', '0', '--data', data], terminal);
    await vi.waitFor(() => stat(join(data, 'control.sock')), { timeout: 10_000 });
    terminal.interrupt();
    expect((await running).exitCode).toBe(0);
  });

  it('that was interrupted while it opened ends at once', async () => {
    const terminal = new TestTerminal();
    terminal.interrupt();
    expect((await ran(['peer', '--port', '0', '--data', data], terminal)).exitCode).toBe(0);
    expect(await readdir(data)).not.toContain('lock');
  });

  it('behind a proxy is told what is otherwise than it was asked for, and goes around the proxy for nobody', async () => {
    const proxied = ['--proxy', '127.0.0.1:1', '--announce-by', 'x.onion:29092', '--host', '0.0.0.0'];
    const { terminal } = await started(...proxied);
    const status = new TestTerminal();
    await ran(['status', '--data', data], status);
    expect(status.printed).toContain('listens    x.onion:29092\n');
    expect(terminal.logged).toContain('behind a proxy it listens on 127.0.0.1 only, not on 0.0.0.0\n');
  });

  it('ends when it has failed, with what happened in its log', async () => {
    const { terminal } = await started();
    const change = vi.spyOn(FileStore.prototype, 'change').mockRejectedValue(new Error('the disk is gone'));
    await ran(['share', 'x', '--data', data], new TestTerminal());
    await vi.waitFor(() => expect(terminal.said).toBe('the peer has failed; what it had stored is safe\n'));
    expect(terminal.logged).toContain('the peer has failed  error="Error: the disk is gone');
    change.mockRestore();
    expect((await ends.pop()?.()) as Ran).toMatchObject({ exitCode: 1 });
    await started();
  });

  it('goes on without a control socket where there can be none', async () => {
    await mkdir(join(data, 'control.sock', 'in-the-way'), { recursive: true });
    const { terminal, end } = await started();
    expect(terminal.logged).toContain('share, blocks and status will not reach this peer');
    expect((await end()).exitCode).toBe(0);
  });
});
