/**
 * `npm run bench -- <name> [arguments]`: runs one benchmark, `test/bench/<name>.ts`, by its exported `run`.
 *
 * A benchmark prints what it measured; what it should reach stands in the README's table. What benchmarks share lies in
 * folders below this one, so that every other file here is a benchmark.
 */
import { readdirSync } from 'node:fs';

interface Benchmark {
  run(args: readonly string[]): Promise<void>;
}

const names = readdirSync(new URL('.', import.meta.url))
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => file.slice(0, -'.ts'.length));

const [name, ...args] = process.argv.slice(2);
if (name !== undefined && names.includes(name)) {
  const benchmark = (await import(new URL(`${name}.ts`, import.meta.url).href)) as Benchmark;
  await benchmark.run(args);
} else {
  if (name !== undefined) console.error(`There is no benchmark "${name}".`);
  console.error(`npm run bench -- <name>, with one of: ${names.join(', ')}`);
  process.exitCode = 1;
}
