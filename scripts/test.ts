/**
 * `npm test`: everything that must hold before a change is done, from the cheapest check to the browser.
 *
 * Stops at the first step that fails, with that step's exit code. The last line is the sum, `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Counts, playwrightCounts, type StepResult, summary, vitestCounts } from './report.ts';

interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** The JSON report this step writes, and how it is read. */
  readonly report?: { readonly file: string; readonly counts: (report: unknown) => Counts };
}

const project = fileURLToPath(new URL('..', import.meta.url));
const reports = mkdtempSync(join(tmpdir(), 'mccloud-test-'));

const steps: readonly Step[] = [
  { name: 'types', command: ['tsc', '-b'] },
  { name: 'lint', command: ['biome', 'check', '--error-on-warnings'] },
  vitest('structure', 'structure'),
  vitest('unit', 'unit'),
  vitest('simulator', 'simulator'),
  vitest('integration', 'integration'),
  { name: 'build', command: ['tsx', 'scripts/build.ts'] },
  { name: 'find Chromium', command: ['tsx', 'scripts/find-chromium.ts'] },
  {
    name: 'browser',
    command: ['playwright', 'test', '--reporter=list,json'],
    report: { file: join(reports, 'browser.json'), counts: playwrightCounts },
  },
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

function vitest(name: string, project: string): Step {
  const file = join(reports, `${name}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  return {
    name,
    command: ['vitest', 'run', '--project', project, ...reporters],
    report: { file, counts: vitestCounts },
  };
}

async function runStep({ name, command, report }: Step): Promise<StepResult> {
  const started = performance.now();
  const exitCode = await run(command, report?.file);
  const seconds = (performance.now() - started) / 1_000;
  if (report === undefined) return { name, seconds, exitCode, counts: undefined };
  const counts = report.counts(readReport(report.file));
  // A step that was to run tests and ran none has shown nothing.
  return { name, seconds, exitCode: counts.passed > 0 ? exitCode : exitCode || 1, counts };
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
