/**
 * The rules of biome.json that the house style rests on are on: each is shown a text that breaks it.
 *
 * Whether the project keeps them is `biome check`'s to say, not this file's. The examples lie in a folder of their own
 * with a copy of our settings, for Biome tells no reasons about a text that is not a file.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFolder } from './project.ts';

const biome = fileURLToPath(import.meta.resolve('@biomejs/biome/bin/biome'));
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mccloud-lint-'));
  for (const name of ['biome.json', '.gitignore']) copyFileSync(join(projectFolder, name), join(folder, name));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** What Biome says of a file, and whether it lets it pass. */
function lint(path: string, text: string): { readonly passes: boolean; readonly said: string } {
  mkdirSync(join(folder, dirname(path)), { recursive: true });
  writeFileSync(join(folder, path), text);
  const { status, stdout, stderr } = spawnSync(process.execPath, [biome, 'lint', path], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { passes: status === 0, said: stdout + stderr };
}

function functionOf(lines: number): string {
  return `export function f(x: number[]): void {\n${'  x.push(1);\n'.repeat(lines - 2)}}\n`;
}

describe('the linter', () => {
  it.each([
    ['noExcessiveLinesPerFunction', functionOf(70)],
    ['noNonNullAssertion', 'export const f = (x: { y?: number }): number => x.y!;\n'],
    ['noExplicitAny', 'export const f = (x: any): number => x;\n'],
    ['noBarrelFile', "export { a } from './a.ts';\n"],
    ['useImportType', "import { A } from './a.ts';\nexport const f = (a: A): A => a;\n"],
    ['useNodejsImportProtocol', "import { join } from 'path';\nexport const f = join;\n"],
    ['noFloatingPromises', 'async function f(): Promise<void> {}\nexport function g(): void {\n  f();\n}\n'],
    ['noImportCycles', "import { a } from './example.ts';\nexport const b = a;\n"],
  ])('refuses by %s', (rule, text) => {
    if (rule === 'noImportCycles') lint('core/b.ts', text);
    const example = rule === 'noImportCycles' ? "import { b } from './b.ts';\nexport const a = b;\n" : text;
    const { passes, said } = lint('core/example.ts', example);
    expect(said).toContain(rule);
    expect(passes).toBe(false);
  });

  it('takes a function of less than 70 lines, and a longer suite of tests', () => {
    expect(lint('core/example.ts', functionOf(69))).toMatchObject({ passes: true });
    expect(lint('test/unit/core/example.test.ts', functionOf(80))).toMatchObject({ passes: true });
  });
});
