import { describe, expect, it } from 'vitest';
import { ChainMaker } from '../../../contract/material.ts';
import { Bench } from '../../../model/recorder-bench.ts';

describe('a note that binds', () => {
  it('is durable, and told of when it is there, however much is to be stored beside it', () => {
    const bench = new Bench();
    const told: string[] = [];
    const large = new ChainMaker(1).chain(2).map((block) => ({ ...block, bytes: new Uint8Array(3 * 1024 * 1024) }));
    bench.recorder.chainMoved(undefined, large);
    bench.recorder.note({ name: 'addresses', bytes: Uint8Array.of(1) });
    bench.recorder.promise({ name: 'votes', bytes: Uint8Array.of(2) }, () => told.push('promised'));
    bench.flush();
    expect(told).toEqual([]);
    bench.stored();
    expect(told).toEqual(['promised']);
    bench.finish();
    expect(bench.changes.map(({ durable, notes }) => [durable, notes.map(({ name }) => name)])).toEqual([
      [true, ['addresses', 'votes']],
      [false, []],
    ]);
  });
});
