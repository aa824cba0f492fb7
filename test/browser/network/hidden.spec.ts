/**
 * A hidden tab writes blocks: Chromium started plainly and driven over CDP, the second tab in front (design.md, Time in
 * a tab). Playwright itself keeps every page visible, so it could not show this.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, expect, test } from '@playwright/test';
import { chromiumFlags, findChromium, isRoot } from '../../../scripts/find-chromium.ts';
import { type RelayProcess, startRelay } from './relay-process.ts';
import { oneChain, Tab } from './tab.ts';

let relay: RelayProcess;
let folder: string;
let chromiumProcess: ChildProcess;
let browser: Browser;

test.beforeEach(async () => {
  relay = await startRelay();
  folder = await mkdtemp(join(tmpdir(), 'mccloud-chromium-'));
  const sandbox = isRoot() ? ['--no-sandbox'] : [];
  const flags = [
    ...chromiumFlags,
    ...sandbox,
    '--headless=new',
    '--remote-debugging-port=0',
    `--user-data-dir=${folder}`,
  ];
  chromiumProcess = spawn(await findChromium(), [...flags, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] });
  browser = await chromium.connectOverCDP(await debuggingAddress(chromiumProcess));
});

test.afterEach(async () => {
  await browser.close();
  chromiumProcess.kill('SIGKILL');
  await relay.dispose();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

test('the first tab is hidden, is the author, and ten items reach blocks in both', async () => {
  const first = await openRealTab(browser, relay.url);
  const second = await openRealTab(browser, relay.url);
  await second.page.bringToFront();
  await expect.poll(() => first.page.evaluate(() => document.visibilityState)).toBe('hidden');
  expect(await second.page.evaluate(() => document.visibilityState)).toBe('visible');
  const hiddenKey = (await first.status()).key;
  await second.connectedTo([hiddenKey]);
  // Without the archive the two write in turn, so the hidden one must write every other block.
  await relay.kill();

  const texts = Array.from({ length: 10 }, (_, i) => `item ${i}`);
  for (const text of texts) {
    await second.share(text);
    await second.holds([text]);
  }
  await first.holds(texts);
  await oneChain([first, second]);
  expect(await first.page.evaluate(() => document.visibilityState)).toBe('hidden');
  const authors = await second.page.evaluate(async () => {
    const found: string[] = [];
    for await (const { author } of document.querySelector('mccloud-peer')?.peer?.blocks() ?? []) found.push(author);
    return found;
  });
  expect(authors.filter((author) => author === hiddenKey).length).toBeGreaterThanOrEqual(3);
});

/** A tab as a person opens it: by the browser itself, not under Playwright's emulation of focus. */
async function openRealTab(chromiumBrowser: Browser, url: string): Promise<Tab> {
  const [context] = chromiumBrowser.contexts();
  if (context === undefined) throw new Error('Chromium has no context');
  const session = await chromiumBrowser.newBrowserCDPSession();
  const opened = context.waitForEvent('page');
  await session.send('Target.createTarget', { url: `${url}/?network=main` });
  const tab = new Tab(await opened);
  await tab.page.waitForLoadState();
  await tab.ready();
  return tab;
}

/** The address Chromium prints when its debugging port is open. */
function debuggingAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const address = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
      if (address !== undefined) resolve(address);
    });
    child.once('exit', () => reject(new Error(`Chromium ended: ${said.slice(-500)}`)));
  });
}
