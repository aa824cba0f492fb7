/**
 * A Chromium as the browser tests have it, for tests that run in Node because they need the Tor network beside it.
 */
import { type Browser, chromium } from '@playwright/test';
import { chromiumFlags, findChromium } from '../../scripts/find-chromium.ts';
import { isRoot } from '../../scripts/machine.ts';

export async function launchChromium(...flags: readonly string[]): Promise<Browser> {
  return await chromium.launch({
    executablePath: await findChromium(),
    // Only root must do without a sandbox.
    chromiumSandbox: !isRoot(),
    args: [...chromiumFlags, ...flags],
  });
}
