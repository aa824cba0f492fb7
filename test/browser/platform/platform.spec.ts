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
