/**
 * Tabs and TCP peers of both eras in one network, by the relay's bridge, in both directions (issue 5).
 */
import { expect, test } from '@playwright/test';
import { ReferenceOnSockets } from '../../model/reference/on-sockets.ts';
import { type RelayProcess, startRelay } from './relay-process.ts';
import { Tab } from './tab.ts';

/** A gcm-siv peer with nothing to say is silent until it asks for more neighbours, after 10 s: only then is its key proven. */
const provenMs = 30_000;

let relay: RelayProcess;
const ends: (() => Promise<unknown>)[] = [];

test.beforeEach(async () => {
  relay = await startRelay();
  ends.push(() => relay.dispose());
});

test.afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Its own seed for each, and so its own key. */
const seeds = { cbc: 20_261_124, 'gcm-siv': 20_261_125 };

async function reference(era: keyof typeof seeds): Promise<ReferenceOnSockets> {
  const peer = await ReferenceOnSockets.open(era, seeds[era]);
  ends.push(() => peer.close());
  return peer;
}

const connect = (tab: Tab, address: string) =>
  tab.page.evaluate((to) => document.querySelector('mccloud-peer')?.peer?.connect(to), address);

/** Both say something, and both have both in one chain. */
async function oneChainOf(tab: Tab, peer: ReferenceOnSockets): Promise<void> {
  await tab.share('from the tab');
  await tab.holds(['from the tab']);
  await expect.poll(() => peer.texts, { timeout: 20_000 }).toEqual(['from the tab']);
  peer.share('from the reference');
  await tab.holds(['from the tab', 'from the reference'], 40_000);
  await expect.poll(() => peer.texts, { timeout: 20_000 }).toEqual(['from the tab', 'from the reference']);
  await expect.poll(async () => (await tab.status()).tip).toBe(peer.tip);
}

for (const era of ['cbc', 'gcm-siv'] as const) {
  test(`a tab dials a ${era} peer of the reference by the relay, and the two have one chain`, async ({ context }) => {
    const peer = await reference(era);
    const tab = await Tab.open(context, relay.url);
    await connect(tab, peer.address);
    await tab.connectedTo([peer.hex], provenMs);
    expect((await tab.status()).carriers).toContain('bridge');
    await oneChainOf(tab, peer);
  });

  test(`a ${era} peer of the reference dials the port that the relay lends a tab`, async ({ context }) => {
    const peer = await reference(era);
    const tab = await Tab.open(context, relay.url, 'main&port');
    const listen = () => tab.page.evaluate(() => document.querySelector('mccloud-peer')?.peer?.status.listen);
    await expect.poll(listen).toMatch(/^127\.0\.0\.1:\d+$/);
    await expect(tab.page.locator('[part~="listen"]')).toContainText((await listen()) ?? '');
    peer.connect((await listen()) ?? '');
    await tab.connectedTo([peer.hex], provenMs);
    await expect.poll(() => peer.connected).toContain((await tab.status()).key);
    await oneChainOf(tab, peer);
  });
}

test('two tabs and peers of both eras, one dialled and one dialling, have one chain', async ({ context }) => {
  test.setTimeout(120_000);
  const [old, young] = [await reference('cbc'), await reference('gcm-siv')];
  const one = await Tab.open(context, relay.url);
  const two = await Tab.open(context, relay.url, 'main&port');
  await connect(one, old.address);
  const listen = () => two.page.evaluate(() => document.querySelector('mccloud-peer')?.peer?.status.listen);
  await expect.poll(listen).toBeDefined();
  young.connect((await listen()) ?? '');
  await one.connectedTo([old.hex], provenMs);
  await two.connectedTo([young.hex], provenMs);
  await one.connectedTo([(await two.status()).key]);
  const said: string[] = [];
  for (const [speaker, share] of [
    ['the first tab', (text: string) => one.share(text)],
    ['the old peer', async (text: string) => old.share(text)],
    ['the second tab', (text: string) => two.share(text)],
    ['the young peer', async (text: string) => young.share(text)],
  ] as const) {
    said.push(`by ${speaker}`);
    await share(`by ${speaker}`);
    await one.holds(said, 40_000);
  }
  await two.holds(said);
  for (const peer of [old, young])
    await expect.poll(() => [...peer.texts].sort(), { timeout: 20_000 }).toEqual([...said].sort());
});

test('the address box links with a peer, and says what is no address and what cannot be reached', async ({
  context,
}) => {
  const peer = await reference('cbc');
  const tab = await Tab.open(context, relay.url);
  const box = tab.page.getByLabel('Link with a TCP peer');
  await box.fill('somewhere');
  await box.press('Enter');
  await expect(tab.page.getByRole('alert')).toContainText('no host:port');
  await box.fill('10.1.2.3:29092');
  await box.press('Enter');
  await expect(tab.page.locator('[part~="problem"]')).toContainText(
    '10.1.2.3:29092: this relay does not dial that address',
  );
  await box.fill(peer.address);
  await tab.page.getByRole('button', { name: 'Connect' }).click();
  await expect(tab.page.locator(`[part~="peer"][data-key="${peer.hex}"]`)).toContainText('TCP by way of the relay');
});

test('a relay that is started again carries the same connections, and lends the port', async ({ context }) => {
  const peer = await reference('cbc');
  const tab = await Tab.open(context, relay.url, 'main&port');
  await connect(tab, peer.address);
  await tab.connectedTo([peer.hex], provenMs);
  await relay.kill();
  await expect.poll(async () => (await tab.status()).connected).not.toContain(peer.hex);
  await expect.poll(async () => (await tab.status()).problems).toContain('no-port');
  await relay.restart();
  await tab.connectedTo([peer.hex], provenMs);
  await expect.poll(async () => (await tab.status()).problems, { timeout: 20_000 }).toEqual([]);
  await oneChainOf(tab, peer);
});
