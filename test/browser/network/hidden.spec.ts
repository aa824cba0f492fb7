/**
 * A hidden tab writes blocks: Chromium started plainly, the second tab in front (design.md, Time in a tab).
 */
import { expect, test } from '@playwright/test';
import { ChromiumProcess, type RealTab } from './chromium-process.ts';
import { type RelayProcess, startRelay } from './relay-process.ts';

const peer = `document.querySelector('mccloud-peer').peer`;

let relay: RelayProcess;
let chromium: ChromiumProcess;

test.beforeEach(async () => {
  relay = await startRelay();
  chromium = await ChromiumProcess.start();
});

test.afterEach(async () => {
  await chromium.dispose();
  await relay.dispose();
});

test('the first tab is hidden, is the author, and ten items reach blocks in both', async () => {
  const first = await chromium.firstTab();
  await first.goto(`${relay.url}/?network=main`);
  const hiddenKey = await openKey(first);
  const second = await chromium.openTab(`${relay.url}/?network=main`);
  await second.bringToFront();
  const visibleKey = await openKey(second);
  await expect.poll(() => first.evaluate('document.visibilityState')).toBe('hidden');
  expect(await second.evaluate('document.visibilityState')).toBe('visible');
  await expect.poll(() => second.evaluate(`${peer}.peers().some(({ carrier }) => carrier === 'webrtc')`)).toBe(true);
  // Without the archive the two write in turn, so the hidden one must write every other block.
  await relay.kill();

  const texts = Array.from({ length: 10 }, (_, i) => `item ${i}`);
  for (const text of texts) {
    await second.evaluate(`${peer}.share(new TextEncoder().encode('${text}')).included.then(({ height }) => height)`);
  }
  for (const tab of [first, second]) {
    await expect.poll(async () => (await chainOf(tab)).flatMap(({ items }) => items)).toEqual(texts);
  }
  expect(await chainOf(first)).toEqual(await chainOf(second));
  expect(await first.evaluate('document.visibilityState')).toBe('hidden');
  const authors = (await chainOf(second)).map(({ author }) => author);
  expect(authors.filter((author) => author === hiddenKey).length).toBeGreaterThanOrEqual(4);
  expect(authors.every((author) => author === hiddenKey || author === visibleKey)).toBe(true);
});

interface SeenBlock {
  readonly author: string;
  readonly items: readonly string[];
}

async function openKey(tab: RealTab): Promise<string> {
  await expect.poll(() => tab.evaluate(`document.querySelector('mccloud-peer')?.peer?.publicKey ?? ''`)).not.toBe('');
  return tab.evaluate<string>(`${peer}.publicKey`);
}

function chainOf(tab: RealTab): Promise<readonly SeenBlock[]> {
  return tab.evaluate(`(async () => {
    const blocks = [];
    for await (const { author, items } of ${peer}.blocks()) {
      blocks.push({ author, items: items.map(({ data }) => new TextDecoder().decode(data)) });
    }
    return blocks;
  })()`);
}
