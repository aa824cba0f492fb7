import { describe, expect, it, vi } from 'vitest';
import { Backlog, type Reader } from '../../../relay/backlog.ts';
import { Seeded } from '../../model/seeded.ts';

class Tab implements Reader {
  unreadBytes = 0;
  readonly cut = vi.fn(() => {
    this.unreadBytes = 0;
  });
}

describe('Backlog', () => {
  function send(backlog: Backlog, tab: Tab, bytes: number): void {
    tab.unreadBytes += bytes;
    backlog.sent(tab);
  }

  it('lets wait what is within the budget', () => {
    const backlog = new Backlog(1_000);
    const tabs = Array.from({ length: 10 }, () => new Tab());
    for (const tab of tabs) send(backlog, tab, 100);
    for (const tab of tabs) expect(tab.cut).not.toHaveBeenCalled();
  });

  it('cuts who lets most wait, and no more of them than it must', () => {
    const backlog = new Backlog(1_000);
    const [small, large, larger] = [new Tab(), new Tab(), new Tab()];
    send(backlog, small, 100);
    send(backlog, larger, 600);
    send(backlog, large, 500);
    expect(larger.cut).toHaveBeenCalledTimes(1);
    for (const tab of [small, large]) expect(tab.cut).not.toHaveBeenCalled();
    send(backlog, small, 399);
    expect(small.cut).not.toHaveBeenCalled();
  });

  it('cuts nobody for what has been read meanwhile', () => {
    const backlog = new Backlog(1_000);
    const tabs = Array.from({ length: 10 }, () => new Tab());
    for (const tab of tabs) {
      send(backlog, tab, 900);
      tab.unreadBytes = 0;
    }
    for (const tab of tabs) expect(tab.cut).not.toHaveBeenCalled();
  });

  it('forgets who has gone', () => {
    const backlog = new Backlog(1_000);
    const [gone, other] = [new Tab(), new Tab()];
    send(backlog, gone, 900);
    backlog.forget(gone);
    send(backlog, other, 900);
    for (const tab of [gone, other]) expect(tab.cut).not.toHaveBeenCalled();
  });

  it('keeps all together within the budget, whatever they do', () => {
    const drawn = new Seeded(3);
    const backlog = new Backlog(10_000);
    const tabs = Array.from({ length: 50 }, () => new Tab());
    for (let step = 0; step < 5_000; step++) {
      const tab = drawn.pick(tabs);
      if (drawn.chance(0.7)) send(backlog, tab, drawn.between(1, 1_000));
      else tab.unreadBytes = drawn.below(tab.unreadBytes + 1);
      expect(tabs.reduce((sum, { unreadBytes }) => sum + unreadBytes, 0)).toBeLessThanOrEqual(10_000);
    }
    expect(tabs.some(({ cut }) => cut.mock.calls.length > 0)).toBe(true);
  });
});
