import { setImmediate as laterTurn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { Turns } from '../../../relay/turns.ts';

/** Works that long, as checking a signature does. */
function busy(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe('Turns', () => {
  it('does what it is given, in order, in a later turn of the event loop', async () => {
    const turns = new Turns();
    const done: number[] = [];
    for (let i = 0; i < 5_000; i++) turns.do(() => done.push(i));
    expect(done).toEqual([]);
    await vi.waitFor(() => expect(done).toHaveLength(5_000));
    expect(done).toEqual(Array.from({ length: 5_000 }, (_, i) => i));
  });

  it('lets others run in between', async () => {
    const turns = new Turns();
    let done = 0;
    for (let i = 0; i < 40; i++) {
      turns.do(() => {
        busy(1);
        done++;
      });
    }
    const seen: number[] = [];
    while (done < 40) {
      await laterTurn();
      seen.push(done);
    }
    // Two or three to a turn, if the machine lets it run at all.
    for (const [turn, count] of seen.entries()) expect(count - (seen[turn - 1] ?? 0)).toBeLessThanOrEqual(3);
  });

  it('does also what is asked for meanwhile, after what was asked for before', async () => {
    const turns = new Turns();
    const done: string[] = [];
    turns.do(() => {
      done.push('first');
      turns.do(() => done.push('third'));
    });
    turns.do(() => done.push('second'));
    await vi.waitFor(() => expect(done).toEqual(['first', 'second', 'third']));
  });

  it('begins anew after a rest', async () => {
    const turns = new Turns();
    for (let i = 0; i < 3; i++) await new Promise<void>((resolve) => turns.do(resolve));
  });
});
