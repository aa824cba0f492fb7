/**
 * `npm run build`: everything that `npm start` serves and that the published package holds, into `dist/`.
 *
 * `dist/page` is the page with `mccloud.js`, `dist/package` the entry `mccloud/web` (vite.config.ts for both), and
 * `dist/{core,web,relay}` are the compiled sources. Says how large the page is and fails past the marks of issue 3.
 */
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { writeWasm } from './extract-wasm.ts';
import { type OutputFile, overMark, pageSizes, sizeTable } from './page-size.ts';

const project = fileURLToPath(new URL('..', import.meta.url));

writeWasm();
const [compiled, files] = await Promise.all([compile(), bundle('page')]);
await bundle('package');
const sizes = pageSizes(files);
console.log(sizeTable(sizes));
const faults = overMark(sizes);
for (const fault of faults) console.error(fault);
process.exitCode = compiled || (faults.length > 0 ? 1 : 0);

/** The exit code of `tsc`; it says itself what is wrong. */
function compile(): Promise<number> {
  const path = [join(project, 'node_modules', '.bin'), process.env['PATH'] ?? ''].join(delimiter);
  return new Promise((resolve, reject) => {
    const child = spawn('tsc', ['-b', 'core', 'web', 'relay'], {
      cwd: project,
      stdio: 'inherit',
      env: { ...process.env, PATH: path },
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

async function bundle(mode: 'page' | 'package'): Promise<readonly OutputFile[]> {
  const built = await build({ configFile: join(project, 'vite.config.ts'), mode, logLevel: 'warn' });
  if (!('output' in built)) throw new Error('Vite was asked for one build and returned something else');
  return built.output;
}
