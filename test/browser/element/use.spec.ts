/**
 * How `<mccloud-peer>` is used: by a site through attributes, properties and events, by a person through the form.
 */
import { expect, type Page, test } from '@playwright/test';
import { part, show, useStage } from './stage/show.ts';

useStage();

test.describe('an attribute', () => {
  const faults: readonly [string, Record<string, string>, RegExp][] = [
    ['missing: network', {}, /attribute network is missing.*network="main"/],
    ['wrong: network', { network: 'Not A Name' }, /network is “Not A Name”. It should be 1 to 64/],
    ['wrong: relay', { network: 'main', relay: 'relay.example' }, /relay is “relay.example”. It should be the origin/],
    ['wrong: via', { network: 'main', via: 'vpn' }, /via is “vpn”. It should be via="tor"/],
    ['not together: port', { network: 'main', via: 'tor', port: '' }, /port lends this tab a port/],
  ];
  for (const [name, attributes, sentence] of faults) {
    test(`${name}, is said in the element and by its event, and mended at once when it is set right`, async ({
      page,
    }) => {
      await page.addInitScript(() => {
        document.addEventListener('mccloud-error', (event) =>
          document.documentElement.setAttribute('title', event.detail.code),
        );
      });
      await show(page, 'five', attributes);
      await expect(page.getByRole('alert')).toHaveText(sentence);
      await expect(part(page, 'problem')).toBeVisible();
      await expect(page.locator('html')).toHaveAttribute('title', 'bad-attribute');
      const refused = page.evaluate(() => document.querySelector('mccloud-peer')?.ready.then(() => 'opened', String));
      expect(await refused).toMatch(sentence);
      await page.evaluate(() => {
        const element = document.querySelector('mccloud-peer');
        element?.setAttribute('network', 'main');
        for (const attribute of ['relay', 'via', 'port']) element?.removeAttribute(attribute);
      });
      await expect(part(page, 'known')).toHaveText('5');
      await expect(page.getByRole('alert')).toHaveCount(0);
    });
  }

  test('that changes closes the one peer and opens another', async ({ page }) => {
    await show(page, 'five');
    await expect(part(page, 'known')).toHaveText('5');
    await page.evaluate(() => {
      const element = document.querySelector('mccloud-peer');
      if (element !== null) element.network = 'second';
      element?.setAttribute('relay', 'http://other.example:8080/');
    });
    await expect(part(page, 'relay')).toHaveText('other.example:8080');
    const { closings, settings } = await page.evaluate(() => ({
      closings: window.stage.opened.map((peer) => peer.closings),
      settings: window.stage.settings,
    }));
    expect(closings).toEqual([1, 0]);
    expect(settings[1]).toMatchObject({ network: 'second', relay: 'http://other.example:8080' });
    await expect(page.locator('mccloud-peer')).toHaveAttribute('network', 'second');
  });

  test('that is set to what it was does nothing', async ({ page }) => {
    await show(page, 'five');
    await expect(part(page, 'known')).toHaveText('5');
    await page.evaluate(() => document.querySelector('mccloud-peer')?.setAttribute('network', 'main'));
    await page.evaluate(() => new Promise(requestAnimationFrame));
    expect(await page.evaluate(() => window.stage.opened.map((peer) => peer.closings))).toEqual([0]);
  });
});

