import { describe, expect, it, vi } from 'vitest';
import {
  jsonLine,
  type LogEntry,
  type LogLevel,
  logLevels,
  logsUpTo,
  stderrWriter,
  textLine,
} from '../../../relay/log.ts';

const time = new Date('2026-11-21T08:00:00.000Z');
const entry = (facts: LogEntry['facts'], level: LogLevel = 'info'): LogEntry => ({ level, sentence: 's', facts });

describe('textLine', () => {
  it('is a time, a sentence and facts', () => {
    expect(textLine(time, entry({ network: 'main', blocks: 12 }))).toBe(
      '2026-11-21T08:00:00.000Z  s  network=main  blocks=12',
    );
    expect(textLine(time, entry({}, 'debug'))).toBe('2026-11-21T08:00:00.000Z  s');
  });

  it('marks what is to be looked at', () => {
    for (const level of ['error', 'warn'] as const)
      expect(textLine(time, entry({}, level))).toBe(`2026-11-21T08:00:00.000Z  ${level}  s`);
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
    expect(textLine(time, entry({ value }))).toBe(`2026-11-21T08:00:00.000Z  s  value=${expected}`);
  });
});

describe('jsonLine', () => {
  it('is one object with its facts in one of their own, whatever they are called', () => {
    const facts = { message: 'mine', time: 3, text: 'a "b"\n' };
    const line = jsonLine(time, entry(facts, 'warn'));
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toEqual({ time: '2026-11-21T08:00:00.000Z', level: 'warn', message: 's', facts });
  });

  it('holds nothing that a terminal obeys, and means the same', () => {
    const facts = { value: '\u001b[31m \u009b31m a\u202eb\u2028' };
    const line = jsonLine(time, entry(facts));
    expect(line).toMatch(/^[\x20-\x7e]*$/);
    expect(JSON.parse(line).facts).toEqual(facts);
  });
});

describe('stderrWriter', () => {
  it.each([
    ['text', /^\S+Z {2}archive {2}blocks=1\n$/],
    ['json', /^\{"time":"\S+Z","level":"info","message":"archive","facts":\{"blocks":1\}\}\n$/],
  ] as const)('writes one line of %s to stderr', (format, line) => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    stderrWriter(format)({ level: 'info', sentence: 'archive', facts: { blocks: 1 } });
    expect(write).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(line));
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
    const heard: LogEntry[] = [];
    const logs = logsUpTo(level, (entry) => heard.push(entry));
    for (const own of logLevels) logs[own]('s', { a: 1 });
    expect(heard).toEqual(told.map((own) => ({ level: own, sentence: 's', facts: { a: 1 } })));
  });

  it('tells a sentence without facts', () => {
    const heard: LogEntry[] = [];
    logsUpTo('info', (entry) => heard.push(entry)).info('s');
    expect(heard).toEqual([{ level: 'info', sentence: 's', facts: {} }]);
  });
});
