/**
 * `npm run bench -- latency`: from share to visible, and from share to a block, in all of five tabs (issue 3).
 *
 * Each tab shares in turn, a seeded 0.3–1.2 s after the last item has reached a block in all. Times are ticks of
 * `Date.now()` taken inside the tabs: `performance.timeOrigin` differs between tabs by up to 11 ms (field-notes.md).
 */
import type { Page } from '@playwright/test';
import { startRelay } from '../browser/network/relay-process.ts';
import { Tab } from '../browser/network/tab.ts';
import { Seeded } from '../model/seeded.ts';
import { launchChromium } from './support/browser.ts';
import { printTimes } from './support/figures.ts';

const tabCount = 5;

declare global {
  interface Window {
    /** When an item was first seen pending, and first in a block, by id. */
    seen: { pending: Record<string, number>; block: Record<string, number> };
  }
}

export async function run(args: readonly string[]): Promise<void> {
  const messages = Number(args[0] ?? 50);
  const seed = Number(args[1] ?? 1);
  const random = new Seeded(seed);
  const relay = await startRelay();
  const browser = await launchChromium();
  try {
    const context = await browser.newContext();
    const tabs: Tab[] = [];
    for (let i = 0; i < tabCount; i++) tabs.push(await Tab.open(context, relay.url));
    const keys = await Promise.all(tabs.map(async (tab) => (await tab.status()).key));
    for (const [i, tab] of tabs.entries()) await tab.knows(keys.filter((_, other) => other !== i));
    for (const { page } of tabs) await watch(page);
    await tabs[0]?.share('the first block waits for calm');
    for (const tab of tabs) await tab.holds(['the first block waits for calm']);

    const pending: number[] = [];
    const block: number[] = [];
    for (let i = 0; i < messages; i++) {
      await new Promise((resolve) => setTimeout(resolve, random.between(300, 1_200)));
      const tab = tabs[i % tabCount] as Tab;
      const { id, at } = await shareNow(tab.page, `message ${i}`);
      const seen = await Promise.all(tabs.map(({ page }) => bothSeen(page, id)));
      pending.push(Math.max(...seen.map((times) => times.pending)) - at);
      block.push(Math.max(...seen.map((times) => times.block)) - at);
    }
    console.log(`five tabs and an archive, ${messages} messages, seed ${seed}`);
    printTimes('share → pending, verified, in all five', pending, 'mark: 10 ms');
    printTimes('share → in a block in all five', block, 'marks: median 150 ms, p95 900 ms; reference 650 and 1,100');
  } finally {
    await browser.close();
    await relay.dispose();
  }
}

function watch(page: Page): Promise<void> {
  return page.evaluate(() => {
    const peer = document.querySelector('mccloud-peer')?.peer;
    if (peer === undefined) throw new Error('no peer is open');
    const seen: Window['seen'] = { pending: {}, block: {} };
    window.seen = seen;
    peer.on('change', () => {
      for (const id of peer.pending.keys()) seen.pending[id] ??= Date.now();
    });
    peer.on('block', ({ items }) => {
      for (const { id } of items) seen.block[id] ??= Date.now();
    });
  });
}

function shareNow(page: Page, text: string): Promise<{ id: string; at: number }> {
  return page.evaluate((said) => {
    const peer = document.querySelector('mccloud-peer')?.peer;
    if (peer === undefined) throw new Error('no peer is open');
    const at = Date.now();
    return { id: peer.share(new TextEncoder().encode(said)).item.id as string, at };
  }, text);
}

/** Waits for the block; an item that reached its block before it was seen pending counts as seen with the block. */
async function bothSeen(page: Page, id: string): Promise<{ pending: number; block: number }> {
  const times = await page.waitForFunction(
    (item) => {
      const block = window.seen.block[item];
      return block === undefined ? undefined : { pending: window.seen.pending[item] ?? block, block };
    },
    id,
    { polling: 20, timeout: 30_000 },
  );
  const value = await times.jsonValue();
  if (value === undefined) throw new Error('the wait ended without a value');
  return value;
}
