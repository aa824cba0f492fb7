import { describe, expect, it } from 'vitest';
import { SourceQuotas } from '../../../relay/source-quotas.ts';

const limits = { each: { burst: 2, perSecond: 1 }, all: { burst: 5, perSecond: 4 }, mostSources: 3 };

describe('SourceQuotas', () => {
  it('gives each source its own', () => {
    const quotas = new SourceQuotas(limits, 0);
    expect(['a', 'a', 'a', 'b'].map((source) => quotas.take(source, 0))).toEqual([true, true, false, true]);
    expect(['a', 'a'].map((source) => quotas.take(source, 1_000))).toEqual([true, false]);
  });

  it('gives all together no more than theirs', () => {
    const quotas = new SourceQuotas(limits, 0);
    const sources = ['a', 'a', 'b', 'b', 'c', 'c'];
    expect(sources.map((source) => quotas.take(source, 0))).toEqual([true, true, true, true, true, false]);
    expect(quotas.take('d', 250)).toBe(true);
    expect(quotas.take('e', 250)).toBe(false);
  });

  it('counts against the others nothing of what one has too much of', () => {
    const quotas = new SourceQuotas(limits, 0);
    for (let i = 0; i < 100; i++) quotas.take('a', 0);
    expect(['b', 'b', 'c'].map((source) => quotas.take(source, 0))).toEqual([true, true, true]);
  });

  it('forgets the source that was quiet the longest', () => {
    const quotas = new SourceQuotas({ ...limits, all: { burst: 100, perSecond: 1 } }, 0);
    for (const source of ['a', 'a', 'b', 'b', 'c', 'c', 'a', 'd']) quotas.take(source, 0);
    expect(quotas.size).toBe(3);
    expect(quotas.take('a', 0)).toBe(false);
    expect(quotas.take('b', 0)).toBe(true);
  });

  it('remembers no more sources than it should, whoever comes', () => {
    const quotas = new SourceQuotas(limits, 0);
    for (let i = 0; i < 1_000; i++) quotas.take(`source ${i}`, i);
    expect(quotas.size).toBe(3);
  });
});