test.describe('its life', () => {
  test('ends with its removal: the peer is closed and nothing listens to it; put back, it opens again', async ({
    page,
  }) => {
    await show(page, 'five');
    await expect(part(page, 'known')).toHaveText('5');
    const removed = await page.evaluate(async () => {
      const element = document.querySelector('mccloud-peer');
      element?.remove();
      await Promise.resolve();
      const [peer] = window.stage.opened;
      return { closings: peer?.closings, listening: peer?.listening, peer: element?.peer };
    });
    expect(removed).toEqual({ closings: 1, listening: 0, peer: undefined });
    await page.evaluate(() => {
      const element = document.createElement('mccloud-peer');
      element.setAttribute('network', 'main');
      document.body.append(element);
    });
    await expect(part(page, 'known')).toHaveText('5');
  });

  test('goes on through a move within the document', async ({ page }) => {
    await show(page, 'five');
    await expect(part(page, 'known')).toHaveText('5');
    await page.evaluate(() => {
      const place = document.body.appendChild(document.createElement('main'));
      const element = document.querySelector('mccloud-peer');
      if (element !== null) place.append(element);
    });
    await page.evaluate(() => new Promise(requestAnimationFrame));
    expect(await page.evaluate(() => window.stage.opened.map((peer) => peer.closings))).toEqual([0]);
    await expect(page.locator('main > mccloud-peer').locator('[part="block"]')).toHaveCount(7);
  });

  test('is told by `ready`, `peer` and events that leave shadow trees', async ({ page }) => {
    await show(page, 'empty');
    const heard = await page.evaluate(async () => {
      const host = document.body.appendChild(document.createElement('div'));
      const element = document.createElement('mccloud-peer');
      const names: string[] = [];
      document.addEventListener('mccloud-ready', ({ detail }) => names.push(`ready ${detail.peer.publicKey.length}`));
      document.addEventListener('mccloud-change', ({ detail }) => names.push(`change ${detail.peer.known.size}`));
      document.addEventListener('mccloud-block', ({ detail }) => names.push(`block ${detail.block.height}`));
      element.setAttribute('network', 'events');
      const early = element.peer;
      host.attachShadow({ mode: 'open' }).append(element);
      const peer = await element.ready;
      const fake = window.stage.opened.at(-1);
      fake?.meet(2, 0);
      fake?.write([]);
      return { names, early, same: peer === element.peer && element.peer === fake };
    });
    expect(heard).toEqual({ names: ['ready 66', 'change 2', 'block 0', 'change 2'], early: undefined, same: true });
  });

  test('says why the peer could not be opened', async ({ page }) => {
    await show(page, 'empty', { network: 'main', opening: 'fails' });
    await expect(page.getByRole('alert')).toHaveText('The peer could not be opened: there is no stage.');
  });

  test('says that it is opening while it is', async ({ page }) => {
    await show(page, 'empty', { network: 'main', opening: 'never' });
    await expect(page.getByRole('status')).toContainText('Opening the peer of the network main');
  });

  test('says that the peer was closed by a script', async ({ page }) => {
    await show(page, 'five');
    await page.evaluate(() => document.querySelector('mccloud-peer')?.peer?.close());
    await expect(part(page, 'problem')).toHaveText(/has been closed/);
    await expect(part(page, 'share')).toBeDisabled();
  });
});

test.describe('sharing', () => {
  test('works from the keyboard: Enter shares, Shift and Enter breaks the line, the field stays in focus', async ({
    page,
  }) => {
    await show(page, 'alone');
    const field = page.getByRole('textbox', { name: 'Share with everyone in main' });
    await field.focus();
    await page.keyboard.type('first line');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('second line');
    await page.keyboard.press('Enter');
    await expect(part(page, 'pending-item').first()).toContainText('first line\nsecond line', { useInnerText: true });
    await expect(field).toHaveValue('');
    await expect(field).toBeFocused();
  });

  test('works with the button', async ({ page }) => {
    await show(page, 'alone');
    await part(page, 'item-input').fill('by the button');
    await page.getByRole('button', { name: 'Share', exact: true }).click();
    await expect(part(page, 'pending-item')).toHaveCount(3);
  });

  test('takes 512 KiB and not a byte more, which it says, and leaves the text', async ({ page }) => {
    await show(page, 'alone');
    const field = part(page, 'item-input');
    await field.fill('ü'.repeat(256 * 1_024).concat('!'));
    await part(page, 'share').click();
    await expect(page.getByRole('alert')).toHaveText('That is 1 byte too much: an item holds at most 512 KiB.');
    await expect(field).toHaveAttribute('aria-invalid', 'true');
    await expect(part(page, 'pending-item')).toHaveCount(2);
    await field.fill('ü'.repeat(256 * 1_024));
    await expect(page.getByRole('alert')).toHaveCount(0);
    await part(page, 'share').click();
    await expect(part(page, 'pending-item')).toHaveCount(3);
  });

  test('of nothing shares nothing and says so', async ({ page }) => {
    await show(page, 'alone');
    await part(page, 'share').click();
    await expect(page.getByRole('alert')).toHaveText('Write something first.');
    await expect(part(page, 'pending-item')).toHaveCount(2);
  });

  test('ties an item to its block: it waits no longer', async ({ page }) => {
    await show(page, 'alone');
    await page.evaluate(() => {
      const [peer] = window.stage.opened;
      peer?.write([...peer.pending.values()]);
    });
    await expect(part(page, 'pending-item')).toHaveCount(0);
    await expect(part(page, 'block-item')).toHaveCount(2);
  });
});

