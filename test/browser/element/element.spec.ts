/**
 * What `<mccloud-peer>` shows, of whatever its peer may hold and on whatever screen.
 */
import { expect, test } from '@playwright/test';
import { part, show, stageOrigin, useStage } from './stage/show.ts';

useStage();

test.describe('what it shows', () => {
  test('of an empty chain and nobody else: that the first item begins it, and how to bring somebody', async ({
    page,
  }) => {
    await show(page, 'empty');
    await expect(part(page, 'known')).toHaveText('0');
    await expect(part(page, 'connected')).toHaveText('0');
    await expect(part(page, 'height')).toHaveText('0');
    await expect(page.getByText('There is no block yet')).toContainText('second tab');
    await expect(part(page, 'block')).toHaveCount(0);
  });

  test('of a peer alone: its items at once, newest first, and that they wait for a second peer', async ({ page }) => {
    await show(page, 'alone');
    await expect(part(page, 'pending-item')).toContainText(['I will wait.', 'Is anybody here?']);
    await expect(part(page, 'pending-item').first()).toContainText('waiting for its block');
    await expect(page.getByRole('group')).toContainText(
      '2 items waiting for their block. Nobody else is here, and a peer alone writes no block.',
    );
  });

  test('of a peer among five: keys, links, blocks, authors, and what is its own', async ({ page }) => {
    await show(page, 'five');
    await expect(part(page, 'known')).toHaveText('5');
    await expect(part(page, 'connected')).toHaveText('5');
    await expect(part(page, 'height')).toHaveText('7');
    await expect(part(page, 'storage')).toHaveText('in the browser');
    await expect(part(page, 'relay')).toHaveText(new URL(stageOrigin()).host);
    await expect(part(page, 'peer')).toContainText([
      'WebSocket',
      'WebRTC',
      'WebRTC',
      'the reference program',
      'WebRTC',
    ]);
    const blocks = part(page, 'block');
    await expect(blocks).toHaveCount(7);
    expect(await blocks.evaluateAll((all) => all.map((block) => block.getAttribute('data-height')))).toEqual([
      '6',
      '5',
      '4',
      '3',
      '2',
      '1',
      '0',
    ]);
    const own = await part(page, 'own-key').getAttribute('data-key');
    await expect(page.locator(`[part="block"][data-author="${own}"] .written`).first()).toContainText('you');
    const items = part(blocks.nth(1), 'block-item');
    await expect(items).toContainText(['name: aisling', 'name: aisling', 'One of these two is too late']);
    await expect(items.first()).toContainText('verified');
    await expect(page.getByText('The chain begins here.')).toBeVisible();
  });

  test('of problems: each in its sentence, and each gone when it is over', async ({ page }) => {
    await show(page, 'problems');
    await expect(part(page, 'problem')).toHaveText([/relay .* cannot be reached/, /does not let the page store/]);
    await expect(part(page, 'relay')).toHaveText('unreachable');
    await expect(part(page, 'storage')).toHaveText('in memory');
    await expect(page.getByRole('progressbar', { name: 'Blocks read' })).toBeVisible();
    await page.evaluate(() => window.stage.opened[0]?.trouble());
    await expect(part(page, 'problem')).toHaveCount(0);
  });

  test('of an item whose signature does not hold: that it is not verified; and of one that is repeated, that', async ({
    page,
  }) => {
    await show(page, 'odd');
    const unverified = page.locator('[part="block-item"][data-verified="false"]');
    await expect(unverified).toHaveCount(1);
    await expect(unverified).toContainText('I am somebody else, believe me.');
    await expect(unverified).toContainText('not verified');
    const twice = part(page, 'block-item').filter({ hasText: 'Said twice.' });
    await expect(twice.nth(0)).not.toContainText('repeated');
    await expect(twice.nth(1)).toContainText('repeated');
  });

  test('of bytes that are no text: the bytes, folded', async ({ page }) => {
    await show(page, 'odd');
    const binary = part(page, 'block-item').filter({ hasText: '300 bytes, not text' });
    await expect(binary).toContainText('00254a6f 94b9de03');
    const shown = binary.locator('code.hex');
    expect(((await shown.textContent()) ?? '').replaceAll(/\s/g, '')).toHaveLength(2 * 64);
    await binary.getByRole('button', { name: 'Show more' }).click();
    await expect(async () =>
      expect(((await shown.textContent()) ?? '').replaceAll(/\s/g, '')).toHaveLength(600),
    ).toPass();
    await expect(part(page, 'block-item').filter({ hasText: 'no bytes' })).toHaveCount(1);
  });

  test('of hostile text: the text, never markup', async ({ page }) => {
    await show(page, 'odd');
    const hostile = part(page, 'block-item').filter({ hasText: '<img src=x onerror="window.hurt = true">' });
    await expect(hostile).toHaveCount(1);
    await expect(hostile.locator('img, script')).toHaveCount(0);
    expect(await page.evaluate(() => window.hurt)).toBeUndefined();
  });

  test('of a long text and of a block with many items: a beginning, and more when asked', async ({ page }) => {
    await show(page, 'odd');
    const long = part(page, 'block-item').filter({ hasText: 'Line 1 of a very long text.' });
    await expect(long).not.toContainText('Line 13 ');
    await long.getByRole('button', { name: 'Show more of 11.6 KiB' }).click();
    await expect(long).toContainText('Line 400 ');
    const many = part(page, 'block').first();
    await expect(part(many, 'block-item')).toHaveCount(12);
    await many.getByRole('button', { name: 'Show more of 238 further items' }).click();
    await expect(part(many, 'block-item')).toHaveCount(112);
  });
});

