import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { Page } from '../../../relay/page.ts';
import { RelayServer, type Services } from '../../../relay/server.ts';

let folder: string;
let server: RelayServer;
let url: string;
const signal = vi.fn<Services['signal']>();
const bridge = vi.fn<NonNullable<Services['bridge']>>();
const accept = vi.fn<(socket: unknown, address: string) => void>();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-server-'));
  vi.clearAllMocks();
  const page = await Page.load(folder);
  const archive: Services['archive'] = (network) => (network === 'main' ? accept : undefined);
  server = new RelayServer({ page, signal, archive, bridge });
  url = `http://127.0.0.1:${await server.listen('127.0.0.1', 0)}`;
});

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

function socketTo(path: string): WebSocket {
  return new WebSocket(url.replace('http', 'ws') + path);
}

/** What an upgrade is answered with when it is refused. */
async function refusal(path: string): Promise<{ status: number | undefined; body: string }> {
  const socket = socketTo(path);
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
    }
  });

  it('hands over WebSockets by their path', async () => {
    server.open();
    const sockets = [socketTo('/signal'), socketTo('/peer/main?x=1'), socketTo('/peer/m%61in')];
    await Promise.all(sockets.map((socket) => once(socket, 'open')));
    expect(signal).toHaveBeenCalledExactlyOnceWith(expect.anything(), new URL(url).host);
    expect(accept).toHaveBeenCalledTimes(2);
    expect(accept.mock.calls[0]?.[1]).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it.each([
    ['/', 'nothing here'],
    ['/signals', 'nothing here'],
    ['/peer/', 'nothing here'],
    ['/peer/main/x', 'nothing here'],
    ['/peer/other', 'does not serve that network'],
    ['/peer/%', 'nothing here'],
  ])('refuses a WebSocket at %s', async (path, reason) => {
    server.open();
    const { status, body } = await refusal(path);
    expect(status).toBe(404);
    expect(body).toContain(reason);
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

  it('ends although somebody still waits for it to open', async () => {
    const answer = refusal('/signal');
    await fetch(`${url}/healthz`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await server.close();
    expect(await answer).toEqual({ status: 503, body: 'the relay ends\n' });
  });

  it('says what is wrong with a port that is taken', async () => {
    const second = new RelayServer({
      page: await Page.load(folder),
      signal,
      archive: () => undefined,
      bridge: undefined,
    });
    const port = Number(new URL(url).port);
    await expect(second.listen('127.0.0.1', port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await second.close();
  });
});
