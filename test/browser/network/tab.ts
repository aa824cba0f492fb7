/**
 * A tab with the page open, driven through the public `Peer` of its element, as a script on the site would.
 */
import { type BrowserContext, expect, type Page } from '@playwright/test';
// Only for what it declares: that the document's element is one of ours.
import type {} from '../../../web/element/mccloud-peer.ts';

export interface TabStatus {
  readonly key: string;
  readonly known: readonly string[];
  readonly connected: readonly string[];
  readonly height: number;
  readonly tip: string | undefined;
  readonly problems: readonly string[];
  readonly carriers: readonly string[];
}

/** What one item of the main chain says, and by whom. */
export interface ChainItem {
  readonly text: string;
  readonly author: string;
  readonly verified: boolean;
  readonly height: number;
}

export class Tab {
  constructor(readonly page: Page) {}

  /** Opens the page in a new tab and waits until its peer is open. */
  static async open(context: BrowserContext, url: string, network = 'main'): Promise<Tab> {
    const page = await context.newPage();
    const tab = new Tab(page);
    await page.goto(`${url}/?network=${network}`);
    await tab.ready();
    return tab;
  }

  async ready(): Promise<void> {
    await this.page.evaluate(() => customElements.whenDefined('mccloud-peer'));
    await this.page.evaluate(async () => {
      await document.querySelector('mccloud-peer')?.ready;
    });
  }

  status(): Promise<TabStatus> {
    return this.page.evaluate(() => {
      const peer = document.querySelector('mccloud-peer')?.peer;
      if (peer === undefined) throw new Error('no peer is open');
      const { height, tip, problems } = peer.status;
      return {
        key: peer.publicKey,
        known: [...peer.known],
        connected: [...peer.connected],
        height,
        tip,
        problems: problems.map(({ code }) => code),
        carriers: peer.peers().map(({ carrier }) => carrier),
      };
    });
  }

  /** @returns the item's id */
  share(text: string): Promise<string> {
    return this.page.evaluate((said) => {
      const peer = document.querySelector('mccloud-peer')?.peer;
      if (peer === undefined) throw new Error('no peer is open');
      return peer.share(new TextEncoder().encode(said)).item.id;
    }, text);
  }

  /** Items of the main chain, oldest first. */
  items(): Promise<readonly ChainItem[]> {
    return this.page.evaluate(async () => {
      const peer = document.querySelector('mccloud-peer')?.peer;
      if (peer === undefined) throw new Error('no peer is open');
      const items: { text: string; author: string; verified: boolean; height: number }[] = [];
      for await (const block of peer.blocks()) {
        for (const { data, author, verified } of block.items) {
          items.push({ text: new TextDecoder().decode(data), author, verified, height: block.height });
        }
      }
      return items;
    });
  }

  async texts(): Promise<readonly string[]> {
    return (await this.items()).map(({ text }) => text);
  }

  /** Waits until all of these stand in blocks here, each once. */
  async holds(texts: readonly string[], timeoutMs = 20_000): Promise<void> {
    await expect
      .poll(async () => (await this.texts()).filter((text) => texts.includes(text)).sort(), { timeout: timeoutMs })
      .toEqual([...texts].sort());
  }

  async connectedTo(keys: readonly string[], timeoutMs = 10_000): Promise<void> {
    await expect.poll(async () => missing(keys, (await this.status()).connected), { timeout: timeoutMs }).toEqual([]);
  }

  async knows(keys: readonly string[], timeoutMs = 10_000): Promise<void> {
    await expect.poll(async () => missing(keys, (await this.status()).known), { timeout: timeoutMs }).toEqual([]);
  }
}

/** Waits until all tabs hold one chain of at least so many blocks. */
export async function oneChain(tabs: readonly Tab[], leastBlocks = 1, timeoutMs = 20_000): Promise<void> {
  const differences = async (): Promise<string> => {
    const all = await Promise.all(tabs.map((tab) => tab.status()));
    if (all.some(({ height }) => height < leastBlocks)) return `heights ${all.map(({ height }) => height).join(' ')}`;
    const tips = new Set(all.map(({ tip }) => tip));
    return tips.size === 1 ? 'one chain' : `${tips.size} tips`;
  };
  await expect.poll(differences, { timeout: timeoutMs }).toBe('one chain');
}

function missing(wanted: readonly string[], held: readonly string[]): string[] {
  return wanted.filter((key) => !held.includes(key));
}
