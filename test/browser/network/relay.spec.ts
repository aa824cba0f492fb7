/**
 * What tabs do when the relay dies, comes back, or was never there (issue 3).
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { type RelayProcess, startRelay } from './relay-process.ts';
import { oneChain, Tab } from './tab.ts';

let relay: RelayProcess;

test.beforeEach(async () => {
  relay = await startRelay();
});

test.afterEach(async () => {
  await relay.dispose();
});

test('without the relay two linked tabs go on making blocks, and say that it is gone', async ({ context }) => {
  const [one, two] = [await Tab.open(context, relay.url), await Tab.open(context, relay.url)];
  await one.connectedTo([(await two.status()).key]);
  await one.share('with the relay');
  await two.holds(['with the relay']);
  await one.holds(['with the relay']);
  await relay.kill();
  await expect.poll(async () => (await one.status()).problems, { timeout: 10_000 }).toContain('relay-unreachable');
  expect((await one.status()).carriers).toContain('webrtc');
  await one.share('without it, by the first');
  await one.holds(['with the relay', 'without it, by the first']);
  await two.share('without it, by the second');
  for (const tab of [one, two])
    await tab.holds(['with the relay', 'without it, by the first', 'without it, by the second']);
  await oneChain([one, two], 3);
  await expect(one.page.locator('[part~="problem"]')).toContainText(/relay/i);
});

test('a relay that is started again is linked within five seconds and its archive holds every block', async ({
  context,
}) => {
  const tabs = [await Tab.open(context, relay.url), await Tab.open(context, relay.url)];
  const [one, two] = tabs as [Tab, Tab];
  await one.connectedTo([(await two.status()).key]);
  await one.share('before');
  for (const tab of tabs) await tab.holds(['before']);
  await relay.kill();
  await one.share('meanwhile 1');
  await two.holds(['before', 'meanwhile 1']);
  await two.share('meanwhile 2');
  for (const tab of tabs) await tab.holds(['before', 'meanwhile 1', 'meanwhile 2']);
  const { height, tip } = await one.status();
  await relay.restart();
  const seen = async () => ({
    linked: (await Promise.all(tabs.map((tab) => tab.status()))).filter(({ carriers }) =>
      carriers.includes('websocket'),
    ).length,
    archive: await archiveChain(relay.folder),
  });
  await expect.poll(seen, { timeout: 5_000, intervals: [100] }).toEqual({ linked: 2, archive: { height, tip } });
  for (const tab of tabs) await expect.poll(async () => (await tab.status()).problems).toEqual([]);
});

test('a page whose relay is unreachable says so and goes on with what it has', async ({ context }) => {
  const one = await Tab.open(context, relay.url);
  const two = await Tab.open(context, relay.url);
  await one.share('held');
  await one.holds(['held']);
  await two.holds(['held']);
  await relay.kill();
  await one.page.evaluate(() => {
    const element = document.createElement('mccloud-peer');
    element.setAttribute('network', 'main');
    element.setAttribute('relay', 'http://127.0.0.1:9');
    document.querySelector('mccloud-peer')?.replaceWith(element);
  });
  await one.ready();
  await expect.poll(async () => (await one.status()).problems, { timeout: 10_000 }).toContain('relay-unreachable');
  expect(await one.texts()).toEqual(['held']);
  await one.share('waits');
  await expect(one.page.locator('[part~="pending-item"]')).toContainText('waits');
});

/** What the archive has on disk: one record of 48 bytes for each block, its hash first (spec/wire.md, On disk). */
async function archiveChain(folder: string): Promise<{ height: number; tip: string | undefined }> {
  const index = await readFile(join(folder, 'main', 'index.db')).catch(() => Buffer.alloc(0));
  const height = Math.floor(index.length / 48);
  const tip = height === 0 ? undefined : index.subarray(48 * (height - 1), 48 * (height - 1) + 32).toString('hex');
  return { height, tip };
}
