/**
 * What `npm test` says at its end: the steps with their seconds, and how many tests passed and failed.
 *
 * The counts are read from the JSON reports of Vitest and Playwright; a report that is missing or not understood counts
 * as nothing passed, never as nothing failed: the step's exit code says the rest (`sumOf`).
 */

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** One step that has run. */
export interface StepResult {
  readonly name: string;
  readonly seconds: number;
  readonly exitCode: number;
  /** Undefined for a step that runs no tests. */
  readonly counts: Counts | undefined;
}

const none: Counts = { passed: 0, failed: 0 };

/** From Vitest's `json` reporter. */
export function vitestCounts(report: unknown): Counts {
  return { passed: numberAt(report, 'numPassedTests'), failed: numberAt(report, 'numFailedTests') };
}

/** From Playwright's `json` reporter. A flaky test has failed once, which is once too often. */
export function playwrightCounts(report: unknown): Counts {
  const stats = isRecord(report) ? report['stats'] : undefined;
  return { passed: numberAt(stats, 'expected'), failed: numberAt(stats, 'unexpected') + numberAt(stats, 'flaky') };
}

/** A step that failed without a failed test (a type error, a file that did not load) counts as one failure. */
export function sumOf(results: readonly StepResult[]): Counts {
  let { passed, failed } = none;
  for (const { counts = none, exitCode } of results) {
    passed += counts.passed;
    failed += exitCode !== 0 && counts.failed === 0 ? 1 : counts.failed;
  }
  return { passed, failed };
}

/** The table and, as its last line, the sum. */
export function summary(results: readonly StepResult[]): string {
  const width = Math.max(...results.map(({ name }) => name.length));
  const lines = results.map(({ name, seconds, exitCode, counts }) => {
    const tests = counts === undefined ? '' : `  ${counts.passed} passed, ${counts.failed} failed`;
    const outcome = exitCode === 0 ? 'ok    ' : 'FAILED';
    return `  ${name.padEnd(width)}  ${seconds.toFixed(1).padStart(6)} s  ${outcome}${tests}`.trimEnd();
  });
  const { passed, failed } = sumOf(results);
  return [...lines, `${passed} passed, ${failed} failed`].join('\n');
}

function numberAt(value: unknown, name: string): number {
  const found = isRecord(value) ? value[name] : undefined;
  return typeof found === 'number' ? found : 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
