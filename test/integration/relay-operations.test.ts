/**
 * The relay as an operator has it: a process with TLS and behind a proxy, its logs, its numbers, its limits, its end.
 */
import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import type { Peer } from '../../core/host.ts';
import { openNodePeer } from '../../relay/open.ts';
import { readTls } from '../../relay/tls.ts';
import { type Certificate, makeCertificate } from '../model/certificate.ts';
import { run, type Started, started as startedIn } from '../model/relay-run.ts';
import { Seeded } from '../model/seeded.ts';
import { SignalingClient } from '../model/signaling-client.ts';
import { startTlsProxy } from '../model/tls-proxy.ts';

const within = { timeout: 20_000, interval: 20 };
let folder: string;
let ends: (() => Promise<unknown> | unknown)[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-operations-'));
  ends = [() => rm(folder, { recursive: true })];
});

afterEach(async () => {
  for (const end of ends.reverse()) await end();
});

async function started(flags: readonly string[] = [], ulimit?: string): Promise<Started> {
  const relay = await startedIn(join(folder, 'data'), flags, ulimit);
  ends.push(() => relay.child.kill('SIGKILL'));
  return relay;
}

interface Shown {
  readonly status: number | undefined;
  readonly body: string;
  /** To whom the certificate was issued. */
  readonly name: unknown;
}

async function getSecure(url: string, ca: Buffer): Promise<Shown> {
  const [response] = await once(get(url, { ca, agent: false }), 'response');
  const name = (response.socket as TLSSocket).getPeerCertificate().subject.CN;
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode, body, name };
}

/** Joins the room `main` by a relay or a proxy. @param origin by which it was reached */
async function joined(url: string, seed: number, options: ClientOptions = {}, origin = url): Promise<SignalingClient> {
  const client = new SignalingClient(url, seed, options);
  await client.join('main', origin);
  return client;
}

/** Status and body of an upgrade that is refused. */
async function refusal(url: string, options: ClientOptions): Promise<[number | undefined, string]> {
  const socket = new WebSocket(url.replace('http', 'ws'), options);
  socket.on('error', () => undefined);
  const [request, response] = await once(socket, 'unexpected-response');
  let body = '';
  for await (const chunk of response) body += String(chunk);
  request.destroy();
  return [response.statusCode, body];
}

async function opened(name: string, url: string): Promise<Peer> {
  const peer = await openNodePeer({ network: 'main', folder: join(folder, name) });
  ends.push(() => peer.close());
  peer.connect(`${url.replace('http', 'ws')}/peer/main`);
  return peer;
}

/** The numbers of a relay by name and labels. */
async function numbers(url: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => /^\w/.test(line));
  return new Map(lines.map((line) => [line.replace(/ \S+$/, ''), Number(line.replace(/^.* /, ''))]));
}

