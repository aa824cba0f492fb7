import { describe, expect, it } from 'vitest';
import { Attempts } from '../../../../relay/bridge/attempts.ts';

describe('attempts', () => {
  it('are counted for each client, and come back with time', () => {
    const attempts = new Attempts({ burst: 2, perSecond: 1 });
    const take = (client: string, now: number) => attempts.take(client, now);
    expect([take('a', 0), take('a', 0), take('a', 0), take('b', 0)]).toEqual([true, true, false, true]);
    expect([take('a', 999), take('a', 1_001), take('a', 1_001)]).toEqual([false, true, false]);
  });

  it('are remembered of the 10,000 clients that asked last', () => {
    const attempts = new Attempts({ burst: 1, perSecond: 0 });
    expect(attempts.take('first', 0)).toBe(true);
    for (let client = 0; client < 9_999; client++) attempts.take(String(client), 0);
    expect([attempts.take('first', 0), attempts.take('one more', 0), attempts.take('0', 0)]).toEqual([
      false,
      true,
      true,
    ]);
  });
});
