/**
 * A tab's timers go on whatever becomes of the worker that counts for them.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TabTimers, type TimerWorker } from '../../../web/timers.ts';

/** A worker that counts on the faked timers, once it is told to run. */
class FakeWorker implements TimerWorker {
  onmessage: TimerWorker['onmessage'] = null;
  onerror: TimerWorker['onerror'] = null;
  readonly asked: number[] = [];
  terminated = false;

  postMessage([id, delayMs]: readonly [number, number]): void {
    this.asked.push(delayMs);
    originalSetTimeout(() => this.#say(id), delayMs);
  }

  run(): void {
    this.#say(0);
  }

  fail(): void {
    this.onerror?.({ preventDefault: () => undefined } as ErrorEvent);
  }

  terminate(): void {
    this.terminated = true;
  }

  #say(data: number): void {
    if (!this.terminated) this.onmessage?.(new MessageEvent('message', { data }));
  }
}

let originalSetTimeout: typeof setTimeout;
let worker: FakeWorker;
let timers: TabTimers;
let fired: string[];

beforeEach(() => {
  vi.useFakeTimers();
  originalSetTimeout = setTimeout;
  worker = new FakeWorker();
  timers = new TabTimers(() => worker);
  fired = [];
});

afterEach(() => {
  timers.close();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function note(name: string): () => void {
  return () => fired.push(name);
}

/** From here on the page's own timers never fire, as in a page that is frozen. */
function freezePage(): void {
  vi.spyOn(globalThis, 'setTimeout').mockImplementation((() => 0) as never);
}

describe('the timers of a tab', () => {
  it('are the page’s until the worker runs', () => {
    timers.after(10, note('a'));
    vi.advanceTimersByTime(9);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(fired).toEqual(['a']);
    expect(worker.asked).toEqual([]);
  });

  it('are the worker’s as soon as it runs', () => {
    worker.run();
    freezePage();
    timers.after(10, note('a'));
    vi.advanceTimersByTime(10);
    expect(fired).toEqual(['a']);
    expect(worker.asked).toEqual([10]);
  });

  it('that began before the worker ran are handed over, with the time that is left, and fire once', () => {
    timers.after(10, note('a'));
    vi.advanceTimersByTime(4);
    worker.run();
    expect(worker.asked).toEqual([6]);
    vi.advanceTimersByTime(100);
    expect(fired).toEqual(['a']);
  });

  it('come back to the page when the worker fails, and fire once', () => {
    worker.run();
    timers.after(10, note('a'));
    vi.advanceTimersByTime(4);
    worker.fail();
    timers.after(7, note('b'));
    vi.advanceTimersByTime(100);
    expect(fired).toEqual(['a', 'b']);
  });

  it('stay the page’s where workers are refused', () => {
    timers = new TabTimers(() => {
      throw new DOMException('refused', 'SecurityError');
    });
    timers.after(10, note('a'));
    vi.advanceTimersByTime(10);
    expect(fired).toEqual(['a']);
  });

  it.each([true, false])('that were taken back do not fire (worker runs: %s)', (runs) => {
    if (runs) worker.run();
    const cancel = timers.after(10, note('a'));
    timers.after(10, note('b'));
    cancel();
    cancel();
    vi.advanceTimersByTime(100);
    expect(fired).toEqual(['b']);
  });

  it('that ask for a time gone by fire in a later turn', () => {
    worker.run();
    timers.after(-5, note('a'));
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(fired).toEqual(['a']);
  });

  it('are silent after closing', () => {
    worker.run();
    timers.after(10, note('a'));
    timers.close();
    expect(worker.terminated).toBe(true);
    vi.advanceTimersByTime(100);
    expect(fired).toEqual([]);
  });
});