describe('a relay with a certificate', () => {
  async function withCertificate(name: string): Promise<Certificate & { readonly flags: readonly string[] }> {
    const certificate = await makeCertificate(folder, name);
    const { cert, key } = certificate.files;
    return { ...certificate, flags: ['--tls-cert', cert, '--tls-key', key] };
  }

  it('serves page, tabs and peers by https and wss', async () => {
    const { ca, flags } = await withCertificate('one');
    const { url, said } = await started(flags);
    expect(url).toMatch(/^https:/);
    expect(await getSecure(`${url}/healthz`, ca)).toEqual({ status: 200, body: 'ok\n', name: 'one' });
    const [one, two] = [await joined(url, 1, { ca, origin: url }), await joined(url, 2, { ca })];
    const { archive } = await one.next('told');
    expect(await two.told()).toEqual([one.hex]);
    two.send({ kind: 'signal', to: one.key, sealed: Uint8Array.of(1) });
    expect((await one.next('signalled')).from).toEqual(two.key);
    const peer = new WebSocket(`${url.replace('https', 'wss')}/peer/main`, { ca });
    await once(peer, 'open');
    // The archive greets at once, and says who it is.
    const [greeting] = await once(peer, 'message');
    expect((greeting as Buffer).includes(Buffer.from(archive ?? []))).toBe(true);
    await expect(fetch(url.replace('https', 'http'))).rejects.toThrow();
    expect(said()).not.toMatch(/ {2}(?:error|warn) {2}/);
  });

  it('reads it anew on SIGHUP, and keeps the one it has when the new one is no good', async () => {
    const [current, next] = [await withCertificate('one'), await makeCertificate(folder, 'two')];
    const { url, child, said } = await started(current.flags);
    const client = await joined(url, 1, { ca: current.ca });
    await client.told();
    await copyFile(next.files.cert, current.files.cert);
    child.kill('SIGHUP');
    await vi.waitFor(() =>
      expect(said()).toMatch(/ {2}error {2}the certificate stays .*are no certificate and its key/),
    );
    expect((await getSecure(url, current.ca)).name).toBe('one');
    await copyFile(next.files.key, current.files.key);
    child.kill('SIGHUP');
    await vi.waitFor(() => expect(said()).toContain('certificate and key were read anew'));
    expect((await getSecure(url, next.ca)).name).toBe('two');
    client.send({ kind: 'ask', exclude: [] });
    expect(await client.told()).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends within a second on %s, with 300 sockets open', async (signal) => {
    const { ca, flags } = await withCertificate('one');
    const { url, child, exited, said } = await started(flags);
    const sockets: WebSocket[] = [];
    for (let i = 0; i < 300; i++) {
      const socket = new WebSocket(`${url.replace('https', 'wss')}/${i % 10 === 0 ? 'peer/main' : 'signal'}`, { ca });
      socket.on('error', () => undefined);
      sockets.push(socket);
    }
    await Promise.all(sockets.map((socket) => once(socket, 'open')));
    for (const socket of sockets.slice(0, 50)) socket.pause();
    const silent = connect(Number(new URL(url).port), '127.0.0.1');
    silent.on('error', () => undefined);
    await once(silent, 'connect');
    const left = once(sockets[299] as WebSocket, 'close');
    const begun = performance.now();
    child.kill(signal);
    expect(await exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect(said()).not.toContain('would not end');
    expect((await left)[0]).toBe(1001);
    for (const socket of sockets) socket.terminate();
    silent.destroy();
  });

  it.each([
    [['--tls-cert', 'x.pem'], 2, /^mccloud: --tls-cert needs --tls-key, the file of its secret key\n$/],
    [['--tls-key', 'x.pem'], 2, /^mccloud: --tls-key needs --tls-cert, the file of its certificate\n$/],
    [['--tls-cert', 'x.pem', '--tls-key', 'y.pem'], 1, /^mccloud: the certificate x\.pem cannot be read: ENOENT.*\n$/],
    [['--max-sockets', 'many'], 2, /^mccloud: .*--max-sockets.*from 1 to 1048576\.\n$/],
    [['--origin', 'site.example'], 2, /^mccloud: .*--origin.*scheme:\/\/host.*\n$/],
    [['--log-form', 'json'], 2, /^mccloud: unknown option '--log-form' \(Did you mean --log-format\?\)\n$/],
  ] as const)('says of %j in one line what is wrong, and ends with %i', async (flags, code, line) => {
    const { exited, said } = run('main', ['--port', '0', '--data', folder, ...flags]);
    expect(await exited).toEqual({ code, signal: null });
    expect(said()).toMatch(line);
  });
});

describe('a relay behind a proxy', () => {
  async function proxied(relayUrl: string): Promise<{ readonly url: string; readonly ca: Buffer }> {
    const { files, ca } = await makeCertificate(folder, 'proxy');
    const proxy = await startTlsProxy(await readTls(files), Number(new URL(relayUrl).port), '203.0.113.9');
    ends.push(() => proxy.close());
    return { url: `https://localhost:${proxy.port}`, ca };
  }

  it('takes proofs for the name of the proxy, its pages for its own, and knows its clients', async () => {
    const { url: direct, said } = await started(['--behind-proxy']);
    const { url, ca } = await proxied(direct);
    expect((await getSecure(`${url}/healthz`, ca)).body).toBe('ok\n');
    const named = { ca, headers: { Host: 'relay.example' } };
    const tab = await joined(url, 1, { ...named, origin: 'https://relay.example' }, 'https://relay.example');
    expect(await tab.told()).toEqual([]);
    // What was signed for another name serves here as little as without a proxy.
    const other = await joined(url, 2, named, 'https://other.example');
    expect((await other.next('refused')).code).toBe('wrong-origin');
    await vi.waitFor(() =>
      expect(said()).toMatch(/refused {2}door=signal {2}code=wrong-origin .*from=203\.0\.113\.9:0/),
    );
    expect((await refusal(`${url}/signal`, { ...named, origin: 'https://evil.example' }))[0]).toBe(403);
    expect((await getSecure(`${url}/metrics`, ca)).status).toBe(403);
    expect((await numbers(direct)).get('mccloud_room_members{network="main"}')).toBe(1);
  });

  it('needs the flag for that: a relay on loopback is for this machine only', async () => {
    const { url: direct, said } = await started();
    const { url, ca } = await proxied(direct);
    const page = { ca, headers: { Host: 'relay.example' }, origin: 'https://relay.example' };
    const [status, body] = await refusal(`${url}/signal`, page);
    expect([status, body]).toEqual([403, expect.stringMatching(/reached as relay\.example; --behind-proxy/)]);
    expect(said()).toMatch(/ {2}warn {2}refused {2}door=signal {2}code=foreign-name .*from=127\.0\.0\.1:\d+/);
    expect((await getSecure(`${url}/metrics`, ca)).status).toBe(403);
  });
});

describe('what a relay tells its operator', () => {
  it('are objects of JSON when asked for, as much as is asked for', async () => {
    const { url, child, exited, said } = await started(['--log-format', 'json', '--origin', 'https://site.example']);
    await refusal(`${url}/signal`, { origin: 'https://evil.example' });
    const allowed = new WebSocket(`${url.replace('http', 'ws')}/signal`, { origin: 'https://site.example' });
    await once(allowed, 'open');
    child.kill('SIGTERM');
    await exited;
    const entries = said()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(entries.map(({ level, message }) => [level, message])).toEqual([
      ['info', 'archive'],
      ['info', 'open'],
      ['info', 'refused'],
    ]);
    expect(entries[1].facts).toEqual({ url });
    expect(entries[2]).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      level: 'info',
      message: 'refused',
      facts: {
        door: 'signal',
        code: 'origin',
        reason: expect.stringContaining('--origin https://evil.example'),
        from: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      },
    });
  });

  it('is no flood when it refuses a flood, and all of it is counted', async () => {
    const { url, child, exited, said } = await started();
    for (let i = 0; i < 10; i++) {
      const flood = Array.from({ length: 20 }, () => refusal(`${url}/signal`, { origin: 'https://evil.example' }));
      await Promise.all(flood);
    }
    const counted = await numbers(url);
    expect(counted.get('mccloud_refusals_total{door="signal",code="origin"}')).toBe(200);
    expect(counted.get('mccloud_log_lines_left_out_total')).toBe(190);
    child.kill('SIGTERM');
    await exited;
    const lines = said().split('\n');
    expect(lines.filter((line) => / {2}refused {2}/.test(line))).toHaveLength(10);
    expect(lines.filter((line) => /refused more of these {2}.* {2}leftOut=190$/.test(line))).toHaveLength(1);
  });

  it('are numbers of what goes on in it', async () => {
    const { url } = await started(['--network', 'main', '--network', 'other']);
    const [one, two] = [await joined(url, 1), await joined(url, 2)];
    await one.told();
    await two.told();
    for (let i = 0; i < 3; i++) one.send({ kind: 'signal', to: two.key, sealed: Uint8Array.of(i) });
    await two.next('signalled');
    const peer = await opened('peer', url);
    await peer.share(Uint8Array.of(1)).included;
    await vi.waitFor(async () => {
      const counted = await numbers(url);
      expect(Object.fromEntries([...counted].filter(([name]) => !/_(?:process|nodejs)_/.test(name)))).toEqual({
        'mccloud_sockets{door="signal"}': 2,
        mccloud_bridge_connections: 0,
        mccloud_bridge_ports: 0,
        'mccloud_sockets{door="bridge"}': 0,
        'mccloud_sockets{door="peer"}': 1,
        // The one that asks for the numbers is among them, and may have been kept from before.
        mccloud_connections: expect.any(Number),
        'mccloud_room_members{network="main"}': 2,
        'mccloud_room_members{network="other"}': 0,
        'mccloud_archive_height{network="main"}': 1,
        'mccloud_archive_height{network="other"}': 0,
        'mccloud_archive_known{network="main"}': 1,
        'mccloud_archive_known{network="other"}': 0,
        'mccloud_archive_connected{network="main"}': 1,
        'mccloud_archive_connected{network="other"}': 0,
        'mccloud_archive_failed{network="main"}': 0,
        'mccloud_archive_failed{network="other"}': 0,
        'mccloud_signals_passed_total{network="main"}': 3,
        mccloud_log_lines_left_out_total: 0,
      });
      expect(counted.get('mccloud_connections')).toBeGreaterThanOrEqual(4);
      expect(counted.get('mccloud_process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    }, within);
  });

  it('is that it is not well, when the disk takes no more of a chain', async () => {
    // In blocks of 1,024 bytes: files end at 256 KiB, as on a disk that is full.
    const { url, said } = await started([], '-f 256');
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const peer = await opened('peer', url);
    peer.share(new Seeded(1).bytes(400 * 1_024));
    await vi.waitFor(async () => {
      const health = await fetch(`${url}/healthz`);
      expect([health.status, await health.text()]).toEqual([503, 'the archive of main has failed\n']);
    }, within);
    expect(said()).toMatch(
      / {2}error {2}an archive has failed and takes no more part {2}network=main {2}error=.*EFBIG/,
    );
    expect((await numbers(url)).get('mccloud_archive_failed{network="main"}')).toBe(1);
  });
});

describe('the command that asks a relay whether it is well', () => {
  const asked = async (...flags: readonly string[]) => {
    const { exited, said } = run('health', flags);
    return [(await exited).code, said()];
  };

  it('knows by the relay’s own flags where it is, with TLS and without', async () => {
    const { files } = await makeCertificate(folder, 'one');
    for (const tls of [[], ['--tls-cert', files.cert, '--tls-key', files.key]]) {
      const { url, child, exited } = await started(tls);
      const { port } = new URL(url);
      expect(await asked('--port', port, ...tls)).toEqual([0, 'ok\n']);
      child.kill('SIGTERM');
      await exited;
      expect(await asked('--port', port, ...tls)).toEqual([1, expect.stringMatching(/^nobody answers at .*\n$/)]);
    }
  });
});

describe('the limits of a relay', () => {
  it('are told to whom they keep out, and to the operator', async () => {
    const { url, said } = await started(['--max-sockets', '1', '--max-archive-links', '1']);
    await once(new WebSocket(`${url.replace('http', 'ws')}/signal`), 'open');
    expect(await refusal(`${url}/signal`, {})).toEqual([
      503,
      'this relay holds 1 such connections already (--max-sockets)\n',
    ]);
    await vi.waitFor(() => expect(said()).toMatch(/ {2}warn {2}refused {2}door=signal {2}code=full /));
  });

  it('leave files enough for the chains, however few the process may open', async () => {
    const { url, said } = await started([], '-n 400');
    expect(said()).toMatch(/ {2}warn {2}this process may not open files enough .*open-files=400 {2}connections=200/);
    const peer = await opened('peer', url);
    await peer.share(Uint8Array.of(1)).included;
    const sockets: WebSocket[] = [];
    for (let i = 0; i < 300; i++) {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/signal`);
      socket.on('error', () => undefined);
      sockets.push(socket);
    }
    ends.push(() => sockets.map((socket) => socket.terminate()));
    await vi.waitFor(() => expect(said()).toMatch(/door=connection {2}code=full .*\(--max-connections\)/), within);
    await peer.share(Uint8Array.of(2)).included;
    for (const socket of sockets) socket.terminate();
    await vi.waitFor(async () => {
      const counted = await numbers(url);
      expect(counted.get('mccloud_archive_height{network="main"}')).toBe(2);
      expect(counted.get('mccloud_archive_failed{network="main"}')).toBe(0);
    }, within);
  });

  it('go on when a service manager asks for files to be read anew and there are none', async () => {
    const { url, child, said } = await started();
    child.kill('SIGHUP');
    await vi.waitFor(() => expect(said()).toContain('there is no certificate to read anew'));
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});
