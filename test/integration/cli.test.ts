/**
 * The command line as a person uses it: processes of their own, started as `npx mccloud` starts them, on real folders,
 * with a real relay between two peers.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startRelay } from '../../relay/relay.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
const launcher = join(project, 'bin', 'mccloud.js');
const within = { timeout: 30_000, interval: 20 };
let folder: string;
let ends: (() => Promise<unknown> | unknown)[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-cli-'));
  ends = [() => rm(folder, { recursive: true })];
});

afterEach(async () => {
  for (const end of ends.reverse()) await end();
});

interface Running {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly error: () => string;
  readonly exited: Promise<number | null>;
}

function run(...args: readonly string[]): Running {
  const child = spawn(process.execPath, [launcher, ...args], { cwd: folder });
  ends.push(() => child.kill('SIGKILL'));
  let [out, error] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    error += chunk.toString();
  });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return { child, out: () => out, error: () => error, exited };
}

/** Runs a command to its end. */
async function done(...args: readonly string[]): Promise<{ readonly code: number | null; out: string; error: string }> {
  const { exited, out, error } = run(...args);
  const code = await exited;
  return { code, out: out(), error: error() };
}

/** A peer that is open, on the folder of this name. */
async function startedPeer(name: string, ...flags: readonly string[]): Promise<Running> {
  const running = run('peer', '--port', '0', '--data', name, ...flags);
  await vi.waitFor(() => expect(running.out()).toMatch(/^Peer [0-9a-f]{66} is open/), within);
  return running;
}

/** Two that know each other. */
async function startedPair(): Promise<[Running, Running]> {
  const options = { host: '127.0.0.1', port: 0, networks: ['main'], pageFolder: folder, log: () => undefined };
  const relay = await startRelay({ ...options, folder: join(folder, 'relay') });
  ends.push(() => relay.close());
  const url = `${relay.url.replace('http', 'ws')}/peer/main`;
  const peers: [Running, Running] = [await startedPeer('one', '--conn', url), await startedPeer('two', '--conn', url)];
  await vi.waitFor(() => expect(relay.archives.get('main')?.peer.known.size).toBe(2), within);
  return peers;
}

async function version(): Promise<string> {
  return JSON.parse(await readFile(join(project, 'package.json'), 'utf8')).version;
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone, as it should be.
  }
}

describe('two peers', () => {
  it('have what is shared in one of them, in a block, for people and for programs', async () => {
    await startedPair();
    const shared = await done('share', 'hello', '--data', 'one', '--wait');
    const [id, height] = shared.out.split('\n');
    expect([shared.code, height]).toEqual([0, '0']);
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    const following = run('blocks', '--data', 'two', '--follow', '--json');
    await vi.waitFor(() => expect(following.out()).toMatch(/\n$/), within);
    expect(JSON.parse(following.out())).toMatchObject({ height: 0, items: [{ id, text: 'hello', verified: true }] });
    await done('share', 'again', '--data', 'two');
    await vi.waitFor(() => expect(following.out().split('\n')).toHaveLength(3), within);
    following.child.kill('SIGINT');
    expect([await following.exited, following.error()]).toEqual([0, '']);
    const people = await done('blocks', '--data', 'two');
    expect(people.out).toMatch(/^block 0 {2}.*\n {2}.* {2}"hello"\nblock 1 {2}.*\n {2}.* {2}"again"\n$/);
    const status = JSON.parse((await done('status', '--data', 'two', '--json')).out);
    expect(status).toMatchObject({ height: 2, network: 'main', known: 2, pending: 0, problems: [] });
    // The archive, and by its introduction perhaps the other peer.
    expect(status.connected).toContainEqual(
      expect.objectContaining({ carrier: 'websocket', dialled: true, ours: true }),
    );
  });

  it('take an item from stdin as it is', async () => {
    await startedPair();
    const sharing = run('share', '-', '--wait', '--data', 'one');
    sharing.child.stdin?.end(Uint8Array.of(0, 27, 255));
    expect(await sharing.exited).toBe(0);
    expect((await done('blocks', '--data', 'one')).out).toContain('  hex 001bff\n');
  });
});

describe('peers that dial each other by TCP', () => {
  it.each(['auto', 'cbc', 'gcm-siv'])('are one network (--wire %s), also after one was started again', async (wire) => {
    const one = await startedPeer('one', '--wire', wire, '--log', 'info');
    const [, address = ''] = /listen=(\S+)/.exec(one.error()) ?? [];
    expect(address).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
    const two = await startedPeer('two', '--wire', wire, '--conn', address);
    expect(await done('share', 'by TCP', '--data', 'two', '--wait')).toMatchObject({ code: 0 });
    two.child.kill('SIGTERM');
    expect(await two.exited).toBe(0);
    await startedPeer('two', '--wire', wire, '--conn', address);
    expect(await done('share', 'again', '--data', 'one', '--wait')).toMatchObject({ code: 0 });
    const [first, second] = await Promise.all(['one', 'two'].map((data) => done('blocks', '--data', data)));
    expect(second?.out).toBe(first?.out);
    expect(first?.out).toMatch(/"by TCP"[\s\S]*"again"/);
    const { connected } = JSON.parse((await done('status', '--data', 'two', '--json')).out);
    expect(connected).toMatchObject([{ carrier: 'tcp', dialled: true, address }]);
  });

  it('say in one line that a port is taken', async () => {
    const one = await startedPeer('one', '--log', 'info');
    const [, port = ''] = /listen=127\.0\.0\.1:(\d+)/.exec(one.error()) ?? [];
    const second = await done('peer', '--data', 'two', '--port', port);
    expect(second.code).toBe(1);
    expect(second.error.trim().split('\n').at(-1)).toMatch(new RegExp(`^mccloud: port ${port} of 127.0.0.1 is taken`));
  });
});

