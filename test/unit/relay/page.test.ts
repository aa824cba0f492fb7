import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Page } from '../../../relay/page.ts';

let folder: string;
let server: Server;
let url: string;
let page: Page;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-page-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>page</title>');
  await writeFile(join(folder, 'mccloud.js'), `export const long = '${'x'.repeat(5_000)}';`);
  await writeFile(join(folder, 'assets', 'zstd-Ab3_-x9z.wasm'), Buffer.alloc(4_000, 1));
  await writeFile(join(folder, 'assets', 'unknown-Ab3_-x9z.xyz'), 'x');
  page = await Page.load(folder);
  server = createServer((request, response) => {
    void page.answer(request.url ?? '', request, response).then((known) => {
      if (!known) response.writeHead(404).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true, force: true });
});

const identity = { headers: { 'Accept-Encoding': 'identity' } };

describe('Page', () => {
  it('answers with its index at the root, under a policy that lets a peer work and no stranger in', async () => {
    const response = await fetch(`${url}/`);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('<title>page</title>');
    expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('Cache-Control')).toBe('no-cache');
    const policy = response.headers.get('Content-Security-Policy') ?? '';
    expect(policy.split('; ')).toEqual(
      expect.arrayContaining([
        "script-src 'self' 'wasm-unsafe-eval'",
        "worker-src 'self' blob:",
        expect.stringMatching(/^connect-src 'self' .*ws: wss:$/),
        "object-src 'none'",
      ]),
    );
  });

  it('lets any site load the module and what it needs', async () => {
    for (const path of ['/mccloud.js', '/assets/zstd-Ab3_-x9z.wasm']) {
      const response = await fetch(url + path);
      expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*');
      expect(response.headers.get('Cross-Origin-Resource-Policy')).toBe('cross-origin');
    }
  });

  it.each([
    ['/mccloud.js', 'text/javascript; charset=utf-8', 'no-cache'],
    ['/assets/zstd-Ab3_-x9z.wasm', 'application/wasm', 'public, max-age=31536000, immutable'],
    ['/assets/unknown-Ab3_-x9z.xyz', 'application/octet-stream', 'public, max-age=31536000, immutable'],
  ])('says of %s that it is %s, and how long it stays', async (path, type, cache) => {
    const { headers } = await fetch(url + path);
    expect(headers.get('Content-Type')).toBe(type);
    expect(headers.get('Cache-Control')).toBe(cache);
  });

  it('compresses for who can read it, and for nobody else', async () => {
    const [zipped, plain] = [await fetch(`${url}/mccloud.js`), await fetch(`${url}/mccloud.js`, identity)];
    expect(zipped.headers.get('Content-Encoding')).toBe('gzip');
    expect(plain.headers.get('Content-Encoding')).toBeNull();
    expect(Number(zipped.headers.get('Content-Length'))).toBeLessThan(500);
    expect(Number(plain.headers.get('Content-Length'))).toBeGreaterThan(5_000);
    expect(await zipped.text()).toBe(await plain.text());
    expect(zipped.headers.get('Vary')).toBe('Accept-Encoding');
  });

  it('answers 304 to who has it already', async () => {
    const etag = (await fetch(`${url}/mccloud.js`)).headers.get('ETag') as string;
    const again = await fetch(`${url}/mccloud.js`, { headers: { 'If-None-Match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    const other = await fetch(`${url}/mccloud.js`, { headers: { 'If-None-Match': '"x"' } });
    expect(other.status).toBe(200);
  });

  it('answers HEAD without a body', async () => {
    const response = await fetch(`${url}/mccloud.js`, { method: 'HEAD', ...identity });
    expect(Number(response.headers.get('Content-Length'))).toBeGreaterThan(5_000);
    expect(await response.text()).toBe('');
  });

  it.each(['/nothing', '/assets', '/assets/', '/../package.json', '/index', '//index.html', '/.git/config', ''])(
    'does not know %j',
    async (path) => {
      expect(await page.answer(path, new Request() as never, undefined as never)).toBe(false);
    },
  );

  it('stays as it was loaded while it is built anew', async () => {
    await rm(folder, { recursive: true });
    expect((await fetch(`${url}/mccloud.js`)).status).toBe(200);
  });

  it('is empty where nothing was built', async () => {
    const empty = await Page.load(join(folder, 'missing'));
    expect([page.isBuilt, empty.isBuilt]).toEqual([true, false]);
  });
});

/** Never looked at. */
class Request {}
