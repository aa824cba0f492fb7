/**
 * A page with `<mccloud-peer>` on a stage of its own server, for the tests of one file.
 */
import { type Locator, type Page, test } from '@playwright/test';
import type { scenes } from './scenes.ts';
import { type StageServer, serveStage } from './serve.ts';
// Only for what it declares: the stage on the window.
import type {} from './stage.ts';

export type SceneName = keyof typeof scenes;

let server: StageServer | undefined;

/** Serves the stage while the tests of the file run. An exception on a page fails its test. */
export function useStage(): void {
  test.beforeAll(async () => {
    server = await serveStage();
  });
  test.afterAll(() => server?.close());
  test.beforeEach(({ page }) => {
    page.on('pageerror', (error) => {
      throw error;
    });
  });
}

export function stageOrigin(): string {
  if (server === undefined) throw new Error('the stage is not served');
  return server.origin;
}

export async function show(
  page: Page,
  scene: SceneName,
  attributes: Record<string, string> = { network: 'main' },
): Promise<void> {
  await page.goto(`${stageOrigin()}/?${new URLSearchParams({ scene, ...attributes })}`);
  await page.locator('mccloud-peer').waitFor({ state: 'attached' });
}

export function part(place: Page | Locator, name: string): Locator {
  return place.locator(`[part="${name}"]`);
}
