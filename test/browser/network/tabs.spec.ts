/**
 * Tabs that are peers: the whole path from opening a page to a shared chain, in a real Chromium with a real relay.
 *
 * Follows issue 3, "What a newcomer does". Deadlines that the issue gives are asserted; the others only bound a wait.
 */
import { expect, test } from '@playwright/test';
import { type RelayProcess, startRelay } from './relay-process.ts';
import { oneChain, Tab } from './tab.ts';

let relay: RelayProcess;

test.beforeEach(async () => {
  relay = await startRelay(['main', 'second']);
});

test.afterEach(async () => {
  await relay.dispose();
});

test('two tabs show themselves, each other and the archive within two seconds, and share a block', async ({
  context,
}) => {
  const [one, two] = [await Tab.open(context, relay.url), await Tab.open(context, relay.url)];
  const [keyOne, keyTwo] = [(await one.status()).key, (await two.status()).key];
  expect(keyOne).toMatch(/^0[23][0-9a-f]{64}$/);
  expect(keyOne).not.toBe(keyTwo);
  await one.knows([keyTwo], 2_000);
  await two.knows([keyOne], 2_000);
  await expect.poll(async () => (await one.status()).known.length, { timeout: 2_000 }).toBe(2);
  await expect.poll(async () => (await two.status()).known.length, { timeout: 2_000 }).toBe(2);

  const input = one.page.locator('[part~="item-input"]');
  await input.fill('hello from the first tab');
  await input.press('Enter');
  for (const tab of [one, two]) {
    await tab.holds(['hello from the first tab']);
    const [item] = await tab.items();
    expect(item).toMatchObject({ text: 'hello from the first tab', author: keyOne, verified: true });
    await expect(tab.page.locator('[part~="block-item"]')).toContainText('hello from the first tab');
    await expect(tab.page.locator(`[part~="block-item"][data-author="${keyOne}"][data-verified="true"]`)).toHaveCount(
      1,
    );
  }
  await oneChain([one, two]);
});

test('five tabs reach one chain with every item once', async ({ context }) => {
  const tabs: Tab[] = [];
  for (let i = 0; i < 5; i++) tabs.push(await Tab.open(context, relay.url));
  const keys = await Promise.all(tabs.map(async (tab) => (await tab.status()).key));
  expect(new Set(keys).size).toBe(5);
  for (const [i, tab] of tabs.entries()) await tab.knows(keys.filter((_, other) => other !== i));
  const texts: string[] = [];
  for (let round = 0; round < 3; round++) {
    for (const [i, tab] of tabs.entries()) {
      const text = `round ${round} tab ${i}`;
      texts.push(text);
      await tab.share(text);
    }
  }
  for (const tab of tabs) await tab.holds(texts);
  await oneChain(tabs);
});

test('a tab that reloads is the same peer with the same chain, before any peer answers', async ({ context }) => {
  const [one, two] = [await Tab.open(context, relay.url), await Tab.open(context, relay.url)];
  await one.share('before the reload');
  await one.holds(['before the reload']);
  await two.holds(['before the reload']);
  const before = await one.status();
  await one.page.reload();
  await one.ready();
  expect((await one.status()).key).toBe(before.key);
  await one.holds(['before the reload']);
  await one.share('after the reload');
  await two.holds(['before the reload', 'after the reload']);
  await oneChain([one, two]);
});

test('closed and opened again without any relay: the same identity and the same chain', async ({ context }) => {
  const [one, two] = [await Tab.open(context, relay.url), await Tab.open(context, relay.url)];
  await one.share('kept');
  await one.holds(['kept']);
  await two.holds(['kept']);
  const keys = new Set([(await one.status()).key, (await two.status()).key]);
  await one.page.close();
  await two.page.close();
  // The page itself still comes from the relay; no socket does, so nobody can answer.
  const page = await context.newPage();
  await page.addInitScript(() => {
    const refused = class extends EventTarget {
      readonly readyState = 3;
      constructor() {
        super();
        queueMicrotask(() => this.dispatchEvent(new Event('close')));
      }
      close(): void {}
      send(): void {}
    };
    Object.assign(globalThis, { WebSocket: refused });
  });
  await page.goto(`${relay.url}/`);
  const again = new Tab(page);
  await again.ready();
  const status = await again.status();
  expect(keys).toContain(status.key);
  expect(status.connected).toEqual([]);
  expect(status.height).toBe(1);
  expect(await again.texts()).toEqual(['kept']);
});

test('a tab that joins late holds the whole chain', async ({ context }) => {
  const [one, two] = [await Tab.open(context, relay.url), await Tab.open(context, relay.url)];
  const texts = Array.from({ length: 12 }, (_, i) => `early ${i}`);
  for (const text of texts) {
    await one.share(text);
    await two.holds([text]);
  }
  const late = await Tab.open(context, relay.url);
  await late.holds(texts);
  await oneChain([one, two, late], 2);
  expect(await late.items()).toEqual(await one.items());
});

test('two contexts are two peers, and two tabs of one context are two more', async ({ browser }) => {
  const contexts = [await browser.newContext(), await browser.newContext()];
  const tabs: Tab[] = [];
  for (const context of contexts) {
    tabs.push(await Tab.open(context, relay.url), await Tab.open(context, relay.url));
  }
  const keys = await Promise.all(tabs.map(async (tab) => (await tab.status()).key));
  expect(new Set(keys).size).toBe(4);
  for (const [i, tab] of tabs.entries()) await tab.knows(keys.filter((_, other) => other !== i));
  await tabs[0]?.share('from the first context');
  await tabs[3]?.share('from the second context');
  for (const tab of tabs) await tab.holds(['from the first context', 'from the second context']);
  await oneChain(tabs);
  for (const context of contexts) await context.close();
});

test('two networks side by side never mix', async ({ context }) => {
  const main = [await Tab.open(context, relay.url, 'main'), await Tab.open(context, relay.url, 'main')];
  const second = [await Tab.open(context, relay.url, 'second'), await Tab.open(context, relay.url, 'second')];
  await main[0]?.share('in main');
  await second[0]?.share('in second');
  for (const tab of main) await tab.holds(['in main']);
  for (const tab of second) await tab.holds(['in second']);
  const keys = async (tabs: readonly Tab[]) => Promise.all(tabs.map(async (tab) => (await tab.status()).key));
  const [inMain, inSecond] = [await keys(main), await keys(second)];
  for (const tab of main) {
    expect(await tab.texts()).toEqual(['in main']);
    const { known } = await tab.status();
    for (const key of inSecond) expect(known).not.toContain(key);
  }
  for (const tab of second) {
    expect(await tab.texts()).toEqual(['in second']);
    const { known } = await tab.status();
    for (const key of inMain) expect(known).not.toContain(key);
  }
});
