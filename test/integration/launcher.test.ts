/**
 * What bin/mccloud.js starts: in a small project that looks like a clone, it runs what is newest and says what is missing.
 */
import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const project = fileURLToPath(new URL('../..', import.meta.url));
let clone: string;

beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), 'mccloud-launcher-'));
  await mkdir(join(clone, 'bin'));
  await copyFile(join(project, 'bin', 'mccloud.js'), join(clone, 'bin', 'mccloud.js'));
  await write('package.json', '{"type":"module","version":"9.8.7"}', 0);
  await mkdir(join(clone, 'core'));
});

afterEach(() => rm(clone, { recursive: true }));

/** A file that was last changed so many seconds after the beginning. */
async function write(path: string, text: string, at: number): Promise<void> {
  await mkdir(join(clone, dirname(path)), { recursive: true });
  await writeFile(join(clone, path), text);
  await utimes(join(clone, path), 1_000_000 + at, 1_000_000 + at);
}

const main = (name: string) =>
  `export async function main(args, version) { console.log(['${name}', version, ...args].join(' ')); }`;

async function withSources(at: number): Promise<void> {
  await write('relay/cli/main.ts', `${main('source')} export type Compiled = never;`, 0);
  await write('relay/tsconfig.json', '{}', 0);
  await write('core/deep/er/changed.ts', '', at);
}

/** @param at when the compiler last went over the sources; what it wrote is older */
async function withBuild(at: number): Promise<void> {
  await write('dist/relay/cli/main.js', main('built'), 0);
  for (const folder of ['core', 'relay']) await write(`dist/.${folder}.tsbuildinfo`, '', at);
}

async function withTools(): Promise<void> {
  await symlink(join(project, 'node_modules'), join(clone, 'node_modules'));
}

function run(...args: readonly string[]): {
  readonly out: string;
  readonly error: string;
  readonly code: number | null;
} {
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(clone, 'bin', 'mccloud.js'), ...args], {
    encoding: 'utf8',
    cwd: tmpdir(),
  });
  return { out: stdout, error: stderr, code: status };
}

describe('the launcher', () => {
  it('runs the sources where nothing is built', async () => {
    await withSources(5);
    await withTools();
    expect(run('peer', '--x')).toEqual({ out: 'source 9.8.7 peer --x\n', error: '', code: 0 });
  });

  it.each([
    [5, 6, 'built'],
    [5, 5, 'built'],
    [6, 5, 'source'],
  ])('runs with sources of %i s and a build of %i s what is %s', async (changed, built, expected) => {
    await withSources(changed);
    await withBuild(built);
    await withTools();
    expect(run().out).toBe(`${expected} 9.8.7\n`);
  });

  it('runs the sources when it cannot know how old the build is', async () => {
    await withSources(5);
    await withBuild(6);
    await rm(join(clone, 'dist', '.core.tsbuildinfo'));
    await withTools();
    expect(run().out).toBe('source 9.8.7\n');
  });

  it('runs what is built where there are no sources, or no tools to run them', async () => {
    await withBuild(5);
    expect(run().out).toBe('built 9.8.7\n');
    await withSources(6);
    expect(run()).toEqual({ out: 'built 9.8.7\n', error: '', code: 0 });
  });

  it('says in one line what to do where nothing can be run', async () => {
    await withSources(5);
    const { out, error, code } = run();
    expect([out, code]).toEqual(['', 1]);
    expect(error).toMatch(/^mccloud: .*run npm ci in .*\n$/);
  });
});
