import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { Metrics } from '../../../relay/metrics.ts';
import { Operations } from '../../../relay/operations.ts';
import { Page } from '../../../relay/page.ts';
import type { Refused } from '../../../relay/refusals.ts';
import { RelayServer, type ServerOptions, type Services } from '../../../relay/server.ts';
import { readTls } from '../../../relay/tls.ts';
import { makeCertificate } from '../../model/certificate.ts';

let folder: string;
let server: RelayServer;
let url: string;
let trouble: string | undefined;
const signal = vi.fn<Services['signal']>();
const bridge = vi.fn<NonNullable<Services['bridge']>>();
const accept = vi.fn<(socket: unknown, address: string) => void>();
const refused = vi.fn<Refused>();
const defaults = { tls: undefined, behindProxy: false, origins: [], maxSockets: 100, maxConnections: 100 };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-server-'));
  vi.clearAllMocks();
  trouble = undefined;
  await begin();
});

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

async function made(options: Partial<ServerOptions> = {}): Promise<RelayServer> {
  const operations = new Operations(new Metrics(), 'loopback', () => trouble);
  const archive: Services['archive'] = (network) => (network === 'main' ? accept : undefined);
  const page = await Page.load(folder);
  return new RelayServer({ page, operations, refused, signal, archive, bridge }, { ...defaults, ...options });
}

/** In place of the one before. */
async function begin(options: Partial<ServerOptions> = {}, host = '127.0.0.1'): Promise<void> {
  await server?.close();
  server = await made(options);
  url = `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${await server.listen(host, 0)}`;
}

function socketTo(path: string, options: ClientOptions = {}): WebSocket {
  return new WebSocket(url.replace('http', 'ws') + path, options);
}

/** What an upgrade is answered with when it is refused. */
async function refusal(path: string, options?: ClientOptions): Promise<{ status: number | undefined; body: string }> {
  const socket = socketTo(path, options);
  const [request, response] = await once(socket, 'unexpected-response');
  let body = '';
  for await (const chunk of response) body += String(chunk);
  request.destroy();
  return { status: response.statusCode, body };
}

