/**
 * `npm run bench -- reload`: how soon a tab with 10,000 small blocks in its store is usable after a reload (issue 3).
 *
 * Usable: the peer is open with all its blocks counted, and the newest block has been read from IndexedDB. Counted from
 * the navigation's start; no neighbour is waited for.
 */
import type { Page } from '@playwright/test';
import { startRelay } from '../browser/network/relay-process.ts';
import { launchChromium } from './support/browser.ts';
import { writeChain } from './support/chain.ts';
import { printTimes } from './support/figures.ts';

export async function run(args: readonly string[]): Promise<void> {
  const blocks = Number(args[0] ?? 10_000);
  const reloads = Number(args[1] ?? 10);
  const relay = await startRelay(['main'], (folder) =>
    writeChain(`${folder}/main`, { blocks, items: 1, itemBytes: 40 }),
  );
  const browser = await launchChromium();
  try {
    const context = await browser.newContext();
    const page = await context.newPage();
    const startedAt = Date.now();
    await page.goto(`${relay.url}/?network=main`);
    await page.waitForFunction(
      (wanted) => document.querySelector('mccloud-peer')?.peer?.status.height === wanted,
      blocks,
      {
        timeout: 300_000,
        polling: 200,
      },
    );
    console.log(`first sync of ${blocks} blocks: ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
    await stored(page, blocks);
    const times: number[] = [];
    for (let i = 0; i < reloads; i++) {
      await page.reload({ waitUntil: 'commit' });
      times.push(
        await page.evaluate(async (wanted) => {
          await customElements.whenDefined('mccloud-peer');
          const peer = await document.querySelector('mccloud-peer')?.ready;
          if (peer === undefined || peer.status.height < wanted) throw new Error('the chain is not there');
          for await (const block of peer.blocks({ from: wanted - 1 })) {
            if (block.height === wanted - 1) return performance.now();
          }
          throw new Error('the newest block could not be read');
        }, blocks),
      );
    }
    printTimes(`reload → usable with ${blocks} blocks`, times, 'mark: 300 ms');
  } finally {
    await browser.close();
    await relay.dispose();
  }
}

/** The last blocks of a sync are on their way to IndexedDB for some tenths of a second. */
async function stored(page: Page, blocks: number): Promise<void> {
  await page.waitForFunction(
    async (wanted) => {
      const opening = indexedDB.open('mccloud/main/0');
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
      });
      const counting = database.transaction('blocks').objectStore('blocks').count();
      const held = await new Promise<number>((resolve, reject) => {
        counting.onsuccess = () => resolve(counting.result);
        counting.onerror = () => reject(counting.error);
      });
      database.close();
      return held === wanted;
    },
    blocks,
    { timeout: 60_000, polling: 200 },
  );
}
