import { describe, expect, it, vi } from 'vitest';
import { type LogLevel, logLevels, logLine, logsUpTo, logToStderr } from '../../../relay/log.ts';

const time = new Date('2026-11-21T08:00:00.000Z');

describe('logLine', () => {
  it('is a time, a sentence and facts', () => {
    expect(logLine(time, 'archive', { network: 'main', blocks: 12 })).toBe(
      '2026-11-21T08:00:00.000Z  archive  network=main  blocks=12',
    );
    expect(logLine(time, 'it ends', {})).toBe('2026-11-21T08:00:00.000Z  it ends');
  });

  it.each([
    ['two words', '"two words"'],
    ['', '""'],
    ['a\nb', '"a\\nb"'],
    ['say "x"', '"say \\"x\\""'],
    ['\u001b[31m', '"\\u001b[31m"'],
    ['\u009b31m', '"\\u009b31m"'],
    ['a\u202eb', '"a\\u202eb"'],
  ])('quotes %j, which could look like something else', (value, expected) => {
    expect(logLine(time, 's', { value })).toBe(`2026-11-21T08:00:00.000Z  s  value=${expected}`);
  });
});

describe('logToStderr', () => {
  it('writes one line to stderr', () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    logToStderr('archive', { blocks: 1 });
    expect(write).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/^\S+Z {2}archive {2}blocks=1\n$/));
    write.mockRestore();
  });
});

describe('logsUpTo', () => {
  it.each([
    ['error', ['error']],
    ['warn', ['error', 'warn']],
    ['info', ['error', 'warn', 'info']],
    ['debug', ['error', 'warn', 'info', 'debug']],
  ] satisfies [LogLevel, LogLevel[]][])('%s tells that much', (level, told) => {
    const heard: string[] = [];
    const logs = logsUpTo(level, (sentence, facts) => heard.push(`${sentence} ${facts?.['a']}`));
    for (const own of logLevels) logs[own](own, { a: 1 });
    expect(heard).toEqual(told.map((own) => `${own} 1`));
  });
});
