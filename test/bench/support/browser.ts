/**
 * The real Chromium that benchmarks measure in, started as the tests start it.
 */
import { type Browser, chromium } from '@playwright/test';
import { chromiumFlags, findChromium } from '../../../scripts/find-chromium.ts';
import { isRoot } from '../../../scripts/machine.ts';

export async function launchChromium(): Promise<Browser> {
  const executablePath = await findChromium();
  return chromium.launch({ executablePath, chromiumSandbox: !isRoot(), args: [...chromiumFlags] });
}
