/**
 * The tab's parts, each on the real thing: IndexedDB, data channels, WebSockets, Web Locks, workers, WASM of a Chromium.
 */
import { expect, type Page, test } from '@playwright/test';
import { type PairServer, servePairs } from './pair-server.ts';
import { type SourceServer, serveSources } from './serve.ts';
import type { CaseResult } from './vitest-in-page.ts';

let sources: SourceServer;
let pairs: PairServer;

test.beforeAll(async () => {
  sources = await serveSources();
  pairs = await servePairs();
});

test.afterAll(async () => {
  await pairs.close();
  await sources.close();
});

async function open(page: Page): Promise<void> {
  await page.goto(`${sources.url}?pairs=${encodeURIComponent(pairs.url)}`);
}

/** Runs the suites that a module registers; every case passes, and there are as many as there ought to be at least. */
async function expectSuite(page: Page, path: string, leastCases: number): Promise<void> {
  await open(page);
  const results: CaseResult[] = await page.evaluate(async (module) => {
    await import(module);
    const { runSuite } = await import('/test/browser/platform/vitest-in-page.ts' as string);
    return await runSuite();
  }, path);
  expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
  expect(results.length).toBeGreaterThanOrEqual(leastCases);
}

test('IndexedDB keeps the contract of stores, with memory behind it too', async ({ page }) => {
  await expectSuite(page, '/test/browser/platform/store-suite.ts', 75);
});

test('data channels keep the contract of links, and calls their own rules', async ({ page }) => {
  test.setTimeout(120_000);
  await expectSuite(page, '/test/browser/platform/webrtc-suite.ts', 25);
});

test('ICE servers are used from the moment a relay names them, and none that a browser would not take', async ({
  page,
}) => {
  await expectSuite(page, '/test/browser/platform/ice-suite.ts', 29);
});

test('WebSockets keep the contract of links', async ({ page }) => {
  await expectSuite(page, '/test/browser/platform/websocket-suite.ts', 12);
});

test('two tabs hold two slots, a reloaded tab its own, and a new one that of a closed one', async ({ context }) => {
  const [first, second] = [await context.newPage(), await context.newPage()];
  for (const page of [first, second]) await open(page);
  expect(await slotOf(first)).toBe(0);
  expect(await slotOf(second)).toBe(1);
  await second.reload();
  expect(await slotOf(second)).toBe(1);
  await first.close();
  await second.reload();
  expect(await slotOf(second)).toBe(1);
  const third = await context.newPage();
  await open(third);
  expect(await slotOf(third)).toBe(0);
});

test('timers go on in a worker while those of the page stand still', async ({ page }) => {
  await open(page);
  const lateness = await inPage(page, (tab) => tab.latenessWithoutPageTimers(10));
  expect(lateness).toHaveLength(10);
  expect(Math.min(...lateness)).toBeGreaterThanOrEqual(-1);
});

test('a page that allows neither workers nor WASM has timers, checks and signs all the same', async ({ page }) => {
  await page.goto(sources.strictUrl);
  expect(await inPage(page, (tab) => tab.lateness(5))).toHaveLength(5);
  expect(await inPage(page, (tab) => tab.worksWithoutWasm())).toBe(true);
});

test('signatures are checked in WASM faster than in JavaScript', async ({ page }) => {
  await open(page);
  const { javascript, wasm, pool, signingMs } = await inPage(page, (tab) => tab.speeds());
  console.log(`checks a second: JavaScript ${javascript}, WASM ${wasm}, two workers ${pool}`);
  console.log(`ms for a signature: JavaScript ${signingMs.javascript}, WASM ${signingMs.wasm}`);
  expect(wasm).toBeGreaterThan(javascript);
});

test('a tab is the same peer after a reload, and holds what it had pending', async ({ page }) => {
  const before = await openAlone(page);
  expect(before.storage).toBe('best-effort');
  expect(before.problems).toEqual([]);
  await inTab(page, (tab) => tab.leave('I will be back'));
  await page.reload();
  const after = await openAlone(page);
  expect(after.key).toBe(before.key);
  expect(after.pending).toEqual(['I will be back']);
});

test('what a closed tab left pending is passed on by the next that opens', async ({ context }) => {
  const [first, second] = [await context.newPage(), await context.newPage()];
  const [one, other] = [await openAlone(first), await openAlone(second)];
  expect(one.key).not.toBe(other.key);
  await inTab(second, (tab) => tab.leave('pass me on'));
  await second.close();
  await first.reload();
  expect((await openAlone(first)).key).toBe(one.key);
  expect(await inTab(first, (tab) => tab.hasPending('pass me on'))).toBe(true);
});

test('a peer that is closed gives its place to the next one of the page', async ({ page }) => {
  const before = await openAlone(page);
  await inTab(page, (tab) => tab.close());
  expect((await inTab(page, (tab) => tab.openAlone('main'))).key).toBe(before.key);
});

test('without locks or storage a tab is a peer in memory with a fresh key, and says why', async ({ page }) => {
  await open(page);
  const kept = await inTab(page, (tab) => tab.openAlone('main'));
  for (const [refuse, reason] of [
    ['refuseLocks', /in memory.*plain http/],
    ['refuseDatabases', /in memory.*denied permission/],
  ] as const) {
    await page.reload();
    await inTab(page, (tab, name) => tab[name](), refuse);
    const { key, storage, problems } = await inTab(page, (tab) => tab.openAlone('main'));
    expect(key).not.toBe(kept.key);
    expect(storage).toBe('memory');
    expect(problems.map(([code]) => code)).toEqual(['storage-in-memory']);
    expect(problems[0]?.[1]).toMatch(reason);
  }
});

type InPage = typeof import('./in-page.ts');
type OpenInPage = typeof import('./open-in-page.ts');

/** Runs one of in-page.ts's functions in the page. */
function inPage<T>(page: Page, use: (tab: InPage) => T | Promise<T>): Promise<T> {
  return inModule(page, '/test/browser/platform/in-page.ts', use);
}

/** Runs one of open-in-page.ts's functions in the page. */
function inTab<T, A = undefined>(
  page: Page,
  use: (tab: OpenInPage, argument: A) => T | Promise<T>,
  argument?: A,
): Promise<T> {
  return inModule(page, '/test/browser/platform/open-in-page.ts', use, argument);
}

async function inModule<M, T, A>(
  page: Page,
  path: string,
  use: (module: M, argument: A) => T | Promise<T>,
  argument?: A,
): Promise<T> {
  const module = await page.evaluateHandle(async (from) => (await import(from)) as unknown, path);
  return (await module.evaluate(use as (module: unknown, argument: unknown) => unknown, argument)) as T;
}

function slotOf(page: Page): Promise<number | undefined> {
  return inPage(page, (tab) => tab.slotOfThisTab('main'));
}

async function openAlone(page: Page) {
  await open(page);
  return await inTab(page, (tab) => tab.openAlone('main'));
}
