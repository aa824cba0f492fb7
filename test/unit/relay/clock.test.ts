import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NodeClock } from '../../../relay/clock.ts';

describe('NodeClock', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('tells Unix time and never goes back', () => {
    const clock = new NodeClock();
    expect(clock.now()).toBe(1_000_000);
    vi.setSystemTime(2_000_000);
    expect(clock.now()).toBe(2_000_000);
    vi.setSystemTime(1_500_000);
    expect(clock.now()).toBe(2_000_000);
    vi.setSystemTime(2_000_001);
    expect(clock.now()).toBe(2_000_001);
  });

  it('wakes once, at its time', () => {
    const clock = new NodeClock();
    const woken = vi.fn();
    clock.wake(1_000_250, woken);
    vi.advanceTimersByTime(249);
    expect(woken).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(woken).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(10_000);
    expect(woken).toHaveBeenCalledTimes(1);
  });

  it('keeps to what was asked last', () => {
    const clock = new NodeClock();
    const [first, second] = [vi.fn(), vi.fn()];
    clock.wake(1_000_100, first);
    clock.wake(1_000_200, second);
    vi.advanceTimersByTime(300);
    expect(first).not.toHaveBeenCalled();
    expect(second).toHaveBeenCalledTimes(1);
  });

  it('wakes soon, but not inside the call, for a time that is past', () => {
    const clock = new NodeClock();
    const woken = vi.fn();
    clock.wake(5, woken);
    expect(woken).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(woken).toHaveBeenCalledTimes(1);
  });

  it.each(['asks for nothing', 'is closed'])('does not wake once it %s', (how) => {
    const clock = new NodeClock();
    const woken = vi.fn();
    clock.wake(1_000_100, woken);
    if (how === 'is closed') clock.close();
    else clock.wake(undefined, woken);
    vi.advanceTimersByTime(1_000);
    expect(woken).not.toHaveBeenCalled();
  });

  it('waits for a time that is further off than a timer can wait', () => {
    const clock = new NodeClock();
    const woken = vi.fn();
    const days = 40 * 24 * 3_600_000;
    clock.wake(1_000_000 + days, woken);
    vi.advanceTimersByTime(days - 1);
    expect(woken).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(woken).toHaveBeenCalledTimes(1);
  });

  it('goes on as before when the system clock is set back', () => {
    const clock = new NodeClock();
    const woken = vi.fn();
    clock.now();
    clock.wake(1_000_100, woken);
    vi.setSystemTime(900_000);
    vi.advanceTimersByTime(99);
    expect(woken).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(woken).toHaveBeenCalledTimes(1);
    expect(clock.now()).toBe(1_000_100);
  });
});
