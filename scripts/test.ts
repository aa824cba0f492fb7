/**
 * `npm test`: everything that must hold before a change is done, from the cheapest check to the browser.
 *
 * Stops at the first step that fails, with that step's exit code. The last line is the sum, `N passed, N failed`. Where
 * tor and microsocks are missing and may not be installed, the tests that need them are counted and left out, which the
 * last line says with the reason.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTor, TorNotFound } from './find-tor.ts';
import {
  type Counts,
  type LeftOut,
  playwrightCounts,
  playwrightListed,
  type StepResult,
  summary,
  vitestCounts,
  vitestListed,
} from './report.ts';

/** What a step writes for us to read. */
type Report =
  | { readonly kind: 'none' }
  /** Its tests have run. */
  | { readonly kind: 'ran'; readonly file: string; readonly counts: (report: unknown) => Counts }
  /** They were only listed. */
  | {
      readonly kind: 'listed';
      readonly file: string;
      readonly count: (report: unknown) => number;
      readonly because: string;
    };

interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly report: Report;
}

const project = fileURLToPath(new URL('..', import.meta.url));
const reports = mkdtempSync(join(tmpdir(), 'mccloud-test-'));

const noTor = await lackingForTor();
const steps: readonly Step[] = [
  plain('types', 'tsc', '-b'),
  plain('lint', 'biome', 'check', '--error-on-warnings'),
  vitest('structure'),
  vitest('unit'),
  vitest('simulator'),
  vitest('integration'),
  plain('build', 'tsx', 'scripts/build.ts'),
  plain('find Chromium', 'tsx', 'scripts/find-chromium.ts'),
  noTor === undefined ? vitest('tor') : vitestLeftOut('tor', noTor),
  playwright('browser'),
  noTor === undefined ? playwright('proxy') : playwrightLeftOut('proxy', noTor),
];

const results: StepResult[] = [];
for (const step of steps) {
  console.log(`\n── ${step.name}: ${step.command.join(' ')}`);
  const result = await runStep(step);
  results.push(result);
  if (result.exitCode !== 0) break;
}
rmSync(reports, { recursive: true, force: true });
console.log(`\n${summary(results)}`);
process.exitCode = results.find(({ exitCode }) => exitCode !== 0)?.exitCode ?? 0;

function plain(name: string, ...command: [string, ...string[]]): Step {
  return { name, command, report: { kind: 'none' } };
}

/** A project of vitest.config.ts. */
function vitest(name: string): Step {
  const file = join(reports, `${name}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  return {
    name,
    command: ['vitest', 'run', '--project', name, ...reporters],
    report: { kind: 'ran', file, counts: vitestCounts },
  };
}

function vitestLeftOut(name: string, because: string): Step {
  const file = join(reports, `${name}.json`);
  return {
    name,
    command: ['vitest', 'list', '--project', name, '--static-parse', `--json=${file}`],
    report: { kind: 'listed', file, count: vitestListed, because },
  };
}

/** A project of playwright.config.ts. */
function playwright(name: string): Step {
  return {
    name,
    command: ['playwright', 'test', '--project', name, '--reporter=list,json'],
    report: { kind: 'ran', file: join(reports, `${name}.json`), counts: playwrightCounts },
  };
}

function playwrightLeftOut(name: string, because: string): Step {
  return {
    name,
    command: ['playwright', 'test', '--project', name, '--list', '--reporter=list,json'],
    report: { kind: 'listed', file: join(reports, `${name}.json`), count: playwrightListed, because },
  };
}

/** Why the tests that need tor and microsocks cannot run, undefined when they can. */
async function lackingForTor(): Promise<string | undefined> {
  try {
    await findTor();
    return undefined;
  } catch (error) {
    if (error instanceof TorNotFound) return error.message;
    throw error;
  }
}

async function runStep({ name, command, report }: Step): Promise<StepResult> {
  const started = performance.now();
  const exitCode = await run(command, report.kind === 'none' ? undefined : report.file);
  const result = { name, seconds: (performance.now() - started) / 1_000, counts: undefined, leftOut: undefined };
  if (report.kind === 'none') return { ...result, exitCode };
  const read = readReport(report.file);
  if (report.kind === 'listed') {
    const leftOut: LeftOut = { tests: report.count(read), because: report.because };
    return { ...result, exitCode: leftOut.tests > 0 ? exitCode : exitCode || 1, leftOut };
  }
  const counts = report.counts(read);
  // A step that was to run tests and ran none has shown nothing.
  return { ...result, exitCode: counts.passed > 0 ? exitCode : exitCode || 1, counts };
}

/** The exit code; 1 when a signal ended the command. */
function run([program, ...args]: readonly [string, ...string[]], reportFile: string | undefined): Promise<number> {
  const path = [join(project, 'node_modules', '.bin'), process.env['PATH'] ?? ''].join(delimiter);
  const env = { ...process.env, PATH: path, PLAYWRIGHT_JSON_OUTPUT_FILE: reportFile };
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: project, stdio: 'inherit', env });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Undefined when the step ended before it wrote one. */
function readReport(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