test.describe('a chain of ten thousand blocks', () => {
  test('is shown from the newest, paged back to any depth with at most a hundred blocks, and returned from', async ({
    page,
  }) => {
    await show(page, 'many');
    const blocks = part(page, 'block');
    await expect(blocks).toHaveCount(20);
    await expect(blocks.first()).toHaveAttribute('data-height', '9999');
    for (const shown of [40, 60, 80, 100]) {
      await part(page, 'older').click();
      await expect(blocks).toHaveCount(shown);
    }
    await expect(part(page, 'newest')).toHaveCount(0);
    await part(page, 'older').click();
    await expect(blocks.last()).toHaveAttribute('data-height', '9880');
    await expect(blocks).toHaveCount(100);
    await expect(part(page, 'newest')).toContainText('20 blocks ahead');
    await page.evaluate(() => window.stage.opened[0]?.write([]));
    await expect(part(page, 'newest')).toContainText('21 blocks ahead');
    await part(page, 'newest').click();
    await expect(blocks.first()).toHaveAttribute('data-height', '10000');
    await expect(blocks).toHaveCount(20);
  });

  test('is followed as it grows, drawn no more often than the screen is', async ({ page }) => {
    await show(page, 'many');
    await expect(part(page, 'block')).toHaveCount(20);
    const { drawings, frames } = await page.evaluate(async () => {
      const { stage } = window;
      const before = stage.drawings;
      let frames = 0;
      for (; frames < 20; frames++) {
        for (let block = 0; block < 50; block++) stage.opened[0]?.write([stage.itemOf('x', 1)]);
        await new Promise(requestAnimationFrame);
      }
      return { drawings: stage.drawings - before, frames };
    });
    expect(drawings).toBeLessThanOrEqual(frames + 1);
    // It may rest after a dear drawing (pacing.ts), and then shows all of it.
    await expect(part(page, 'height')).toHaveText('11,000');
    await expect(part(page, 'block').first()).toHaveAttribute('data-height', '10999');
    await expect(part(page, 'block')).toHaveCount(20);
  });

  test('that is reorganised shows the branch that won', async ({ page }) => {
    await show(page, 'many');
    await expect(part(page, 'block')).toHaveCount(20);
    await page.evaluate(() => {
      const { stage } = window;
      stage.opened[0]?.revert(2);
      for (let block = 0; block < 3; block++) stage.opened[0]?.write([stage.itemOf(`won ${block}`, 1)]);
    });
    await expect(part(page, 'block-item').first()).toContainText('won 2');
    await expect(part(page, 'block').filter({ hasText: 'The item of block 9998.' })).toHaveCount(0);
    await expect(part(page, 'block').filter({ hasText: 'The item of block 9997.' })).toHaveCount(1);
  });
});

