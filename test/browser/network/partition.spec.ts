/**
 * Two groups of tabs cut from each other and joined again (issue 6): one chain in the end, with every item of both.
 *
 * Each group comes from a relay of its own, whose archive is one of them. What joins the groups is a single tab that
 * stands at the one relay and has dialled the other; when it is closed no path is left between them, for signaling and
 * archives are each relay's own. So the cut is real, and so is every block that both sides write meanwhile.
 */
import { type Browser, type BrowserContext, expect, test } from '@playwright/test';
import { type RelayProcess, startRelay } from './relay-process.ts';
import { oneChain, Tab } from './tab.ts';

/** Each side writes so many while they are apart. */
const depths = [3];
/** Who was named may be on the other side, and an author's majority too: 15 s later anybody may (spec/safety.md, Writing). */
const apartTimeoutMs = 30_000;
const joinedTimeoutMs = 30_000;

let relays: readonly [RelayProcess, RelayProcess];
let contexts: BrowserContext[];

test.beforeEach(async () => {
  const one = await startRelay();
  relays = [one, await startRelay(['main'], undefined, ['--origin', one.url])];
  contexts = [];
});

test.afterEach(async () => {
  for (const context of contexts) await context.close();
  for (const relay of relays) await relay.dispose();
});

async function contextOf(browser: Browser): Promise<BrowserContext> {
  const context = await browser.newContext();
  contexts.push(context);
  return context;
}

/** The tab that joins the groups. */
async function join(browser: Browser): Promise<BrowserContext> {
  const context = await contextOf(browser);
  const { page } = await Tab.open(context, relays[0].url);
  const address = `${relays[1].url.replace('http', 'ws')}/peer/main`;
  await page.evaluate((other) => document.querySelector('mccloud-peer')?.peer?.connect(other), address);
  return context;
}

/** From now on the tab counts the blocks that leave its chain. */
async function countReverts({ page }: Tab): Promise<void> {
  await page.evaluate(() => {
    document.documentElement.dataset['left'] = '0';
    document.querySelector('mccloud-peer')?.peer?.on('revert', (blocks) => {
      const { dataset } = document.documentElement;
      dataset['left'] = `${Number(dataset['left']) + blocks.length}`;
    });
  });
}

function reverts({ page }: Tab): Promise<number> {
  return page.evaluate(() => Number(document.documentElement.dataset['left']));
}

async function keysOf(tabs: readonly Tab[]): Promise<string[]> {
  return Promise.all(tabs.map(async (tab) => (await tab.status()).key));
}

/** One block after the other, each with an item of one of these tabs in turn. @returns what they said */
async function write(tabs: readonly [Tab, Tab], who: string, blocks: number): Promise<string[]> {
  const texts: string[] = [];
  for (let block = 0; block < blocks; block++) {
    const text = `${who}, ${block}`;
    texts.push(text);
    await (tabs[block % 2] as Tab).share(text);
    for (const tab of tabs) await tab.holds([text], apartTimeoutMs);
  }
  return texts;
}

for (const depth of depths) {
  test(`two groups that wrote ${depth} blocks each while they were apart end on one chain with every item once`, async ({
    browser,
  }) => {
    test.setTimeout(240_000);
    const groups: [Tab, Tab][] = [];
    for (const { url } of relays) {
      const context = await contextOf(browser);
      groups.push([await Tab.open(context, url), await Tab.open(context, url)]);
    }
    const [here, there] = groups as [[Tab, Tab], [Tab, Tab]];
    const all = [...here, ...there];
    const [keysHere, keysThere] = [await keysOf(here), await keysOf(there)];
    const joining = await join(browser);
    for (const tab of here) await tab.knows(keysThere, 20_000);
    for (const tab of there) await tab.knows(keysHere, 20_000);
    const together = await write([here[0], there[0]], 'together', 2);
    await oneChain(all, 2);
    const { height } = await here[0].status();

    await joining.close();
    const known = async (tab: Tab, keys: readonly string[]) =>
      (await tab.status()).known.filter((key) => keys.includes(key));
    for (const tab of here) await expect.poll(() => known(tab, keysThere), { timeout: 20_000 }).toEqual([]);
    for (const tab of there) await expect.poll(() => known(tab, keysHere), { timeout: 20_000 }).toEqual([]);
    const [saidHere, saidThere] = await Promise.all([write(here, 'here', depth), write(there, 'there', depth)]);
    await oneChain(here, height + depth);
    await oneChain(there, height + depth);
    expect(await here[0].texts()).toEqual([...together, ...saidHere]);
    expect(await there[0].texts()).toEqual([...together, ...saidThere]);

    for (const tab of all) await countReverts(tab);
    await join(browser);
    await oneChain(all, height + depth, joinedTimeoutMs);
    const left = await Promise.all(all.map(reverts));
    const losers = all.filter((_, place) => (left[place] ?? 0) >= depth);
    expect(losers.length, 'tabs whose branch lost').toBeGreaterThanOrEqual(here.length);
    for (const { page } of losers) {
      await expect(page.locator('[part~="given-way"]')).toContainText(/blocks gave way to a better branch\./);
    }

    const texts = [...together, ...saidHere, ...saidThere];
    for (const tab of all) await tab.holds(texts, joinedTimeoutMs);
    await oneChain(all, height + depth + 1);
    for (const tab of all) expect((await tab.texts()).toSorted()).toEqual(texts.toSorted());
    // Who shared an item reads beside it how firmly it stands, on whichever branch it was.
    for (const [tab, own] of [
      [here[0], 'here, 0'],
      [there[0], 'there, 0'],
    ] as const) {
      const item = tab.page.locator('[part~="block-item"]').filter({ hasText: own });
      await expect(item.locator('[part~="level"]')).toContainText(/in a block|confirmed|acknowledged/);
    }
  });
}
