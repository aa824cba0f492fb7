import { describe, expect, it, vi } from 'vitest';
import { Unfolding } from '../../../../web/element/unfolding.ts';

describe('what can be unfolded', () => {
  it('begins folded and opens step by step, each alone', () => {
    const changed = vi.fn();
    const unfolding = new Unfolding(changed);
    expect(unfolding.steps('a')).toBe(0);
    unfolding.open('a');
    unfolding.open('a');
    unfolding.open('b');
    expect([unfolding.steps('a'), unfolding.steps('b'), unfolding.steps('c')]).toEqual([2, 1, 0]);
    expect(changed).toHaveBeenCalledTimes(3);
  });

  it('falls shut when many others were opened since', () => {
    const unfolding = new Unfolding(() => undefined);
    unfolding.open('first');
    unfolding.open('kept');
    for (let other = 0; other < 62; other++) unfolding.open(`other ${other}`);
    unfolding.open('kept');
    unfolding.open('one more');
    expect([unfolding.steps('first'), unfolding.steps('kept')]).toEqual([0, 2]);
  });
});
