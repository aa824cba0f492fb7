/**
 * core/effects.ts: what machines put is taken once, in order, and no two requests share an id.
 */
import { describe, expect, it } from 'vitest';
import { Effects } from '../../../core/effects.ts';
import type { Effect } from '../../../core/events.ts';

const close = (link: number): Effect => ({ kind: 'close', link, reason: 'the test says so' });

describe('effects', () => {
  it('are taken in the order in which they were put', () => {
    const effects = new Effects();
    for (const link of [3, 1, 2]) effects.put(close(link));
    expect(effects.take()).toEqual([close(3), close(1), close(2)]);
  });

  it('are taken once, and what was taken stays as it was', () => {
    const effects = new Effects();
    effects.put(close(1));
    const taken = effects.take();
    effects.put(close(2));
    expect(taken).toEqual([close(1)]);
    expect(effects.take()).toEqual([close(2)]);
    expect(effects.take()).toEqual([]);
  });
});

describe('request ids', () => {
  it('are never used twice', () => {
    const effects = new Effects();
    const ids = Array.from({ length: 100 }, () => effects.nextRequest());
    effects.take();
    expect(new Set([...ids, effects.nextRequest()]).size).toBe(101);
  });
});
