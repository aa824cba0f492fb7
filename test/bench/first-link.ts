/**
 * `npm run bench -- first-link`: from the load of the page to the first WebRTC link to another tab, over 20 loads.
 *
 * Counted from the navigation's start, as the browser tells it, to the change event in which a link by WebRTC stands
 * among the connected: its other end has shown that it holds its key.
 */
import { startRelay } from '../browser/network/relay-process.ts';
import { Tab } from '../browser/network/tab.ts';
import { launchChromium } from './support/browser.ts';
import { printTimes } from './support/figures.ts';

export async function run(args: readonly string[]): Promise<void> {
  const loads = Number(args[0] ?? 20);
  const relay = await startRelay();
  const browser = await launchChromium();
  try {
    const context = await browser.newContext();
    await Tab.open(context, relay.url);
    const times: number[] = [];
    const ready: number[] = [];
    for (let i = 0; i < loads; i++) {
      const page = await context.newPage();
      await page.goto(`${relay.url}/?network=main`, { waitUntil: 'commit' });
      const measured = await page.evaluate(async () => {
        await customElements.whenDefined('mccloud-peer');
        const peer = await document.querySelector('mccloud-peer')?.ready;
        if (peer === undefined) throw new Error('there is no element');
        const readyAt = performance.now();
        // No named function in here: what compiles this for Node would wrap it in a helper that the page does not have.
        while (!peer.peers().some(({ carrier }) => carrier === 'webrtc')) {
          await new Promise<void>((resolve) => {
            const stop = peer.on('change', () => {
              stop();
              resolve();
            });
          });
        }
        return { linkedMs: performance.now(), readyMs: readyAt };
      });
      times.push(measured.linkedMs);
      ready.push(measured.readyMs);
      await page.close();
    }
    printTimes('navigation → peer open', ready, 'no mark');
    printTimes('navigation → first WebRTC link', times, 'mark: p95 400 ms; bare simple-peer 300');
  } finally {
    await browser.close();
    await relay.dispose();
  }
}
