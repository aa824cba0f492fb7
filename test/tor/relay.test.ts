/**
 * The relay as an onion service, reached by real Tor daemons: its page and sockets from Node, and a real Chromium whose
 * only way out is Tor.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, get, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from '@playwright/test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { hostAndPort } from '../../core/network/addresses.ts';
import { openThroughProxy } from '../../relay/links/proxy.ts';
import { type Relay, startRelay } from '../../relay/relay.ts';
import { chromiumFlags, findChromium } from '../../scripts/find-chromium.ts';
import { isRoot } from '../../scripts/machine.ts';
import { Tab } from '../browser/network/tab.ts';
import { textsOf } from '../model/proxied-peers.ts';
import { theTor } from './tor.ts';

const tor = theTor();
const pageFolder = fileURLToPath(new URL('../../dist/page', import.meta.url));
const dialMs = 60_000;

let folder: string;
let relay: Relay;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-relay-'));
  const where = { host: '127.0.0.1', port: tor.relay.port, folder, pageFolder };
  relay = await startRelay({ ...where, networks: ['main'], log: () => undefined });
});

afterEach(async () => {
  await relay.close();
  await rm(folder, { recursive: true });
});

async function socketThroughTor(): Promise<Socket> {
  const target = hostAndPort(tor.relay.onion);
  if (target === undefined) throw new Error('there is no relay');
  return await openThroughProxy(tor.socks, target, dialMs, new AbortController().signal);
}

async function fetched(path: string): Promise<{ readonly status: number | undefined; readonly body: string }> {
  const socket = await socketThroughTor();
  class ThroughTor extends Agent {
    override createConnection(): Socket {
      return socket;
    }
  }
  const request = get(tor.relay.url + path, { agent: new ThroughTor() });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode, body };
}

describe('a relay behind an onion address', () => {
  it('answers there, and serves the page', async () => {
    expect(await fetched('/healthz')).toEqual({ status: 200, body: 'ok\n' });
    const page = await fetched('/');
    expect(page.status, 'npm run build comes first').toBe(200);
    expect(page.body).toContain('<title>mccloud</title>');
  });

  it('takes WebSockets to its archive peer, which greets by its key', async () => {
    const socket = await socketThroughTor();
    const address = `${tor.relay.url.replace('http', 'ws')}/peer/main`;
    const opened = new WebSocket(address, { createConnection: () => socket, perMessageDeflate: false });
    const [greeting] = (await once(opened, 'message')) as [Buffer];
    const key = relay.archives.get('main')?.peer.publicKey ?? 'none';
    expect(greeting.toString('hex')).toContain(key);
    opened.close();
    await once(opened, 'close');
  });
});

describe('a Chromium behind Tor', () => {
  let browser: Browser;

  beforeEach(async () => {
    browser = await chromium.launch({
      executablePath: await findChromium(),
      chromiumSandbox: !isRoot(),
      args: [...chromiumFlags, `--proxy-server=socks5://${tor.socks.host}:${tor.socks.port}`],
    });
  });

  afterEach(() => browser.close());

  it('opens the relay’s page, is a peer in memory and says why, and its item gets into a block', async () => {
    const archive = relay.archives.get('main')?.peer;
    if (archive === undefined) throw new Error('there is no archive');
    const tab = await Tab.open(await browser.newContext(), tor.relay.url);
    await vi.waitFor(async () => expect((await tab.status()).connected).toEqual([archive.publicKey]), {
      timeout: dialMs,
      interval: 100,
    });
    expect((await tab.status()).carriers).toEqual(['websocket']);
    const { secure, storage, problems } = await tab.page.evaluate(() => {
      const status = document.querySelector('mccloud-peer')?.peer?.status;
      return { secure: isSecureContext, storage: status?.storage, problems: status?.problems };
    });
    expect([secure, storage]).toEqual([false, 'memory']);
    expect(problems).toEqual([{ code: 'storage-in-memory', message: expect.stringContaining('memory') }]);
    await tab.share('by way of Tor');
    await vi.waitFor(async () => expect(await textsOf(archive)).toEqual(['by way of Tor']), {
      timeout: 30_000,
      interval: 100,
    });
    await vi.waitFor(async () => expect((await tab.status()).tip).toBe(archive.status.tip), { timeout: 30_000 });
    expect(await tab.texts()).toEqual(['by way of Tor']);
  });
});
