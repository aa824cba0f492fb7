/**
 * The built page itself: the network it joins, how it invites and how it is embedded. Its relay is a server of files.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import sirv from 'sirv';

let server: Server;
let origin: string;

test.beforeAll(async () => {
  const files = sirv(fileURLToPath(new URL('../../../dist/page', import.meta.url)));
  server = createServer((request, response) => {
    files(request, response, () => {
      response.statusCode = 404;
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

test.afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('joins the network main, or the one of its address, by the relay it came from', async ({ page }) => {
  await page.goto(origin);
  await expect(page).toHaveTitle('main · mccloud');
  const network = await page.evaluate(
    async () => (await document.querySelector('mccloud-peer')?.ready)?.status.network,
  );
  expect(network).toBe('main');
  await page.goto(`${origin}/?network=second`);
  await expect(page).toHaveTitle('second · mccloud');
  await expect(page.locator('mccloud-peer')).toHaveAttribute('network', 'second');
});

test('says that its relay cannot be reached, and shares all the same', async ({ page }) => {
  await page.goto(origin);
  await expect(page.locator('[part="problem"][data-code="relay-unreachable"]')).toBeVisible();
  await expect(page.locator('[part="relay"]')).toHaveText('unreachable');
  await page.locator('[part="item-input"]').fill('while nobody is here');
  await page.keyboard.press('Enter');
  await expect(page.locator('[part="pending-item"]')).toContainText('while nobody is here');
});

test('says that a network’s name is none', async ({ page }) => {
  await page.goto(`${origin}/?network=${encodeURIComponent('"><img src=x>')}`);
  await expect(page.getByRole('alert')).toContainText('The attribute network is “"><img src=x>”');
  await expect(page.locator('img')).toHaveCount(0);
  await expect(page.locator('#embed')).toContainText('network="&quot;>&lt;img src=x>"');
});

test('invites with an address that leads to the same network, and copies it', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(`${origin}/?network=second`);
  const link = page.getByRole('link', { name: '/?network=second' });
  await expect(link).toHaveAttribute('href', `${origin}/?network=second`);
  await expect(page.getByText('It leads to this machine')).toBeVisible();
  const copy = page.getByRole('region', { name: 'Invite' }).getByRole('button');
  await copy.click();
  await expect(copy).toHaveText('Copied');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${origin}/?network=second`);
});

test('offers Tor, in plain words, and the way back', async ({ page }) => {
  await page.goto(`${origin}/?network=second`);
  const section = page.getByRole('region', { name: 'By Tor' });
  await expect(section).toContainText('does not hide it from the relay');
  await section.getByRole('link').click();
  await expect(page).toHaveURL(`${origin}/?network=second&via=tor`);
  await expect(page.locator('mccloud-peer')).toHaveAttribute('via', 'tor');
  await section.getByRole('link', { name: 'without Tor' }).click();
  await expect(page).toHaveURL(`${origin}/?network=second`);
});

test('shows the two lines that embed it', async ({ page }) => {
  await page.goto(`${origin}/?network=second`);
  await expect(page.locator('#embed')).toHaveText(
    `<script type="module" src="${origin}/mccloud.js"></script>\n<mccloud-peer network="second" relay="${origin}"></mccloud-peer>`,
  );
});

test('asks nobody but its own origin for anything, and for what can wait after its scripts and styles', async ({
  page,
}) => {
  const asked: string[] = [];
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url())) asked.push(request.url());
  });
  await page.goto(origin);
  await expect(page.locator('[part="own-key"]')).toBeVisible();
  const modules = () => asked.filter((url) => url.endsWith('.wasm'));
  await expect.poll(() => modules().length).toBe(2);
  const isLater = (url: string) => /\.wasm$|\/chain-file-[^/]*\.js$/.test(url);
  const first = asked.findIndex(isLater);
  expect(asked.slice(first).filter((url) => /\.(?:js|css)$/.test(url) && !isLater(url))).toEqual([]);
  // Both are there before anybody wants them: the server may be gone by then.
  await expect.poll(() => asked.filter((url) => url.endsWith('.js') && isLater(url)).length).toBe(1);
  expect(asked.filter((url) => new URL(url).origin !== origin)).toEqual([]);
});
