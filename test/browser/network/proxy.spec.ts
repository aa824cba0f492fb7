/**
 * A tab whose relay dials by a real SOCKS5 proxy, and one that goes by it only: nothing is dialled past it, and there is
 * no WebRTC (issue 5). By Tor itself: test/tor.
 */
import { expect, test } from '@playwright/test';
import { Microsocks } from '../../model/microsocks.ts';
import { ReferenceOnSockets } from '../../model/reference/on-sockets.ts';
import { type RelayProcess, startRelay } from './relay-process.ts';
import { oneChain, Tab } from './tab.ts';

let relay: RelayProcess;
let proxy: Microsocks;
let peer: ReferenceOnSockets;

test.beforeEach(async () => {
  proxy = await Microsocks.start();
  const { host, port } = proxy.address;
  relay = await startRelay(['main'], undefined, ['--socks', `${host}:${port}`]);
  peer = await ReferenceOnSockets.open('gcm-siv', 7);
});

test.afterEach(async () => {
  await peer.close();
  await relay.dispose();
  await proxy.kill();
});

const connect = (tab: Tab, address: string) =>
  tab.page.evaluate((to) => document.querySelector('mccloud-peer')?.peer?.connect(to), address);

test('a tab goes by the proxy alone and makes no RTCPeerConnection; without the proxy it reaches nobody', async ({
  context,
}) => {
  await context.addInitScript(() => {
    const made: string[] = [];
    Object.assign(window, { made });
    const Original = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Original {
      constructor(...values: ConstructorParameters<typeof Original>) {
        made.push('connection');
        super(...values);
      }
      static override generateCertificate(...values: Parameters<typeof Original.generateCertificate>) {
        made.push('certificate');
        return Original.generateCertificate(...values);
      }
    };
  });
  const made = (tab: Tab) => tab.page.evaluate(() => (window as unknown as { made: string[] }).made);
  const usual = await Tab.open(context, relay.url);
  const hidden = await Tab.open(context, relay.url, 'main&via=tor');
  await connect(hidden, peer.address);
  await hidden.connectedTo([peer.hex], 30_000);
  expect(proxy.connections.map(({ host, port }) => `${host}:${port}`)).toEqual([peer.address]);
  await hidden.share('by the proxy');
  await usual.holds(['by the proxy']);
  await expect.poll(() => peer.texts).toEqual(['by the proxy']);
  await oneChain([usual, hidden]);
  expect(new Set((await hidden.status()).carriers)).toEqual(new Set(['websocket', 'bridge']));
  expect(await made(hidden)).toEqual([]);
  expect(await made(usual)).toContain('connection');

  await proxy.kill();
  await expect.poll(async () => (await hidden.status()).connected).not.toContain(peer.hex);
  const problem = hidden.page.locator('[part~="problem"]');
  await expect(problem).toContainText(`${peer.address}: no peer answers there`);
  expect(peer.connected).toEqual([]);
  await proxy.restart();
  await hidden.connectedTo([peer.hex], 30_000);
  await expect(problem).toHaveCount(0);
  expect(await made(hidden)).toEqual([]);
});

test('every tab of such a relay dials by the proxy, names unresolved', async ({ context }) => {
  const tab = await Tab.open(context, relay.url);
  await connect(tab, `localhost:${peer.address.split(':')[1]}`);
  await tab.connectedTo([peer.hex], 30_000);
  expect(proxy.connections.map(({ host }) => host)).toEqual(['localhost']);
});

test('a tab that wants a proxy gets nothing by a relay without one', async ({ context }) => {
  const plain = await startRelay();
  try {
    const tab = await Tab.open(context, plain.url, 'main&via=tor');
    await connect(tab, peer.address);
    await expect(tab.page.locator('[part~="problem"]')).toContainText('this relay has no proxy (--socks)');
    expect(peer.connected).toEqual([]);
    await plain.kill();
    await expect.poll(async () => (await tab.status()).problems, { timeout: 20_000 }).toContain('relay-unreachable');
  } finally {
    await plain.dispose();
  }
});