test.describe('the address box', () => {
  const dialled = (page: Page) => page.evaluate(() => window.stage.opened[0]?.dialled);

  test('dials what is typed, by Enter or the button, and empties', async ({ page }) => {
    await show(page, 'five');
    const box = page.getByRole('textbox', { name: 'Link with a TCP peer' });
    await box.fill(' 192.0.2.7:29092 ');
    await box.press('Enter');
    await expect(page.getByText('Dialling 192.0.2.7:29092')).toBeVisible();
    await expect(box).toHaveValue('');
    await box.fill('example.org:1');
    await page.getByRole('button', { name: 'Connect' }).click();
    expect(await dialled(page)).toEqual(['192.0.2.7:29092', 'example.org:1']);
  });

  test('says what is no address, and leaves it there', async ({ page }) => {
    await show(page, 'five');
    const box = page.getByRole('textbox', { name: 'Link with a TCP peer' });
    await box.fill('somewhere');
    await box.press('Enter');
    await expect(page.getByRole('alert')).toHaveText('That is no host:port, such as 192.0.2.7:29092.');
    await expect(box).toHaveValue('somewhere');
    await box.pressSequentially('!');
    await expect(page.getByRole('alert')).toHaveCount(0);
    expect(await dialled(page)).toEqual([]);
  });

  test('says who sees what, otherwise by Tor, and where others dial the tab', async ({ page }) => {
    await show(page, 'five', { network: 'main', via: 'tor' });
    await expect(page.getByText('By Tor: the peers you dial do not see your address. The relay does.')).toBeVisible();
    await expect(part(page, 'listen')).toHaveCount(0);
    await page.evaluate(() => document.querySelector('mccloud-peer')?.removeAttribute('via'));
    await expect(page.getByText('The peer sees the relay’s address.')).toBeVisible();
    await page.evaluate(() => window.stage.opened.at(-1)?.set({ listen: 'relay.example:29100' }));
    await expect(part(page, 'listen')).toHaveText('Others dial this tab at relay.example:29100.');
  });
});

test.describe('the chain as a file', () => {
  test('is exported with one button and imported with another, and what came of it is said', async ({ page }) => {
    await show(page, 'five');
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export' }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toBe('main-7.mccloud');
    await expect(part(page, 'transfer')).toHaveText('7 blocks exported to main-7.mccloud.');
    const file = await download.path();
    await show(page, 'empty');
    await expect(part(page, 'export')).toBeDisabled();
    const choosing = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Import' }).click();
    await (await choosing).setFiles(file);
    await expect(part(page, 'transfer')).toHaveText('7 blocks imported.');
    await expect(part(page, 'block')).toHaveCount(7);
    await expect(part(page, 'export')).toBeEnabled();
  });

  test('shows how far it is while it takes long, and lets nothing else begin', async ({ page }) => {
    await show(page, 'five');
    await page.evaluate(() => {
      const [peer] = window.stage.opened;
      if (peer === undefined) throw new Error('no peer is on the stage');
      const blocks = peer.blocks.bind(peer);
      peer.blocks = async function* (options) {
        for await (const block of blocks(options)) {
          if (block.height === 4) await new Promise((resolve) => document.addEventListener('go-on', resolve));
          yield block;
        }
      };
    });
    await part(page, 'export').click();
    const progress = page.getByRole('progressbar', { name: 'Blocks exported' });
    await expect(progress).toHaveAttribute('value', '4');
    await expect(progress).toHaveAttribute('max', '7');
    await expect(part(page, 'import')).toBeDisabled();
    await page.evaluate(() => document.dispatchEvent(new Event('go-on')));
    await expect(part(page, 'transfer')).toContainText('7 blocks exported');
  });

  test('that is none is refused in words', async ({ page }) => {
    await show(page, 'five');
    await part(page, 'import-file').setInputFiles({ name: 'a.mccloud', mimeType: '', buffer: Buffer.from('a text') });
    await expect(part(page, 'transfer')).toHaveText('Not imported. This is no file of an exported chain.');
    await expect(part(page, 'import')).toBeEnabled();
  });
});
