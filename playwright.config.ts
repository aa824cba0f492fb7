/**
 * How the tests in a real Chromium run: one at a time, never again after a failure, each with a relay of its own.
 *
 * No `webServer` here: a test starts what it needs on a port the system chooses and ends it, so that two runs on one
 * machine do not meet. Playwright keeps its pages visible and its timers unthrottled; what needs a hidden tab starts
 * Chromium itself (design.md, Time in a tab).
 */
import { defineConfig } from '@playwright/test';
import { chromiumFlags, findChromium } from './scripts/find-chromium.ts';
import { isRoot } from './scripts/machine.ts';

const executablePath = await findChromium();
// Workers read this file again; what was found must not be looked for, or installed, once more.
process.env['CHROMIUM_PATH'] = executablePath;

const needingProxy = '**/proxy.spec.ts';

export default defineConfig({
  testDir: 'test/browser',
  workers: 1,
  fullyParallel: false,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: 'list',
  // Apart, so that they can be left out where there is no microsocks (scripts/find-tor.ts).
  projects: [
    { name: 'browser', testIgnore: needingProxy },
    { name: 'proxy', testMatch: needingProxy },
  ],
  use: {
    browserName: 'chromium',
    headless: true,
    trace: 'retain-on-failure',
    // Playwright's own default is no sandbox at all; only root must do without.
    launchOptions: { executablePath, chromiumSandbox: !isRoot(), args: [...chromiumFlags] },
  },
});
