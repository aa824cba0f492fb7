/**
 * scripts/report.ts: how tests are counted and what the last line of `npm test` says.
 */
import { describe, expect, it } from 'vitest';
import { playwrightCounts, type StepResult, summary, sumOf, vitestCounts } from '../../../scripts/report.ts';

const passedStep: StepResult = { name: 'unit', seconds: 1.25, exitCode: 0, counts: { passed: 12, failed: 0 } };
const failedStep: StepResult = { name: 'browser', seconds: 61, exitCode: 1, counts: { passed: 3, failed: 2 } };
const brokenTypes: StepResult = { name: 'types', seconds: 3, exitCode: 2, counts: undefined };
const unloadable: StepResult = { name: 'unit', seconds: 3, exitCode: 1, counts: { passed: 5, failed: 0 } };

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
