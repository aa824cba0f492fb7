/**
 * What `npm test` says at its end: the steps with their seconds, how many tests passed and failed, and how many were left
 * out because this machine lacks what they need.
 *
 * The counts are read from the JSON reports of Vitest and Playwright; a report that is missing or not understood counts
 * as nothing passed, never as nothing failed: the step's exit code says the rest (`sumOf`).
 */

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** One step that has run, or whose tests were counted and left out. */
export interface StepResult {
  readonly name: string;
  readonly seconds: number;
  readonly exitCode: number;
  /** Undefined for a step that runs no tests. */
  readonly counts: Counts | undefined;
  readonly leftOut: LeftOut | undefined;
}

export interface LeftOut {
  readonly tests: number;
  /** What this machine lacks, and what to do about it. */
  readonly because: string;
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

/** From Vitest's `list --json`. */
export function vitestListed(report: unknown): number {
  return Array.isArray(report) ? report.length : 0;
}

/** From Playwright's `json` reporter with `--list`: what was listed counts there as skipped. */
export function playwrightListed(report: unknown): number {
  return numberAt(isRecord(report) ? report['stats'] : undefined, 'skipped');
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

/** The table and, as its last line, the sum; `, N left out: why` follows there where any were. */
export function summary(results: readonly StepResult[]): string {
  const width = Math.max(...results.map(({ name }) => name.length));
  const lines = results.map((result) => {
    const { name, seconds, exitCode } = result;
    const outcome = exitCode === 0 ? 'ok    ' : 'FAILED';
    return `  ${name.padEnd(width)}  ${seconds.toFixed(1).padStart(6)} s  ${outcome}${testsOf(result)}`.trimEnd();
  });
  const { passed, failed } = sumOf(results);
  return [...lines, `${passed} passed, ${failed} failed${allLeftOut(results)}`].join('\n');
}

function testsOf({ counts, leftOut }: StepResult): string {
  if (leftOut !== undefined) return `  ${leftOut.tests} left out`;
  return counts === undefined ? '' : `  ${counts.passed} passed, ${counts.failed} failed`;
}

function allLeftOut(results: readonly StepResult[]): string {
  const leftOut = results.flatMap((result) => result.leftOut ?? []);
  const tests = leftOut.reduce((sum, each) => sum + each.tests, 0);
  const reasons = [...new Set(leftOut.map(({ because }) => because))];
  return leftOut.length === 0 ? '' : `, ${tests} left out: ${reasons.join('; ')}`;
}

function numberAt(value: unknown, name: string): number {
  const found = isRecord(value) ? value[name] : undefined;
  return typeof found === 'number' ? found : 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
