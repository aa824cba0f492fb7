/**
 * scripts/report.ts: how tests are counted and what the last line of `npm test` says.
 */
import { describe, expect, it } from 'vitest';
import {
  playwrightCounts,
  playwrightListed,
  type StepResult,
  summary,
  sumOf,
  vitestCounts,
  vitestListed,
} from '../../../scripts/report.ts';

const usual = { counts: undefined, leftOut: undefined };
const passedStep: StepResult = {
  ...usual,
  name: 'unit',
  seconds: 1.25,
  exitCode: 0,
  counts: { passed: 12, failed: 0 },
};
const failedStep: StepResult = {
  ...usual,
  name: 'browser',
  seconds: 61,
  exitCode: 1,
  counts: { passed: 3, failed: 2 },
};
const brokenTypes: StepResult = { ...usual, name: 'types', seconds: 3, exitCode: 2 };
const unloadable: StepResult = { ...usual, name: 'unit', seconds: 3, exitCode: 1, counts: { passed: 5, failed: 0 } };
const noTor: StepResult = { ...usual, name: 'tor', seconds: 2, exitCode: 0, leftOut: { tests: 11, because: 'no tor' } };

describe('the counts of a report', () => {
  it('are read from Vitest', () => {
    expect(vitestCounts({ numPassedTests: 7, numFailedTests: 2, numTotalTests: 9 })).toEqual({ passed: 7, failed: 2 });
  });

  it('are read from Playwright, where a flaky test counts as failed', () => {
    const stats = { expected: 5, unexpected: 1, flaky: 2, skipped: 0 };
    expect(playwrightCounts({ stats })).toEqual({ passed: 5, failed: 3 });
  });

  it.each([undefined, null, 'text', {}, { stats: [] }])('are zero passed when the report is %j', (report) => {
    expect(vitestCounts(report)).toEqual({ passed: 0, failed: 0 });
    expect(playwrightCounts(report)).toEqual({ passed: 0, failed: 0 });
    expect([vitestListed(report), playwrightListed(report)]).toEqual([0, 0]);
  });
});

describe('tests that are left out', () => {
  it('are counted where Vitest and Playwright list them', () => {
    expect(vitestListed([{ name: 'a' }, { name: 'b' }])).toBe(2);
    expect(playwrightListed({ stats: { expected: 0, skipped: 3 } })).toBe(3);
  });

  it('stand in the table, and in the last line with the reason', () => {
    const others: StepResult = { ...noTor, name: 'proxy', leftOut: { tests: 3, because: 'no tor' } };
    const lines = summary([passedStep, noTor, others]).split('\n');
    expect(lines[1]).toBe('  tor       2.0 s  ok      11 left out');
    expect(lines.at(-1)).toBe('12 passed, 0 failed, 14 left out: no tor');
  });

  it('fail when they could not even be counted', () => {
    expect(sumOf([{ ...noTor, exitCode: 1 }])).toEqual({ passed: 0, failed: 1 });
  });
});

describe('the sum', () => {
  it('adds the steps up', () => {
    expect(sumOf([passedStep, failedStep])).toEqual({ passed: 15, failed: 2 });
  });

  it.each([brokenTypes, unloadable])('counts a step that failed without a failed test as one failure', (step) => {
    expect(sumOf([passedStep, step]).failed).toBe(1);
  });

  it('is the last line, plain', () => {
    expect(summary([passedStep, failedStep]).split('\n').at(-1)).toBe('15 passed, 2 failed');
  });

  it('follows one line for each step, with its seconds and outcome', () => {
    expect(summary([brokenTypes, failedStep]).split('\n').slice(0, -1)).toEqual([
      '  types       3.0 s  FAILED',
      '  browser    61.0 s  FAILED  3 passed, 2 failed',
    ]);
  });
});
