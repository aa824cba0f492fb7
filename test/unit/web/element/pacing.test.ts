import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Pacer } from '../../../../web/element/pacing.ts';

const frameMs = 16;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('requestAnimationFrame', (callback: () => void) => setTimeout(callback, frameMs));
  vi.stubGlobal('cancelAnimationFrame', (timer: ReturnType<typeof setTimeout>) => clearTimeout(timer));
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Draws for so long, and says how long after that it is time for the next drawing. */
async function restAfter(pacer: Pacer, costMs: number): Promise<number> {
  await pacer.draw(() => vi.advanceTimersByTime(costMs));
  await vi.advanceTimersByTimeAsync(0);
  const drawnAt = performance.now();
  const turn = pacer.turn().then(() => performance.now() - drawnAt);
  await vi.advanceTimersByTimeAsync(5_000);
  return turn;
}

describe('the pacer', () => {
  it('waits for the next frame and no longer after a cheap drawing', async () => {
    expect(await restAfter(new Pacer(), 0)).toBeLessThanOrEqual(frameMs);
  });

  it('rests nine times as long as a dear drawing took', async () => {
    const rest = await restAfter(new Pacer(), 40);
    expect(rest).toBeGreaterThanOrEqual(9 * 40);
    expect(rest).toBeLessThanOrEqual(9 * 42 + 2 * frameMs);
  });

  it('never rests longer than a second', async () => {
    const rest = await restAfter(new Pacer(), 800);
    expect(rest).toBeGreaterThanOrEqual(1_000);
    expect(rest).toBeLessThanOrEqual(1_000 + 2 * frameMs);
  });

  it('hands a failed drawing on, and draws again at the next frame', async () => {
    const pacer = new Pacer();
    await expect(pacer.draw(() => Promise.reject(new Error('a view failed')))).rejects.toThrow('a view failed');
    expect(await restAfter(pacer, 0)).toBeLessThanOrEqual(frameMs);
  });
});
