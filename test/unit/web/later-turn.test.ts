/**
 * A later turn comes after what runs now and its microtasks, in order, each call in a turn of its own.
 */
import { describe, expect, it } from 'vitest';
import { inLaterTurn, laterTurn } from '../../../web/later-turn.ts';

describe('a later turn of the event loop', () => {
  it('comes after the code that asks for it and its microtasks', async () => {
    const order: string[] = [];
    inLaterTurn(() => order.push('later'));
    order.push('now');
    await Promise.resolve();
    order.push('microtask');
    await laterTurn();
    expect(order).toEqual(['now', 'microtask', 'later']);
  });

  it('comes in the order of the calls, microtasks in between', async () => {
    const order: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      inLaterTurn(() => {
        order.push(name);
        queueMicrotask(() => order.push(`after ${name}`));
      });
    }
    await laterTurn();
    expect(order).toEqual(['a', 'after a', 'b', 'after b', 'c', 'after c']);
  });

  it('may be asked for from inside another', async () => {
    const order: number[] = [];
    const next = (): void => {
      order.push(order.length);
      if (order.length < 5) inLaterTurn(next);
    };
    inLaterTurn(next);
    while (order.length < 5) await laterTurn();
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });
});