describe('a peer', () => {
  it('has a socket that only its owner may use, and no other peer on its folder', async () => {
    const { child } = await startedPeer('one');
    expect((await stat(join(folder, 'one', 'control.sock'))).mode & 0o777).toBe(0o600);
    const second = await done('peer', '--port', '0', '--data', 'one');
    expect(second).toEqual({ code: 4, out: '', error: `mccloud: the folder one is in use by process ${child.pid}\n` });
    expect((await done('status', '--data', 'one')).code).toBe(0);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'ends in order on %s, and keeps what was shared',
    async (signal) => {
      const { child, exited, error } = await startedPeer('one');
      const { out } = await done('share', 'kept', '--data', 'one');
      child.kill(signal);
      expect(await exited).toBe(0);
      expect(error()).toMatch(/ {2}ending\n$/);
      expect(await readdir(join(folder, 'one'))).not.toEqual(expect.arrayContaining(['lock', 'control.sock']));
      const again = await startedPeer('one');
      const status = JSON.parse((await done('status', '--data', 'one', '--json')).out);
      expect([status.pending, status.process]).toEqual([1, again.child.pid]);
      expect(out).toMatch(/^[0-9a-f]{64}\n$/);
    },
  );

  it('that was killed leaves a socket and a lock that the next one takes over', async () => {
    const { child, exited } = await startedPeer('one');
    child.kill('SIGKILL');
    await exited;
    expect(await readdir(join(folder, 'one'))).toEqual(expect.arrayContaining(['lock', 'control.sock']));
    expect((await done('status', '--data', 'one')).code).toBe(3);
    await startedPeer('one');
    expect((await done('status', '--data', 'one')).code).toBe(0);
  });

  it('ends when npm has gone that started it, for npm passes no SIGTERM on', async () => {
    const script = `
      const { spawn } = require('node:child_process');
      spawn(process.execPath, process.argv.slice(1), { stdio: 'inherit' });
      setInterval(() => undefined, 1000);`;
    const flags = ['peer', '--port', '0', '--data', 'one'];
    const env = { ...process.env, npm_command: 'exec' };
    const parent = spawn(process.execPath, ['-e', script, launcher, ...flags], { cwd: folder, env, stdio: 'ignore' });
    ends.push(() => parent.kill('SIGKILL'));
    await vi.waitFor(async () => expect(await readdir(join(folder, 'one'))).toContain('control.sock'), within);
    const { pid } = JSON.parse(await readFile(join(folder, 'one', 'lock'), 'utf8'));
    ends.push(() => killIfAlive(pid));
    parent.kill('SIGTERM');
    await vi.waitFor(async () => expect(await readdir(join(folder, 'one'))).not.toContain('lock'), within);
  });

  it('says whom it has not reached', async () => {
    const { error } = await startedPeer('one', '--conn', 'ws://127.0.0.1:1/peer/main');
    await vi.waitFor(
      () => expect(error()).toMatch(/not reached yet.* {2}address=ws:\/\/127\.0\.0\.1:1\/peer\/main\n/),
      within,
    );
  });
});

describe('npx', () => {
  it('runs the command of a clone, and passes its exit code on', async () => {
    const npx = async (...args: readonly string[]) => {
      const child = spawn('npx', ['--offline', '--cache', join(folder, 'npm'), 'mccloud', ...args], { cwd: project });
      ends.push(() => child.kill('SIGKILL'));
      let out = '';
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString();
      });
      const [code] = await once(child, 'close');
      return { code, out };
    };
    expect(await npx('--version')).toEqual({ code: 0, out: `${await version()}\n` });
    expect(await npx('status', '--data', join(folder, 'none'))).toEqual({ code: 3, out: '' });
  });
});

describe('a command', () => {
  it('says in one line that no peer runs on its folder', async () => {
    for (const args of [['status'], ['blocks'], ['share', 'x']]) {
      const { code, out, error } = await done(...args, '--data', 'none');
      expect([code, out]).toEqual([3, '']);
      expect(error).toBe(`mccloud: no peer is running for the folder ${join(folder, 'none')}\n`);
    }
  });

  it('ends quietly when nobody reads it to its end', async () => {
    await startedPair();
    for (let i = 0; i < 3; i++) await done('share', `item ${i}`, '--data', 'one', '--wait');
    const { child, exited, error } = run('blocks', '--data', 'one', '--follow');
    child.stdout?.destroy();
    await done('share', 'one more', '--data', 'one', '--wait');
    expect([await exited, error()]).toEqual([0, '']);
  });

  it('knows its version, and what is no command', async () => {
    expect(await done('--version')).toEqual({ code: 0, out: `${await version()}\n`, error: '' });
    expect((await done('pear')).code).toBe(2);
  });
});
