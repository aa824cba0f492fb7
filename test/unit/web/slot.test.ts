/**
 * A tab has a slot of its own, the one it had before if that can be had, and gives it back when it ends.
 */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ifFree, mostSlots, type Slot, takeSlot } from '../../../web/slot.ts';
import { FakeBrowser, FakeSession, type FakeTab } from './fake-locks.ts';

let browser: FakeBrowser;

beforeEach(() => {
  browser = new FakeBrowser();
});

async function slotOf(
  tab: FakeTab,
  session: FakeSession | undefined = new FakeSession(),
  network = 'main',
): Promise<Slot> {
  const slot = await takeSlot(network, tab.locks, session);
  if (slot === undefined) throw new Error('every slot is held');
  return slot;
}

describe('the slot of a tab', () => {
  it('is the lowest that nobody holds', async () => {
    const tabs = [browser.tab(), browser.tab(), browser.tab()] as const;
    const numbers: number[] = [];
    for (const tab of tabs) numbers.push((await slotOf(tab)).number);
    expect(numbers).toEqual([0, 1, 2]);
    tabs[1].end();
    expect((await slotOf(browser.tab())).number).toBe(1);
  });

  it('differs between tabs that open at the same moment', async () => {
    const slots = await Promise.all(Array.from({ length: 5 }, () => slotOf(browser.tab())));
    expect(slots.map(({ number }) => number).sort()).toEqual([0, 1, 2, 3, 4]);
  });

  it('is held under a name of network and slot', async () => {
    await slotOf(browser.tab());
    await slotOf(browser.tab(), new FakeSession(), 'other');
    expect(browser.heldNames).toEqual(['mccloud/main/0', 'mccloud/other/0']);
  });

  it('is the same after a reload, though a lower one is free', async () => {
    const [first, session] = [browser.tab(), new FakeSession()];
    await slotOf(first);
    const second = browser.tab();
    expect((await slotOf(second, session)).number).toBe(1);
    first.end();
    second.end();
    expect((await slotOf(browser.tab(), session)).number).toBe(1);
  });

  it('is waited for while the page before the reload still ends', async () => {
    const [before, session] = [browser.tab(), new FakeSession()];
    await slotOf(before, session);
    const after = slotOf(browser.tab(), session);
    setTimeout(() => before.end(), 100);
    expect((await after).number).toBe(0);
  });

  it('is another after 500 ms, when the tab was duplicated and its model lives on', async () => {
    const session = new FakeSession();
    await slotOf(browser.tab(), session);
    const begun = performance.now();
    expect((await slotOf(browser.tab(), session)).number).toBe(1);
    expect(performance.now() - begun).toBeGreaterThan(450);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  it('that was waited for in vain is not taken later by nobody', async () => {
    const [before, session] = [browser.tab(), new FakeSession()];
    await slotOf(before, session);
    await slotOf(browser.tab(), session);
    before.end();
    expect((await slotOf(browser.tab())).number).toBe(0);
  });

  it.each(['-1', '64', '1.5', 'x', ''])('is the lowest when "%s" is what was remembered', async (text) => {
    const session = new FakeSession();
    session.setItem('mccloud/main/slot', text);
    expect((await slotOf(browser.tab(), session)).number).toBe(0);
  });

  it('does not need a memory, nor one that works', async () => {
    expect((await takeSlot('main', browser.tab().locks, undefined))?.number).toBe(0);
    const full = new FakeSession();
    full.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    expect((await slotOf(browser.tab(), full)).number).toBe(1);
  });

  it('does not exist past 64 tabs', async () => {
    for (let i = 0; i < mostSlots; i++) await slotOf(browser.tab());
    expect(await takeSlot('main', browser.tab().locks, undefined)).toBeUndefined();
  });

  it('can be given back before the tab ends, once', async () => {
    const slot = await slotOf(browser.tab());
    slot.release();
    slot.release();
    await vi.waitFor(() => expect(browser.heldNames).toEqual([]));
    expect((await slotOf(browser.tab())).number).toBe(0);
  });

  it('is not to be had where locks are refused', async () => {
    const refusing = {
      request: async () => {
        throw new DOMException('no locks here', 'SecurityError');
      },
    } as unknown as LockManager;
    await expect(takeSlot('main', refusing, undefined)).rejects.toMatchObject({ name: 'SecurityError' });
  });
});

describe('looking into another slot', () => {
  it('happens while it is held for that, and not when somebody has it', async () => {
    const looked: number[] = [];
    await slotOf(browser.tab());
    const { locks } = browser.tab();
    for (const slot of [0, 1]) {
      await ifFree('main', slot, locks, async () => {
        looked.push(slot);
        expect(browser.holds(`mccloud/main/${slot}`)).toBe(true);
      });
    }
    expect(looked).toEqual([1]);
    expect(browser.heldNames).toEqual(['mccloud/main/0']);
  });
});
