/**
 * A plain HTML page of another origin with the two lines a site writes (issue 3).
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@playwright/test';
import { type RelayProcess, startRelay } from './relay-process.ts';
import { oneChain, Tab } from './tab.ts';

let relay: RelayProcess;
let site: Server;
let siteUrl: string;

test.beforeEach(async () => {
  relay = await startRelay();
  site = createServer((_, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><title>Another site</title>
<script type="module" src="${relay.url}/mccloud.js"></script>
<mccloud-peer network="main" relay="${relay.url}"></mccloud-peer>`);
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  siteUrl = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
});

test.afterEach(async () => {
  site.closeAllConnections();
  await new Promise((resolve) => site.close(resolve));
  await relay.dispose();
});

test('the element on another origin is a peer of the same network, with no polyfill and nothing built', async ({
  context,
}) => {
  const errors: string[] = [];
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(siteUrl);
  const embedded = new Tab(page);
  await embedded.ready();
  const own = await Tab.open(context, relay.url);
  await embedded.connectedTo([(await own.status()).key]);
  await embedded.share('from the other site');
  await own.holds(['from the other site']);
  await own.share('from the page');
  await embedded.holds(['from the other site', 'from the page']);
  await oneChain([embedded, own]);
  expect(errors).toEqual([]);
});
