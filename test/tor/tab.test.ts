/**
 * A tab that goes by its relay's Tor to a peer behind an onion service: no WebRTC, nothing dialled but Tor, and nobody
 * reached while Tor is gone (issue 5). The tab is a real Chromium, the daemons are real.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from '@playwright/test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Peer } from '../../core/host.ts';
import { type Relay, startRelay } from '../../relay/relay.ts';
import { defaultBridge } from '../../relay/settings/bridge.ts';
import { Tab } from '../browser/network/tab.ts';
import { ProxiedPeers, textsOf } from '../model/proxied-peers.ts';
import { SocketWatch } from '../model/socket-watch.ts';
import { launchChromium } from './chromium.ts';
import { theTor } from './tor.ts';

const tor = theTor();
const pageFolder = fileURLToPath(new URL('../../dist/page', import.meta.url));
const linkMs = 90_000;
const blockMs = 30_000;

let folder: string;
let relay: Relay;
let peers: ProxiedPeers;
let service: Peer;
let browser: Browser;
let watch: SocketWatch;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-relay-'));
  peers = new ProxiedPeers();
  watch = SocketWatch.start();
  relay = await startRelay({
    host: '127.0.0.1',
    port: 0,
    folder,
    pageFolder,
    networks: ['main'],
    bridge: { ...defaultBridge, proxy: tor.socks },
    log: () => undefined,
  });
  service = await peers.behind(tor.hostSocks, { port: tor.peer.port, announceBy: tor.peer.onion });
  browser = await launchChromium();
});

afterEach(async () => {
  watch.stop();
  await browser.close();
  await peers.close();
  await relay.close();
  await rm(folder, { recursive: true });
  // A test that failed may have left it killed.
  await tor.restartClient();
});

async function openByTor(): Promise<Tab> {
  const context = await browser.newContext();
  await context.addInitScript(() => {
    window.RTCPeerConnection = class {
      constructor() {
        throw new Error('a tab that goes by Tor makes no RTCPeerConnection');
      }
    } as unknown as typeof RTCPeerConnection;
  });
  return await Tab.open(context, relay.url, 'main&via=tor');
}

const portOf = (address: string) => Number(address.split(':')[1]);
const statusOf = (tab: Tab) => tab.status();

/** Until the tab is linked to that peer, or is not. */
async function linkedTo(tab: Tab, peer: Peer, isLinked: boolean, timeoutMs: number): Promise<void> {
  await vi.waitFor(async () => expect((await statusOf(tab)).connected.includes(peer.publicKey)).toBe(isLinked), {
    timeout: timeoutMs,
    interval: 100,
  });
}

async function stands(peer: Peer, texts: readonly string[]): Promise<void> {
  await vi.waitFor(async () => expect(await textsOf(peer)).toEqual(texts), { timeout: blockMs, interval: 100 });
}

describe('a tab by Tor', () => {
  it('is one network with a peer behind an onion service, and reaches nobody while Tor is gone', async () => {
    const tab = await openByTor();
    const connect = (address: string) =>
      tab.page.evaluate((to) => document.querySelector('mccloud-peer')?.peer?.connect(to), address);
    await connect(tor.peer.onion);
    await linkedTo(tab, service, true, linkMs);
    expect(new Set((await statusOf(tab)).carriers)).toEqual(new Set(['websocket', 'bridge']));
    await tab.share('by the tab');
    await stands(service, ['by the tab']);
    service.share(new TextEncoder().encode('by the service'));
    await stands(service, ['by the tab', 'by the service']);
    await vi.waitFor(async () => expect(await tab.texts()).toEqual(['by the tab', 'by the service']), {
      timeout: blockMs,
      interval: 100,
    });
    // A direct connection to this one would succeed; by Tor an exit leads there.
    const plain = await peers.listening();
    await connect(plain.address);
    await linkedTo(tab, plain.peer, true, linkMs);

    await tor.killClient();
    for (const peer of [service, plain.peer]) await linkedTo(tab, peer, false, blockMs);
    const [dialled, acceptedByPlain] = [watch.dialled.length, watch.acceptedAt(portOf(plain.address))];
    await vi.waitFor(() => expect(watch.dialled.length - dialled).toBeGreaterThanOrEqual(4), { timeout: 60_000 });
    const { host, port } = tor.socks;
    expect(new Set(watch.dialled.slice(dialled))).toEqual(new Set([`${host}:${port}`]));
    // Their own ends may take minutes to notice: the exit and the service's Tor still hold what led to them.
    expect(watch.acceptedAt(portOf(plain.address))).toBe(acceptedByPlain);
    expect(watch.lookedUp).toEqual([]);

    await tor.restartClient();
    for (const peer of [service, plain.peer]) await linkedTo(tab, peer, true, linkMs);
    await tab.share('when Tor is back');
    await stands(service, ['by the tab', 'by the service', 'when Tor is back']);
    expect((await statusOf(tab)).problems).toEqual([]);
  });
});
