/**
 * The relay as a person runs it: a process of its own, real sockets, real peers, and what they see of it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { utf8Bytes, utf8Text } from '../../core/codec/bytes.ts';
import type { BlockView } from '../../core/face.ts';
import type { Peer } from '../../core/host.ts';
import { openNodePeer } from '../../relay/open.ts';
import { type Relay, startRelay } from '../../relay/relay.ts';
import { StunServer } from '../../relay/stun.ts';
import { SignalingClient } from '../model/signaling-client.ts';
import { StunClient } from '../model/stun-client.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;
let ends: (() => Promise<unknown> | unknown)[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-relay-'));
  ends = [() => rm(folder, { recursive: true })];
});

afterEach(async () => {
  for (const end of ends.reverse()) await end();
});

interface Running {
  readonly child: ChildProcess;
  /** All it has said so far, on both streams. */
  readonly said: () => string;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

function run(...flags: readonly string[]): Running {
  const child = spawn(process.execPath, ['--import', 'tsx', 'relay/main.ts', ...flags], { cwd: project });
  ends.push(() => child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const exited = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  return { child, said: () => said, exited };
}

async function started(...flags: readonly string[]): Promise<Running & { readonly url: string }> {
  const running = run('--port', '0', '--data', folder, ...flags);
  await vi.waitFor(() => expect(running.said()).toMatch(/^Open http:\S+$/m), { timeout: 20_000 });
  return { ...running, url: /^Open (\S+)$/m.exec(running.said())?.[1] as string };
}

async function startedHere(networks: readonly string[] = ['main'], port = 0): Promise<Relay> {
  const pageFolder = join(folder, 'page');
  const relay = await startRelay({ host: '127.0.0.1', port, folder, networks, pageFolder, log: () => undefined });
  ends.push(() => relay.close());
  return relay;
}

describe('the relay as a process', () => {
  it('says where to open it, answers there, and serves the networks it was told', async () => {
    const { url } = await started('--network', 'one', '--network', 'two');
    expect(await (await fetch(`${url}/healthz`)).text()).toBe('ok\n');
    expect((await fetch(`${url}/nothing`)).status).toBe(404);
    for (const network of ['one', 'two']) {
      const client = await SignalingClient.joined(url, 1, network);
      expect((await client.next('told')).archive).toHaveLength(33);
      await client.close();
    }
    const stranger = await SignalingClient.joined(url, 1, 'main');
    expect((await stranger.next('refused')).code).toBe('unknown-network');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends within a second on %s, with sockets open, and leaves the folder',
    async (signal) => {
      const { url, child, exited, said } = await started();
      const client = await SignalingClient.joined(url, 1);
      await client.told();
      const silent = new WebSocket(`${url.replace('http', 'ws')}/peer/main`);
      silent.on('error', () => undefined);
      await once(silent, 'open');
      silent.pause();
      const begun = performance.now();
      child.kill(signal);
      expect(await exited).toEqual({ code: 0, signal: null });
      expect(performance.now() - begun).toBeLessThan(1_000);
      expect(said()).not.toMatch(/error|would not end/i);
      expect(await client.ended).toBe(1001);
      silent.terminate();
      const again = await startedHere();
      expect(again.archives.get('main')?.peer.status.height).toBe(0);
    },
  );

  it('says in one line that its port is taken', async () => {
    const { url } = await startedHere();
    const port = new URL(url).port;
    const second = run('--port', port, '--data', join(folder, 'second'));
    expect(await second.exited).toEqual({ code: 1, signal: null });
    expect(second.said()).toBe(`mccloud: port ${port} of 127.0.0.1 is taken; choose another with --port\n`);
  });

  it('says in one line that its folder is in use, and by whom', async () => {
    const { child } = await started();
    const second = run('--port', '0', '--data', folder);
    expect(await second.exited).toEqual({ code: 1, signal: null });
    expect(second.said()).toBe(`mccloud: the folder ${join(folder, 'main')} is in use by process ${child.pid}\n`);
  });

  it('takes over the folder of one that was killed', async () => {
    const { child, exited } = await started();
    child.kill('SIGKILL');
    await exited;
    const { url } = await started();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

describe('STUN and TURN of the relay as a process', () => {
  async function asking(port: number): Promise<StunClient> {
    const client = await StunClient.open('127.0.0.1', { address: '127.0.0.1', port });
    ends.push(() => client.close());
    return client;
  }

  it('answers by UDP on the number of its port, tells tabs so, and gives the port back when it ends', async () => {
    const { url, child, exited } = await started('--host', '0.0.0.0');
    const port = Number(new URL(url).port);
    const client = await asking(port);
    expect(await client.ask()).toEqual(['127.0.0.1', client.address.port]);
    const tab = await SignalingClient.joined(url, 1);
    await tab.told();
    expect(tab.services).toEqual([{ kind: 'services', stun: port, turn: [] }]);
    child.kill('SIGTERM');
    expect(await exited).toEqual({ code: 0, signal: null });
    await (await StunServer.open('0.0.0.0', port)).close();
  });

  it('says in one line that its UDP port is taken, and goes on', async () => {
    const other = await StunServer.open('127.0.0.1', 0);
    ends.push(() => other.close());
    const { url, said } = await started('--stun-port', String(other.address.port));
    const lines = said()
      .split('\n')
      .filter((line) => line.includes('STUN'));
    expect(lines).toEqual([expect.stringMatching(/UDP port is taken; choose another with --stun-port .*EADDRINUSE$/)]);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('names TURN to tabs by a secret that it was given in a variable, and never shows it', async () => {
    vi.stubEnv('MCCLOUD_TURN_SECRET', 'north-by-northwest');
    const { url, said } = await started('--no-stun', '--turn', 'turn:turn.example:3478');
    vi.unstubAllEnvs();
    const tab = await SignalingClient.joined(url, 1);
    await tab.told();
    const [{ stun, turn } = { stun: 0, turn: [] }] = tab.services;
    expect([stun, turn.map((server) => server.url)]).toEqual([undefined, ['turn:turn.example:3478']]);
    const { username = '', credential } = turn[0] ?? {};
    expect(Number(/^(\d+):[0-9a-f]{16}$/.exec(username)?.[1])).toBeGreaterThan(Date.now() / 1_000 + 43_000);
    expect(credential).toBe(createHmac('sha1', 'north-by-northwest').update(username).digest('base64'));
    expect(said()).not.toContain('north');
  });

  it('says in one line that its flags make no sense', async () => {
    const refused = run('--port', '0', '--data', folder, '--turn', 'turn:turn.example:3478');
    expect(await refused.exited).toEqual({ code: 2, signal: null });
    expect(refused.said()).toBe('mccloud: --turn needs --turn-secret, or both --turn-user and --turn-password\n');
  });
});

describe('the page', () => {
  it('is served as it was built, and may be embedded anywhere', async () => {
    await mkdir(join(folder, 'page', 'assets'), { recursive: true });
    await writeFile(join(folder, 'page', 'index.html'), '<title>mccloud</title>');
    await writeFile(join(folder, 'page', 'mccloud.js'), 'export {};');
    await writeFile(join(folder, 'page', 'assets', 'chunk-AbCdEfGh.js'), 'export {};');
    const { url } = await startedHere();
    const index = await fetch(url);
    expect([index.status, await index.text()]).toEqual([200, '<title>mccloud</title>']);
    expect(index.headers.get('Content-Security-Policy')).toContain("script-src 'self'");
    for (const path of ['/mccloud.js', '/assets/chunk-AbCdEfGh.js']) {
      const { status, headers } = await fetch(url + path, { headers: { Origin: 'http://elsewhere.example' } });
      expect([status, headers.get('Access-Control-Allow-Origin')]).toEqual([200, '*']);
    }
    expect((await fetch(`${url}/assets/gone.js`)).status).toBe(404);
  });
});

describe('two tabs and a relay', () => {
  it('find each other, exchange signals, and learn when one has gone', async () => {
    const { url } = await startedHere();
    const [one, two] = [await SignalingClient.joined(url, 1), await SignalingClient.joined(url, 2)];
    await one.told();
    expect(await two.told()).toEqual([one.hex]);
    two.send({ kind: 'signal', to: one.key, sealed: Uint8Array.of(1, 2, 3) });
    expect(await one.next('signalled')).toEqual({ kind: 'signalled', from: two.key, sealed: Uint8Array.of(1, 2, 3) });
    const again = await SignalingClient.joined(url, 2);
    expect(await again.told()).toEqual([one.hex]);
    expect((await two.next('refused')).code).toBe('replaced');
    await again.close();
    await vi.waitFor(async () => {
      one.send({ kind: 'signal', to: again.key, sealed: Uint8Array.of(4) });
      expect((await one.next('unroutable')).to).toEqual(again.key);
    });
    one.socket.send(Buffer.alloc(100_000));
    expect(await one.ended).toBe(1009);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

describe('two Node peers and the archive', () => {
  const linked = (peers: readonly Peer[]) =>
    vi.waitFor(() => expect(peers.map(({ known }) => known.size)).toEqual(peers.map(() => peers.length - 1)), within);
  const within = { timeout: 20_000, interval: 20 };

  async function opened(name: string, relay: Relay, network = 'main'): Promise<Peer> {
    const peer = await openNodePeer({ network, folder: join(folder, name) });
    ends.push(() => peer.close());
    peer.connect(`${relay.url.replace('http', 'ws')}/peer/${network}`);
    return peer;
  }

  async function chainOf(peer: Peer): Promise<BlockView[]> {
    const blocks: BlockView[] = [];
    for await (const block of peer.blocks()) blocks.push(block);
    return blocks;
  }

  const texts = (blocks: readonly BlockView[]) =>
    blocks.flatMap(({ items }) => items.map(({ data }) => utf8Text(data)));

  it('write a chain together, and have it and their keys again after all of them began anew', async () => {
    const relay = await startedHere();
    const archive = relay.archives.get('main')?.peer as Peer;
    const [one, two] = [await opened('one', relay), await opened('two', relay)];
    const peers = [archive, one, two];
    await linked(peers);
    const { item, included } = one.share(utf8Bytes('first'));
    const { height } = await included;
    await two.share(utf8Bytes('second')).included;
    await vi.waitFor(() => expect(new Set(peers.map(({ status }) => status.tip)).size).toBe(1), within);
    const chain = await chainOf(archive);
    expect(texts(chain)).toEqual(['first', 'second']);
    expect(chain[height]?.items[0]).toMatchObject({ id: item.id, author: one.publicKey, verified: true });
    for (const peer of peers) await peer.close();
    await relay.close();

    const relayAgain = await startedHere();
    const archiveAgain = relayAgain.archives.get('main')?.peer as Peer;
    expect(await chainOf(archiveAgain)).toEqual(chain);
    const again = [archiveAgain, await opened('one', relayAgain), await opened('two', relayAgain)];
    expect(again.map(({ publicKey }) => publicKey)).toEqual(peers.map(({ publicKey }) => publicKey));
    for (const peer of again) expect(await chainOf(peer)).toEqual(chain);
    await linked(again);
    await again[1]?.share(utf8Bytes('third')).included;
    await vi.waitFor(
      async () => expect(texts(await chainOf(archiveAgain))).toEqual(['first', 'second', 'third']),
      within,
    );
  });

  it('who comes late gets the whole chain from the archive, with every byte the same', async () => {
    const relay = await startedHere();
    const archive = relay.archives.get('main')?.peer as Peer;
    const one = await opened('one', relay);
    await linked([archive, one]);
    for (let i = 0; i < 5; i++) await one.share(utf8Bytes(`item ${i}`)).included;
    await vi.waitFor(() => expect(archive.status.tip).toBe(one.status.tip), within);
    await one.close();
    const late = await opened('late', relay);
    await vi.waitFor(() => expect(late.status.tip).toBe(archive.status.tip), within);
    expect(await chainOf(late)).toEqual(await chainOf(archive));
    expect(texts(await chainOf(late))).toEqual(['item 0', 'item 1', 'item 2', 'item 3', 'item 4']);
  });

  it('of two networks never meet', async () => {
    const relay = await startedHere(['main', 'other']);
    const [one, two] = [await opened('one', relay), await opened('two', relay, 'other')];
    await linked([relay.archives.get('main')?.peer as Peer, one]);
    await linked([relay.archives.get('other')?.peer as Peer, two]);
    await one.share(utf8Bytes('here')).included;
    await two.share(utf8Bytes('there')).included;
    for (const [network, text] of [
      ['main', 'here'],
      ['other', 'there'],
    ] as const) {
      const archive = relay.archives.get(network)?.peer as Peer;
      await vi.waitFor(async () => expect(texts(await chainOf(archive))).toEqual([text]), within);
    }
    expect(one.known.has(two.publicKey)).toBe(false);
  });
});
