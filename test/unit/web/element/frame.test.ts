import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { nextFrame } from '../../../../web/element/frame.ts';

/** A screen that paints when the test says so, or never, as for a hidden tab. */
const asked = new Map<number, FrameRequestCallback>();

beforeEach(() => {
  vi.useFakeTimers();
  asked.clear();
  vi.stubGlobal('requestAnimationFrame', (callback: FrameRequestCallback) => asked.set(asked.size + 1, callback).size);
  vi.stubGlobal('cancelAnimationFrame', (frame: number) => asked.delete(frame));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('a frame comes when the screen paints it, and leaves no timer behind', async () => {
  const came = vi.fn();
  const frame = nextFrame().then(came);
  await vi.advanceTimersByTimeAsync(100);
  expect(came).not.toHaveBeenCalled();
  for (const callback of asked.values()) callback(0);
  await frame;
  expect(came).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

it('a frame comes within a moment where nothing is painted, and asks the screen no longer', async () => {
  const frame = nextFrame();
  await vi.advanceTimersByTimeAsync(250);
  await frame;
  expect(asked.size).toBe(0);
});
