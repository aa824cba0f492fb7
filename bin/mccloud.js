#!/usr/bin/env node
/**
 * Starts the command line: as it was built when that is not older than its sources, else from the sources.
 *
 * So `npx mccloud` works in a clone right after `npm ci`, and never runs what was built before a change. JavaScript,
 * because nothing is compiled yet where it begins; all that it decides is where the program is.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
const source = new URL('../relay/cli/main.ts', import.meta.url);
const built = new URL('../dist/relay/cli/main.js', import.meta.url);

try {
  const { main } = await load();
  const { version } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
  await main(process.argv.slice(2), version);
} catch (error) {
  if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  console.error(`mccloud: something it needs is not installed; run npm ci in ${project} (${error.message})`);
  process.exitCode = 1;
}

async function load() {
  if (existsSync(built) && (!existsSync(source) || builtAt() >= changedAt())) return import(built.href);
  try {
    const { register } = await import('tsx/esm/api');
    register({ tsconfig: join(project, 'relay', 'tsconfig.json') });
  } catch (error) {
    // Without the tools of development what was built is all there is.
    if (existsSync(built)) return import(built.href);
    throw error;
  }
  return import(source.href);
}

/** When the compiler last went over the sources; it leaves files that would come out the same as they were. */
function builtAt() {
  const marks = ['core', 'relay'].map((folder) => join(project, 'dist', `.${folder}.tsbuildinfo`));
  return Math.min(...marks.map((mark) => (existsSync(mark) ? statSync(mark).mtimeMs : 0)));
}

function changedAt() {
  const files = ['core', 'relay'].flatMap((folder) =>
    readdirSync(join(project, folder), { recursive: true }).map((name) => join(project, folder, name)),
  );
  return Math.max(...files.filter((file) => file.endsWith('.ts')).map((file) => statSync(file).mtimeMs));
}