describe('RelayServer', () => {
  it('says that it is well', async () => {
    const response = await fetch(`${url}/healthz?x=1`);
    expect([response.status, await response.text()]).toEqual([200, 'ok\n']);
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
  });

  it('says what is wrong', async () => {
    trouble = 'the disk is gone';
    const response = await fetch(`${url}/healthz`);
    expect([response.status, await response.text()]).toEqual([503, 'the disk is gone\n']);
  });

  it('shows its numbers', async () => {
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('mccloud_process_start_time_seconds');
    await begin({ behindProxy: true });
    const { status } = await fetch(`${url}/metrics`, { headers: { 'X-Forwarded-For': '192.0.2.1' } });
    expect(status).toBe(403);
  });

  it('answers 404 to what it does not know, and says when the page is not built', async () => {
    for (const path of ['/nothing', '/signal/', '/peer', '/%', '/%2e%2e/x']) {
      const response = await fetch(url + path);
      expect([response.status, await response.text()]).toEqual([404, 'Not found\n']);
    }
    expect(await (await fetch(`${url}/`)).text()).toContain('npm run build');
  });

  it('answers 405 to what would change something', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const response = await fetch(`${url}/`, { method });
      expect([response.status, response.headers.get('Allow')]).toEqual([405, 'GET, HEAD']);
      // Whatever else it has to say.
      expect(response.headers.get('Connection')).toBe('close');
    }
  });

  it('hands over WebSockets by their path', async () => {
    server.open();
    const paths = ['/signal', '/peer/main?x=1', '/peer/m%61in', '/bridge'];
    const sockets = paths.map((path) => socketTo(path));
    await Promise.all(sockets.map((socket) => once(socket, 'open')));
    for (const door of [signal, bridge]) {
      expect(door).toHaveBeenCalledExactlyOnceWith(
        expect.anything(),
        new URL(url).host,
        expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        expect.any(Function),
      );
    }
    expect(server.sockets).toEqual({ signal: 1, peer: 2, bridge: 1 });
    expect(refused).not.toHaveBeenCalled();
    expect(accept).toHaveBeenCalledTimes(2);
    expect(accept.mock.calls[0]?.[1]).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it.each([
    ['/', 'nothing here', 'none', 'no-door'],
    ['/signals', 'nothing here', 'none', 'no-door'],
    ['/peer/', 'nothing here', 'none', 'no-door'],
    ['/peer/main/x', 'nothing here', 'none', 'no-door'],
    ['/peer/other', 'does not serve that network', 'peer', 'unknown-network'],
    ['/peer/%', 'nothing here', 'none', 'no-door'],
  ])('refuses a WebSocket at %s, and says so to its operator', async (path, reason, door, code) => {
    server.open();
    const { status, body } = await refusal(path);
    expect(status).toBe(404);
    expect(body).toContain(reason);
    const from = expect.stringMatching(/^127\.0\.0\.1:\d+$/);
    expect(refused).toHaveBeenCalledExactlyOnceWith({ door, code, reason: body.trim(), from, level: 'info' });
  });

  it('lets WebSockets wait until it is open', async () => {
    const socket = socketTo('/signal');
    const opened = once(socket, 'open');
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(signal).not.toHaveBeenCalled();
    server.open();
    await opened;
    expect(signal).toHaveBeenCalledTimes(1);
  });

  it('goes on when somebody sends what is no HTTP, or breaks off', async () => {
    server.open();
    for (const text of [
      '\0\0\0',
      'GET /signal HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      'GET / HTTP',
    ]) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      await once(socket, 'connect');
      socket.write(text);
      socket.destroy();
      await once(socket, 'close');
    }
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('takes leave when it ends, and hangs up on who does not', async () => {
    server.open();
    const [polite, silent] = [socketTo('/signal'), socketTo('/peer/main')];
    await Promise.all([polite, silent].map((socket) => once(socket, 'open')));
    silent.pause();
    const idle = connect(Number(new URL(url).port), '127.0.0.1');
    await once(idle, 'connect');
    const left = once(polite, 'close');
    const begun = performance.now();
    await Promise.all([server.close(), server.close()]);
    expect(performance.now() - begun).toBeLessThan(900);
    expect(await left).toEqual([1001, Buffer.from('the relay ends')]);
    silent.terminate();
    idle.destroy();
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });

  it('takes leave of more than a thousand in the same time', async () => {
    await begin({ maxSockets: 2_000, maxConnections: 2_000 });
    server.open();
    const sockets: WebSocket[] = [];
    for (let i = 0; i < 11; i++) {
      const hundred = Array.from({ length: 100 }, () => socketTo('/signal'));
      await Promise.all(hundred.map((socket) => once(socket, 'open')));
      sockets.push(...hundred);
    }
    const left = sockets.map((socket) => once(socket, 'close'));
    const begun = performance.now();
    await server.close();
    expect(performance.now() - begun).toBeLessThan(900);
    const codes = (await Promise.all(left)).map(([code]) => code);
    expect(new Set(codes)).toEqual(new Set([1001]));
    await vi.waitFor(() => expect(server.connections).toBe(0));
  });

  it('ends although somebody still waits for it to open', async () => {
    const answer = refusal('/signal');
    await fetch(`${url}/healthz`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await server.close();
    expect(await answer).toEqual({ status: 503, body: 'the relay ends\n' });
  });

  it('says what is wrong with a port that is taken', async () => {
    const second = await made();
    const port = Number(new URL(url).port);
    await expect(second.listen('127.0.0.1', port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await second.close();
  });
});

describe('pages of other sites', () => {
  const evil = { origin: 'http://evil.example' };

  it('may open no WebSocket, at no door', async () => {
    await begin({}, '0.0.0.0');
    server.open();
    for (const [path, door] of [
      ['/signal', 'signal'],
      ['/peer/main', 'peer'],
      ['/peer/other', 'peer'],
      ['/bridge', 'bridge'],
      ['/nothing', 'none'],
    ] as const) {
      refused.mockClear();
      const { status, body } = await refusal(path, evil);
      expect(status).toBe(403);
      expect(body).toContain('--origin http://evil.example ');
      expect(refused.mock.calls[0]?.[0]).toMatchObject({ door, code: 'origin', reason: body.trim(), level: 'info' });
    }
    expect(signal).not.toHaveBeenCalled();
    expect(accept).not.toHaveBeenCalled();
  });

  it('may when they are named, and so may the relay’s own', async () => {
    await begin({ origins: ['http://site.example'] }, '0.0.0.0');
    server.open();
    for (const origin of ['http://site.example', url, 'http://localhost:3000']) {
      await once(socketTo('/signal', { origin }), 'open');
    }
    const host = 'relay.example:8080';
    await once(socketTo('/signal', { origin: `http://${host}`, headers: { host } }), 'open');
  });

  it('may not when a name of theirs leads to a relay that only this machine reaches', async () => {
    server.open();
    for (const options of [
      { origin: 'http://evil.example', headers: { host: 'evil.example' } },
      { headers: { host: 'evil.example' } },
      { headers: { 'X-Forwarded-For': '192.0.2.1' } },
    ]) {
      refused.mockClear();
      const { status, body } = await refusal('/signal', options);
      expect([status, body]).toEqual([403, expect.stringContaining('--behind-proxy')]);
      expect(refused.mock.calls[0]?.[0]).toMatchObject({ door: 'signal', code: 'foreign-name', level: 'warn' });
    }
    await once(socketTo('/signal', { origin: url }), 'open');
  });
});

describe('a relay behind a proxy', () => {
  it('is reached by the name of the proxy', async () => {
    await begin({ behindProxy: true });
    server.open();
    const headers = { host: 'relay.example' };
    await once(socketTo('/signal', { origin: 'https://relay.example', headers }), 'open');
    expect((await refusal('/signal', { origin: 'https://evil.example', headers })).status).toBe(403);
  });

  it('takes the client for who it is, which a relay without one never believes', async () => {
    const options = { headers: { 'X-Forwarded-For': '198.51.100.7, 203.0.113.9' } };
    await begin({}, '0.0.0.0');
    server.open();
    await once(socketTo('/peer/main', options), 'open');
    expect(accept.mock.lastCall?.[1]).toMatch(/^127\.0\.0\.1:/);
    await begin({ behindProxy: true });
    server.open();
    await once(socketTo('/peer/main', options), 'open');
    expect(accept.mock.lastCall?.[1]).toBe('203.0.113.9:0');
    await once(socketTo('/signal', options), 'open');
    expect(signal.mock.lastCall?.[2]).toBe('203.0.113.9:0');
  });
});

describe('the limits of a relay', () => {
  it('hold for each kind of WebSocket, and say so to both sides', async () => {
    await begin({ maxSockets: 2 });
    server.open();
    const sockets = [socketTo('/signal'), socketTo('/signal'), socketTo('/peer/main'), socketTo('/peer/main')];
    await Promise.all(sockets.map((socket) => once(socket, 'open')));
    for (const [path, door] of [
      ['/signal', 'signal'],
      ['/peer/main', 'peer'],
    ] as const) {
      refused.mockClear();
      const { status, body } = await refusal(path);
      expect([status, body]).toEqual([503, 'this relay holds 2 such connections already (--max-sockets)\n']);
      expect(refused.mock.calls[0]?.[0]).toMatchObject({ door, code: 'full', level: 'warn' });
    }
    sockets[0]?.close();
    await vi.waitFor(() => expect(server.sockets.signal).toBe(1));
    await once(socketTo('/signal'), 'open');
  });

  it('hold for all connections, and the operator is told', async () => {
    await begin({ maxConnections: 2 });
    server.open();
    await Promise.all([socketTo('/signal'), socketTo('/signal')].map((socket) => once(socket, 'open')));
    expect(server.connections).toBe(2);
    const third = connect(Number(new URL(url).port), '127.0.0.1');
    third.on('error', () => undefined);
    await once(third, 'close');
    expect(refused.mock.calls[0]?.[0]).toMatchObject({
      door: 'connection',
      code: 'full',
      reason: 'this relay holds 2 connections already (--max-connections)',
      from: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      level: 'warn',
    });
  });
});

describe('a relay with a certificate', () => {
  async function shown(ca: Buffer): Promise<{ readonly status: number | undefined; readonly name: unknown }> {
    const request = httpsRequest(`${url}/healthz`, { ca, agent: false }).end();
    const [response] = await once(request, 'response');
    const name = (response.socket as TLSSocket).getPeerCertificate().subject.CN;
    response.resume();
    return { status: response.statusCode, name };
  }

  it('speaks https and wss, and shows a new certificate to those who come after', async () => {
    const [one, two] = [await makeCertificate(folder, 'one'), await makeCertificate(folder, 'two')];
    await begin({ tls: await readTls(one.files) });
    server.open();
    expect(await shown(one.ca)).toEqual({ status: 200, name: 'one' });
    const socket = socketTo('/signal', { ca: one.ca, origin: url });
    await once(socket, 'open');
    expect(signal.mock.lastCall?.[1]).toBe(new URL(url).host);
    server.useTls(await readTls(two.files));
    expect(await shown(two.ca)).toEqual({ status: 200, name: 'two' });
    await expect(shown(one.ca)).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.close();
    await vi.waitFor(() => expect([server.sockets.signal, server.connections]).toEqual([0, 0]));
  });

  it('ends in time although somebody has not finished a handshake, or says nothing', async () => {
    const { files, ca } = await makeCertificate(folder, 'one');
    await begin({ tls: await readTls(files) });
    server.open();
    const port = Number(new URL(url).port);
    const silent = connect(port, '127.0.0.1');
    const idle = connectTls({ port, ca, host: '127.0.0.1' });
    const paused = socketTo('/signal', { ca });
    for (const socket of [silent, idle, paused]) socket.on('error', () => undefined);
    await Promise.all([once(silent, 'connect'), once(idle, 'secureConnect'), once(paused, 'open')]);
    paused.pause();
    await vi.waitFor(() => expect(server.connections).toBe(3));
    const begun = performance.now();
    await server.close();
    expect(performance.now() - begun).toBeLessThan(900);
    await vi.waitFor(() => expect(server.connections).toBe(0));
    for (const socket of [silent, idle]) socket.destroy();
    paused.terminate();
  });

  it('goes on when somebody comes without TLS', async () => {
    const { files, ca } = await makeCertificate(folder, 'one');
    await begin({ tls: await readTls(files) });
    await expect(fetch(url.replace('https', 'http'))).rejects.toThrow();
    expect((await shown(ca)).status).toBe(200);
  });
});
