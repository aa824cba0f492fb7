/**
 * `npm run bench -- join`: a tab that joins late and checks a whole chain (issue 3: 1,000 blocks of 10 items, 4 s).
 *
 * The archive holds the chain on disk before the tab opens. Counted from the navigation's start until the tab's peer
 * holds every block; each block's and each item's signature was then checked in the tab.
 */
import { startRelay } from '../browser/network/relay-process.ts';
import { launchChromium } from './support/browser.ts';
import { writeChain } from './support/chain.ts';
import { printTimes } from './support/figures.ts';

export async function run(args: readonly string[]): Promise<void> {
  const blocks = Number(args[0] ?? 1_000);
  const items = Number(args[1] ?? 10);
  const loads = Number(args[2] ?? 5);
  const relay = await startRelay(['main'], (folder) => writeChain(`${folder}/main`, { blocks, items, itemBytes: 200 }));
  const browser = await launchChromium();
  try {
    const times: number[] = [];
    for (let i = 0; i < loads; i++) {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(`${relay.url}/?network=main`, { waitUntil: 'commit' });
      times.push(
        await page.evaluate(async (wanted) => {
          await customElements.whenDefined('mccloud-peer');
          const peer = await document.querySelector('mccloud-peer')?.ready;
          if (peer === undefined) throw new Error('there is no element');
          while (peer.status.height < wanted) {
            await new Promise<void>((resolve) => {
              const stop = peer.on('change', () => {
                stop();
                resolve();
              });
            });
          }
          return performance.now();
        }, blocks),
      );
      await context.close();
    }
    printTimes(`navigation → ${blocks} blocks of ${items} items held`, times, 'mark: 4,000 ms');
  } finally {
    await browser.close();
    await relay.dispose();
  }
}
