/**
 * A chain carried from tab to tab, and between tabs and folders, as a file: through the page's own buttons, in a real
 * Chromium, when the relay it came from is gone.
 */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BrowserContext, expect, type Page, test } from '@playwright/test';
import { exportFolder } from '../../../relay/transfer/export.ts';
import { importFile } from '../../../relay/transfer/import.ts';
import { verifyFolder } from '../../../relay/transfer/verify.ts';
import { type RelayProcess, startRelay } from './relay-process.ts';
import { oneChain, Tab } from './tab.ts';

const reference = fileURLToPath(new URL('../../vectors/folder-reference', import.meta.url));
let relays: RelayProcess[] = [];

async function relay(...args: Parameters<typeof startRelay>): Promise<RelayProcess> {
  const started = await startRelay(...args);
  relays.push(started);
  return started;
}

test.afterEach(async () => {
  for (const started of relays) await started.dispose();
  relays = [];
});

/** Clicks Export. @returns where the file is, and the name it was given */
async function exported(page: Page): Promise<{ readonly path: string; readonly name: string }> {
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export' }).click();
  const download = await downloading;
  return { path: await download.path(), name: download.suggestedFilename() };
}

async function chosen(page: Page, path: string): Promise<void> {
  await page.locator('[part="import-file"]').setInputFiles(path);
}

const said = (page: Page) => page.locator('[part="transfer"]');

/** A chain of three blocks by two tabs of this context. */
async function conversation(context: BrowserContext, url: string, network = 'main'): Promise<readonly [Tab, Tab]> {
  const tabs = [await Tab.open(context, url, network), await Tab.open(context, url, network)] as const;
  for (const [i, text] of ['one', 'two', 'three'].entries()) {
    await (tabs[i % 2] as Tab).share(text);
    for (const tab of tabs) await tab.holds([text]);
  }
  await oneChain(tabs, 2);
  return tabs;
}

test('a tab exports its chain when its relay is gone, and a fresh one at another relay imports it: the same blocks', async ({
  context,
  browser,
}) => {
  const here = await relay();
  const [one] = await conversation(context, here.url);
  await here.kill();
  const { path, name } = await exported(one.page);
  const status = await one.status();
  expect(name).toBe(`main-${status.height}.mccloud`);
  await expect(said(one.page)).toHaveText(`${status.height} blocks exported to ${name}.`);

  const there = await relay();
  const fresh = await browser.newContext();
  const tab = await Tab.open(fresh, there.url);
  await chosen(tab.page, path);
  await expect(said(tab.page)).toHaveText(`${status.height} blocks imported.`);
  expect(await tab.items()).toEqual(await one.items());
  expect((await tab.status()).tip).toBe(status.tip);

  await tab.page.reload();
  await tab.ready();
  expect(await tab.items()).toEqual(await one.items());
  const other = await Tab.open(fresh, there.url);
  await oneChain([tab, other], status.height);
  await other.share('goes on');
  await tab.holds(['one', 'two', 'three', 'goes on']);
  await fresh.close();
});

test('the file is that of the command: into a folder, and out of a folder of the reference', async ({ context }) => {
  const started = await relay(['main', 'theirs'], async (folder) => {
    await mkdir(join(folder, 'theirs'));
    for (const file of ['index.db', 'blocks.db']) await cp(join(reference, file), join(folder, 'theirs', file));
  });
  const [one] = await conversation(context, started.url);
  const { path } = await exported(one.page);
  const { height, tip } = await one.status();
  const folder = join(started.folder, 'imported');
  expect(await importFile(path, folder)).toMatchObject({ network: 'main', blocks: height, imported: height });
  expect(await verifyFolder(folder)).toMatchObject({ blocks: height, items: 3, unverifiedItems: 0, fault: undefined });
  const index = await readFile(join(folder, 'index.db'));
  expect(index.subarray(48 * (height - 1), 48 * (height - 1) + 32).toString('hex')).toBe(tip);

  await started.kill();
  const file = join(started.folder, 'theirs.mccloud');
  expect(await exportFolder(join(started.folder, 'theirs'), file)).toMatchObject({ network: 'theirs', blocks: 4 });
  const empty = await relay(['theirs']);
  const tab = await Tab.open(context, empty.url, 'theirs');
  await chosen(tab.page, file);
  await expect(said(tab.page)).toHaveText('4 blocks imported.');
  expect((await tab.items()).every(({ verified }) => verified)).toBe(true);
  expect(await tab.items()).toHaveLength(5);
});

test('a file that is none, cut, of another network or of another chain is refused in words, and changes nothing', async ({
  context,
  browser,
}, info) => {
  const started = await relay(['main', 'second']);
  const [one] = await conversation(context, started.url);
  const whole = await readFile((await exported(one.page)).path);
  const fresh = await browser.newContext();
  const [other] = await conversation(fresh, started.url, 'second');
  const before = await other.status();
  const file = info.outputPath('chain.mccloud');
  for (const [bytes, why] of [
    [Buffer.from('a page of text'), 'Not imported. This is no file of an exported chain.'],
    [whole.subarray(0, -100), 'Not imported. The file is cut: its end is missing.'],
    [whole, 'Not imported. The file is of the network main, and this is second.'],
  ] as const) {
    await writeFile(file, bytes);
    await chosen(other.page, file);
    await expect(said(other.page)).toHaveText(why);
  }
  const another = await relay(['main']);
  const third = await browser.newContext();
  const [own] = await conversation(third, another.url);
  await writeFile(file, whole);
  await chosen(own.page, file);
  await expect(said(own.page)).toHaveText(/^Not imported\. The file holds another chain than the one that is here:/);
  expect((await other.status()).tip).toBe(before.tip);
  expect(await own.texts()).toEqual(['one', 'two', 'three']);
  await chosen(one.page, file);
  await expect(said(one.page)).toHaveText('All of its blocks were here already.');
  for (const more of [fresh, third]) await more.close();
});
