/**
 * A tab's clock never goes back, follows the system's otherwise, and wakes once at the time asked for last.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { TabClock } from '../../../web/clock.ts';
import type { Timers } from '../../../web/timers.ts';

/** A machine whose two clocks are set by hand; timers run by the steady one. */
class FakeMachine implements Timers {
  steadyMs = 0;
  /** Unix time less steady time. */
  offset = 1_000_000;
  armed = 0;
  #waiting: { readonly due: number; readonly callback: () => void }[] = [];

  unix(): number {
    return this.steadyMs + this.offset;
  }

  steady(): number {
    return this.steadyMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    this.armed++;
    const entry = { due: this.steadyMs + delayMs, callback };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
    };
  }

  pass(ms: number): void {
    const end = this.steadyMs + ms;
    for (;;) {
      const next = this.#waiting.filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      this.#waiting = this.#waiting.filter((other) => other !== next);
      this.steadyMs = Math.max(this.steadyMs, next.due);
      next.callback();
    }
    this.steadyMs = end;
  }
}

let machine: FakeMachine;
let clock: TabClock;
let woken: number[];

beforeEach(() => {
  machine = new FakeMachine();
  clock = new TabClock(machine, machine);
  woken = [];
});

const note = (): void => {
  woken.push(clock.now());
};

describe('the time of a tab', () => {
  it('is whole milliseconds of Unix time', () => {
    machine.steadyMs = 12.75;
    expect(clock.now()).toBe(1_000_012);
  });

  it('goes on at its own pace when the system’s clock is set back', () => {
    machine.pass(100);
    expect(clock.now()).toBe(1_000_100);
    machine.offset -= 3_600_000;
    expect(clock.now()).toBe(1_000_100);
    machine.pass(50);
    expect(clock.now()).toBe(1_000_150);
  });

  it('follows when the system’s clock is set forward or the machine slept', () => {
    expect(clock.now()).toBe(1_000_000);
    machine.offset += 60_000;
    expect(clock.now()).toBe(1_060_000);
  });
});

describe('the wake-up', () => {
  it('comes once, at its time', () => {
    clock.wake(1_000_600, note);
    machine.pass(599);
    expect(woken).toEqual([]);
    machine.pass(2_000);
    expect(woken).toEqual([1_000_600]);
  });

  it('is the one asked for last, earlier or later', () => {
    clock.wake(1_000_600, note);
    clock.wake(1_000_100, note);
    machine.pass(300);
    expect(woken).toEqual([1_000_100]);
    clock.wake(1_000_400, note);
    clock.wake(1_000_900, note);
    machine.pass(1_000);
    expect(woken).toEqual([1_000_100, 1_000_900]);
  });

  it('does not come when none is wanted any more', () => {
    clock.wake(1_000_600, note);
    clock.wake(undefined, note);
    machine.pass(2_000);
    expect(woken).toEqual([]);
  });

  it('comes at once, but later, for a time gone by', () => {
    clock.wake(900_000, note);
    expect(woken).toEqual([]);
    machine.pass(0);
    expect(woken).toEqual([1_000_000]);
  });

  it('keeps its distance when the system’s clock is set back meanwhile', () => {
    clock.wake(1_000_600, note);
    machine.pass(100);
    machine.offset -= 3_600_000;
    machine.pass(1_000);
    expect(woken).toEqual([1_000_600]);
  });

  it('does not arm a timer for every change that only puts it off', () => {
    clock.wake(1_000_100, note);
    for (let at = 1_000_101; at < 1_000_200; at++) clock.wake(at, note);
    machine.pass(1_000);
    expect(woken).toEqual([1_000_199]);
    expect(machine.armed).toBe(2);
  });

  it('may be asked for again from inside', () => {
    const again = (): void => {
      note();
      if (woken.length < 3) clock.wake(clock.now() + 600, again);
    };
    clock.wake(1_000_600, again);
    machine.pass(5_000);
    expect(woken).toEqual([1_000_600, 1_001_200, 1_001_800]);
  });

  it('does not come after closing', () => {
    clock.wake(1_000_600, note);
    clock.close();
    machine.pass(5_000);
    expect(woken).toEqual([]);
  });
});