test.describe('a receipt', () => {
  test('is told beside each own item, and beside no other', async ({ page }) => {
    await show(page, 'levels');
    const acknowledged = 'acknowledged 2 of 3, confirmed by 2 others';
    const words = ['pending', 'in a block', 'confirmed by 1 other', acknowledged, 'final'];
    await expect(part(page, 'level')).toHaveText(words);
    for (const [item, level] of [
      ['This one is in a block.', 'included'],
      ['This one is confirmed.', 'confirmed'],
      ['This one is acknowledged.', 'acknowledged'],
      ['This one is final.', 'final'],
    ] as const) {
      const place = part(page, 'block-item').filter({ hasText: item });
      await expect(part(place, 'level')).toHaveAttribute('data-level', level);
    }
    const other = part(page, 'block-item').filter({ hasText: 'An item of another' });
    await expect(other).toHaveCount(1);
    await expect(part(other, 'level')).toHaveCount(0);
  });

  test('follows its item as it goes', async ({ page }) => {
    await show(page, 'five');
    await part(page, 'item-input').fill('Mine.');
    await part(page, 'share').click();
    const waiting = part(page, 'pending-item').filter({ hasText: 'Mine.' });
    await expect(part(waiting, 'level')).toHaveText('pending');
    const block = await page.evaluate(() => {
      const [peer] = window.stage.opened;
      const mine = [...(peer?.pending.values() ?? [])].at(-1);
      return mine === undefined ? undefined : peer?.write([mine]).hash;
    });
    const item = page.locator(`[data-hash="${block}"]`);
    await expect(part(item, 'level')).toHaveText('in a block');
    await page.evaluate(() => {
      const [peer] = window.stage.opened;
      for (const [id, place] of peer?.progress ?? []) {
        if (place.level !== 'included') continue;
        peer?.progress.set(id, { ...place, level: 'acknowledged', depth: 0, authors: 0, by: 1, of: 3 });
      }
      peer?.set({});
    });
    await expect(part(item, 'level')).toHaveText('acknowledged 1 of 3');
  });
});

test.describe('a reorganisation', () => {
  test('shows the blocks that gave way, says so, and lets an own item wait again', async ({ page }) => {
    await page.clock.install();
    await show(page, 'five');
    await part(page, 'item-input').fill('Mine, in the branch that loses.');
    await part(page, 'share').click();
    const lost = await page.evaluate(() => {
      const [peer] = window.stage.opened;
      const mine = [...(peer?.pending.values() ?? [])].at(-1);
      const blocks = mine === undefined ? [] : [peer?.write([mine]), peer?.write([window.stage.itemOf('Lost.', 2)])];
      peer?.revert(2);
      for (let block = 0; block < 3; block++) peer?.write([window.stage.itemOf(`won ${block}`, 1)]);
      return blocks.map((block) => block?.hash);
    });
    const given = part(page, 'given-way');
    await expect(given).toContainText('2 blocks gave way to a better branch.');
    await expect(part(page, 'gone-block')).toHaveText([/8.*Lost\./s, /7.*Mine, in the branch that loses\./s]);
    for (const hash of lost) await expect(page.locator(`[part="block"][data-hash="${hash}"]`)).toHaveCount(0);
    await expect(part(page, 'block-item').first()).toContainText('won 2');
    const waiting = part(page, 'pending-item').filter({ hasText: 'Mine, in the branch that loses.' });
    await expect(waiting).toContainText('its block 7 gave way; waiting for another');
    await page.clock.runFor(13_000);
    await expect(given).toHaveCount(0);
    await expect(waiting).toHaveCount(1);
  });

  test('is announced politely', async ({ page }) => {
    await show(page, 'five');
    await expect(part(page, 'block')).toHaveCount(7);
    await page.evaluate(() => window.stage.opened[0]?.revert(1));
    await expect(page.getByRole('status').filter({ hasText: '1 block gave way to a better branch.' })).toHaveAttribute(
      'aria-live',
      'polite',
    );
  });

  test('that is deep shows a few blocks and how many there were', async ({ page }) => {
    await show(page, 'many');
    await expect(part(page, 'block')).toHaveCount(20);
    await page.evaluate(() => {
      const [peer] = window.stage.opened;
      // As the core tells of a long way: in several steps.
      for (let step = 0; step < 3; step++) peer?.revert(64);
    });
    await expect(part(page, 'given-way')).toContainText('192 blocks gave way to a better branch.');
    await expect(part(page, 'given-way')).toContainText('and 189 blocks before');
    await expect(part(page, 'gone-block')).toHaveCount(3);
  });

  test('that is taken back at once leaves nothing on the screen', async ({ page }) => {
    await show(page, 'five');
    await expect(part(page, 'block')).toHaveCount(7);
    await page.evaluate(() => window.stage.opened[0]?.revert(1));
    await expect(part(page, 'given-way')).toHaveCount(1);
    await page.evaluate(() => window.stage.opened[0]?.giveBack());
    await expect(part(page, 'given-way')).toHaveCount(0);
    await expect(part(page, 'block')).toHaveCount(7);
  });
});

