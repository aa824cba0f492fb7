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
  await expectSuite(page, '/test/browser/platform/store-suite.ts', 50);
});

test('data channels keep the contract of links, and calls their own rules', async ({ page }) => {
  test.setTimeout(120_000);
  await expectSuite(page, '/test/browser/platform/webrtc-suite.ts', 25);
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

type InPage = typeof import('./in-page.ts');

/** Runs one of in-page.ts's functions in the page. */
async function inPage<T>(page: Page, use: (tab: InPage) => Promise<T>): Promise<T> {
  const tab = await page.evaluateHandle(
    async (path) => (await import(path)) as InPage,
    '/test/browser/platform/in-page.ts',
  );
  return (await tab.evaluate(use as (tab: InPage) => Promise<unknown>)) as T;
}

function slotOf(page: Page): Promise<number | undefined> {
  return inPage(page, (tab) => tab.slotOfThisTab('main'));
}
