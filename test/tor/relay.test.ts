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
import type { Browser, BrowserContext } from '@playwright/test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { Peer } from '../../core/host.ts';
import { hostAndPort } from '../../core/network/addresses.ts';
import { openThroughProxy } from '../../relay/links/proxy.ts';
import { type Relay, startRelay } from '../../relay/relay.ts';
import { Tab } from '../browser/network/tab.ts';
import { textsOf } from '../model/proxied-peers.ts';
import { SocketWatch } from '../model/socket-watch.ts';
import { launchChromium } from './chromium.ts';
import { theTor } from './tor.ts';

const tor = theTor();
const pageFolder = fileURLToPath(new URL('../../dist/page', import.meta.url));
const dialMs = 60_000;
/** A dial that hangs is given up after a minute, and followed by another. */
const linkMs = 150_000;
const blocks = { timeout: 30_000, interval: 100 };

let folder: string;
let relay: Relay;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-relay-'));
  const where = { host: '127.0.0.1', port: tor.relay.port, folder, pageFolder };
  // An onion service leads everybody to loopback, as a proxy does.
  relay = await startRelay({ ...where, networks: ['main'], access: { behindProxy: true }, log: () => undefined });
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
  let context: BrowserContext;
  let archive: Peer;

  beforeEach(async () => {
    const held = relay.archives.get('main')?.peer;
    if (held === undefined) throw new Error('there is no archive');
    archive = held;
    browser = await launchChromium(`--proxy-server=socks5://${tor.socks.host}:${tor.socks.port}`);
    context = await browser.newContext();
  });

  afterEach(() => browser.close());

  function linkedToArchive(tab: Tab): Promise<void> {
    const check = async () => expect((await tab.status()).connected).toEqual([archive.publicKey]);
    return vi.waitFor(check, { timeout: linkMs, interval: 100 });
  }

  it('opens the relay’s page, is a peer in memory and says why, and its item gets into a block', async () => {
    const tab = await Tab.open(context, tor.relay.url);
    await linkedToArchive(tab);
    const { secure, storage, problems } = await tab.page.evaluate(() => {
      const status = document.querySelector('mccloud-peer')?.peer?.status;
      return { secure: isSecureContext, storage: status?.storage, problems: status?.problems };
    });
    expect([secure, storage]).toEqual([false, 'memory']);
    const reason = 'Key and blocks are kept in memory and are gone with this tab: a page over plain http has no locks.';
    expect(problems).toEqual([{ code: 'storage-in-memory', message: reason }]);
    await vi.waitFor(async () =>
      expect(await tab.page.locator('[part~="problem"]').allTextContents()).toEqual([reason]),
    );
    await tab.share('by way of Tor');
    await vi.waitFor(async () => expect(await textsOf(archive)).toEqual(['by way of Tor']), blocks);
    await vi.waitFor(async () => expect((await tab.status()).tip).toBe(archive.status.tip), blocks);
    expect(await tab.texts()).toEqual(['by way of Tor']);
  });

  it('links two tabs by the archive alone, for WebRTC would go past Tor', async () => {
    await context.addInitScript(() => {
      const made: string[] = [];
      Object.assign(window, { made });
      const Original = window.RTCPeerConnection;
      window.RTCPeerConnection = class extends Original {
        constructor(...values: ConstructorParameters<typeof Original>) {
          made.push('connection');
          super(...values);
        }
      };
    });
    const tabs = [await Tab.open(context, tor.relay.url), await Tab.open(context, tor.relay.url)] as const;
    for (const tab of tabs) await linkedToArchive(tab);
    const [one, two] = tabs;
    await one.share('from one tab');
    await two.share('from the other');
    for (const tab of tabs) {
      const said = async () => expect([...(await tab.texts())].sort()).toEqual(['from one tab', 'from the other']);
      await vi.waitFor(said, blocks);
      expect((await tab.status()).carriers).toEqual(['websocket']);
      expect(await tab.page.evaluate(() => (window as unknown as { made: string[] }).made)).toEqual([]);
    }
  });

  it('says that the relay cannot be reached while Tor is gone, connects nowhere, and is back with it', async () => {
    const tab = await Tab.open(context, tor.relay.url);
    await linkedToArchive(tab);
    const watch = SocketWatch.start();
    try {
      await tor.killClient();
      const problems = async () => (await tab.status()).problems;
      await vi.waitFor(async () => expect(await problems()).toContain('relay-unreachable'), blocks);
      await tab.share('meanwhile');
      expect([(await tab.status()).connected, watch.acceptedAt(tor.relay.port)]).toEqual([[], 0]);
      await tor.restartClient();
      await linkedToArchive(tab);
      await vi.waitFor(async () => expect(await textsOf(archive)).toEqual(['meanwhile']), blocks);
      await vi.waitFor(async () => expect(await problems()).not.toContain('relay-unreachable'), blocks);
    } finally {
      watch.stop();
      await tor.restartClient();
    }
  });
});