test.describe('for everybody', () => {
  test('a new block is announced politely', async ({ page }) => {
    await show(page, 'five');
    await expect(part(page, 'block')).toHaveCount(7);
    await page.evaluate(() => window.stage.opened[0]?.write([window.stage.itemOf('x', 1)]));
    await expect(page.getByRole('status').filter({ hasText: 'Block 7, 1 item.' })).toHaveAttribute(
      'aria-live',
      'polite',
    );
  });

  test('the whole own key can be copied', async ({ page, context }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await show(page, 'five');
    const button = page.getByRole('button', { name: 'Copy your whole public key' });
    await button.click();
    await expect(button).toHaveText('Copied');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      await part(page, 'own-key').getAttribute('data-key'),
    );
    await expect(button).toHaveText('Copy');
  });

  test('the colours follow the page’s colour scheme, not the system’s', async ({ page }) => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await show(page, 'five');
    const ground = () => page.locator('mccloud-peer').evaluate((element) => getComputedStyle(element).backgroundColor);
    expect(await ground()).toBe('rgb(18, 20, 21)');
    await page.evaluate(() => document.documentElement.style.setProperty('color-scheme', 'light'));
    expect(await ground()).toBe('rgb(252, 252, 249)');
  });

  test('a site sets the colours', async ({ page }) => {
    await show(page, 'five');
    await page.evaluate(() => document.documentElement.style.setProperty('--mccloud-paper', 'rgb(1, 2, 3)'));
    await expect(page.locator('mccloud-peer')).toHaveCSS('background-color', 'rgb(1, 2, 3)');
  });

  test('nothing moves where motion is not wanted', async ({ page }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await show(page, 'five');
    await expect(part(page, 'block').first()).toHaveCSS('animation-name', 'none');
    await page.evaluate(() => window.stage.opened[0]?.revert(1));
    await expect(part(page, 'given-way')).toHaveCSS('animation-name', 'none');
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    await expect(part(page, 'block').first()).toHaveCSS('animation-name', 'tie');
    await expect(part(page, 'given-way')).toHaveCSS('animation-name', 'fade');
  });

  for (const width of [320, 390, 768, 1280]) {
    test(`nothing overflows at ${width} pixels`, async ({ page }) => {
      await page.setViewportSize({ width, height: 800 });
      for (const scene of ['alone', 'five', 'problems', 'levels', 'odd'] as const) {
        await show(page, scene);
        await expect(part(page, 'own-key')).toBeVisible();
        await page.evaluate(() => window.stage.opened[0]?.revert(1));
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), scene).toBeLessThanOrEqual(
          0,
        );
        const cut = await page
          .locator('code')
          .evaluateAll(
            (all) =>
              all.filter(
                (code) => code.getBoundingClientRect().right > innerWidth || code.scrollWidth > code.clientWidth + 1,
              ).length,
          );
        expect(cut, `${scene}: keys past the edge`).toBe(0);
      }
    });
  }
});
