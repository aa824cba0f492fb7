import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type LogEntry, logsUpTo } from '../../../relay/log.ts';
import { Metrics } from '../../../relay/metrics.ts';
import { mostLines, type Refusal, Refusals, windowMs } from '../../../relay/refusals.ts';

let logged: LogEntry[];
let metrics: Metrics;
let refusals: Refusals;

const refusal: Refusal = { door: 'signal', code: 'origin', reason: 'not of here', from: '192.0.2.1:5', level: 'info' };

beforeEach(() => {
  vi.useFakeTimers();
  logged = [];
  metrics = new Metrics();
  refusals = new Refusals(
    logsUpTo('debug', (entry) => logged.push(entry)),
    metrics,
  );
});

afterEach(() => vi.useRealTimers());

async function counted(name: string): Promise<string[]> {
  return (await metrics.text()).split('\n').filter((line) => line.startsWith(`mccloud_${name}`));
}

const leftOut = () => logged.filter(({ sentence }) => sentence === 'refused more of these').map(({ facts }) => facts);

describe('Refusals', () => {
  it('logs each with its reason, at its level, and counts it', async () => {
    const full: Refusal = { ...refusal, code: 'full', reason: 'no room', level: 'warn' };
    refusals.tell(refusal);
    refusals.tell(full);
    expect(logged).toEqual([refusal, full].map(({ level, ...facts }) => ({ level, sentence: 'refused', facts })));
    expect(await counted('refusals_total')).toEqual([
      'mccloud_refusals_total{door="signal",code="origin"} 1',
      'mccloud_refusals_total{door="signal",code="full"} 1',
    ]);
  });

  it('logs of a flood a few lines a minute, then how many were left out, and counts all', async () => {
    for (let i = 0; i < 1_000; i++) refusals.tell(refusal);
    expect(logged).toHaveLength(mostLines);
    vi.advanceTimersByTime(windowMs - 1);
    expect(leftOut()).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(leftOut()).toEqual([{ door: 'signal', code: 'origin', leftOut: 1_000 - mostLines }]);
    expect(await counted('refusals_total')).toEqual(['mccloud_refusals_total{door="signal",code="origin"} 1000']);
    expect(await counted('log_lines_left_out_total')).toEqual([
      `mccloud_log_lines_left_out_total ${1_000 - mostLines}`,
    ]);
    for (let i = 0; i < 3; i++) refusals.tell(refusal);
    expect(logged).toHaveLength(mostLines + 1 + 3);
  });

  it('lets a flood of one kind hide no other', () => {
    for (let i = 0; i < 100; i++) refusals.tell(refusal);
    refusals.tell({ ...refusal, code: 'full' });
    refusals.tell({ ...refusal, door: 'peer' });
    expect(logged.slice(mostLines).map(({ facts }) => [facts['door'], facts['code']])).toEqual([
      ['signal', 'full'],
      ['peer', 'origin'],
    ]);
  });

  it('says nothing more of what was logged whole', () => {
    for (let i = 0; i < mostLines; i++) refusals.tell(refusal);
    vi.advanceTimersByTime(10 * windowMs);
    refusals.close();
    expect(logged).toHaveLength(mostLines);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('says at its end what is left out till then', () => {
    for (let i = 0; i < mostLines + 2; i++) refusals.tell(refusal);
    refusals.close();
    expect(leftOut()).toEqual([{ door: 'signal', code: 'origin', leftOut: 2 }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('writes so much a minute at most, however many kinds there are', () => {
    for (let i = 0; i < 5_000; i++) refusals.tell({ ...refusal, code: `c${i}` });
    expect(logged.length).toBeLessThan(300);
    vi.advanceTimersByTime(windowMs);
    expect(leftOut()).toEqual([{ door: 'other', code: '', leftOut: expect.any(Number) }]);
  });
});
