/**
 * What a real Chromium makes of the relay's STUN: it asks there, and tells others the address it was told.
 */
import { networkInterfaces } from 'node:os';
import { type BrowserContext, expect, test } from '@playwright/test';
import { StunServer } from '../../../relay/stun.ts';
import { startRelay } from './relay-process.ts';
import { Tab } from './tab.ts';

/** What the tabs of a context gave their connections, and what those found. */
interface Seen {
  readonly servers: string[];
  readonly candidates: string[];
}

declare global {
  interface Window {
    iceSeen: Seen;
  }
}

/** An address of this machine by which others would reach it; loopback where there is none. */
const address =
  Object.values(networkInterfaces())
    .flatMap((own) => own ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';

async function watchConnections(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const seen: Seen = { servers: [], candidates: [] };
    window.iceSeen = seen;
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        seen.servers.push((configuration?.iceServers ?? []).map(({ urls }) => urls).join(' '));
        this.addEventListener('icecandidate', ({ candidate }) => seen.candidates.push(candidate?.candidate ?? ''));
      }
    };
  });
}

/** Two tabs that have linked by WebRTC, and what each made for it. */
async function linkedTabs(context: BrowserContext, url: string): Promise<readonly Tab[]> {
  await watchConnections(context);
  const [one, two] = [await Tab.open(context, url), await Tab.open(context, url)];
  await one.connectedTo([(await two.status()).key]);
  for (const tab of [one, two]) await expect.poll(async () => (await tab.status()).carriers).toContain('webrtc');
  return [one, two];
}

const seenBy = (tab: Tab) => tab.page.evaluate(() => window.iceSeen);

test('tabs ask the STUN of their relay, and whoever is called hears the address that it told', async ({ context }) => {
  const relay = await startRelay(['main'], undefined, ['--host', '0.0.0.0']);
  try {
    const { port } = new URL(relay.url);
    const reflexive = new RegExp(`${address.replaceAll('.', '\\.')} \\d+ typ srflx`);
    for (const tab of await linkedTabs(context, `http://${address}:${port}`)) {
      // The first was begun before the relay had said anything.
      const { servers } = await seenBy(tab);
      expect(servers.length).toBeGreaterThan(1);
      expect(servers).toEqual(['', ...servers.slice(1).map(() => `stun:${address}:${port}`)]);
      await expect.poll(async () => (await seenBy(tab)).candidates.join('\n')).toMatch(reflexive);
    }
  } finally {
    await relay.dispose();
  }
});

test('tabs take the TURN servers that are named, and link though those are not there', async ({ context }) => {
  const turn = ['turn:127.0.0.1:9?transport=udp', 'turns:[::1]:9'];
  const flags = ['--no-stun', '--turn', turn.join(','), '--turn-secret', 'north'];
  const relay = await startRelay(['main'], undefined, flags);
  try {
    for (const tab of await linkedTabs(context, relay.url)) {
      expect((await seenBy(tab)).servers.at(-1)).toBe(turn.join(' '));
    }
  } finally {
    await relay.dispose();
  }
});

test('tabs of a relay on loopback ask nobody', async ({ context }) => {
  const relay = await startRelay();
  try {
    for (const tab of await linkedTabs(context, relay.url)) expect((await seenBy(tab)).servers.join('')).toBe('');
  } finally {
    await relay.dispose();
  }
});

test('a connection that is given the STUN server sends to it, and it answers', async ({ page }) => {
  const server = await StunServer.open('127.0.0.1', 0);
  try {
    await page.evaluate((urls) => {
      const connection = new RTCPeerConnection({ iceServers: [{ urls }] });
      connection.createDataChannel('x');
      void connection.setLocalDescription();
    }, `stun:127.0.0.1:${server.address.port}`);
    await expect.poll(() => server.counts.answered).toBeGreaterThan(0);
    expect(server.counts.ignored).toBe(0);
  } finally {
    await server.close();
  }
});
