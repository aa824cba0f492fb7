/**
 * Every file with something to run has a unit test at the same path, or says where else it is tested and why.
 *
 * Files that hold nothing but types need none. The other direction holds too: a unit test that mirrors no file tests
 * something that is gone.
 */
import { posix } from 'node:path';
import type { Files } from './project.ts';
import { isNode, type Node, parse } from './syntax.ts';

/** Where a file without mirror is tested, or all those in a folder. */
export interface Elsewhere {
  readonly test: string;
  readonly because: string;
}

/** By path; a folder's ends with a slash, and a file's own entry goes before it. */
export type Exceptions = { readonly [path: string]: Elsewhere };

const mirrored = ['core', 'web', 'relay'];

/** @param files all TypeScript files of the project */
export function withoutMirror(files: Files, exceptions: Exceptions): string[] {
  const violations: string[] = [];
  for (const [path, text] of files) {
    if (!isMirrored(path) || files.has(mirrorOf(path)) || isTypesOnly(path, text)) continue;
    const elsewhere = exceptions[path] ?? exceptions[folderOf(path)];
    if (elsewhere === undefined) violations.push(`${path} has no ${mirrorOf(path)}`);
    else if (!files.has(elsewhere.test)) violations.push(`${path} is not tested by ${elsewhere.test}: there is none`);
  }
  return violations;
}

/** Exceptions for files that are gone or have their mirror by now, and for folders of which that is so of every file. */
export function needlessExceptions(files: Files, exceptions: Exceptions): string[] {
  const needy = [...files.keys()].filter((path) => !files.has(mirrorOf(path)));
  return Object.keys(exceptions).filter((path) => !needy.some((file) => file === path || folderOf(file) === path));
}

/** Unit tests of nothing. `a.test.ts` and `a.more.test.ts` and `a-more.test.ts` mirror `a.ts`. */
export function orphans(files: Files): string[] {
  const tests = [...files.keys()].filter((path) => path.startsWith('test/unit/') && path.endsWith('.test.ts'));
  return tests.filter((test) => {
    const path = test.slice('test/unit/'.length);
    const stem = posix.basename(path, '.test.ts');
    const stems = [...stem.matchAll(/[.-]|$/g)].map(({ index }) => stem.slice(0, index));
    return isMirrored(path) && !stems.some((name) => files.has(`${posix.dirname(path)}/${name}.ts`));
  });
}

function isMirrored(path: string): boolean {
  return mirrored.includes(path.split('/')[0] as string);
}

function folderOf(path: string): string {
  return `${posix.dirname(path)}/`;
}

function mirrorOf(path: string): string {
  return `test/unit/${path.replace(/\.ts$/, '.test.ts')}`;
}

function isTypesOnly(path: string, text: string): boolean {
  const statements = parse(path, text).program['body'] as Node[];
  return statements.every((statement) => {
    const inner = isNode(statement['declaration']) ? statement['declaration'] : statement;
    if (inner['declare'] === true) return true;
    if (inner.type === 'ImportDeclaration') return inner['importKind'] === 'type';
    if (inner.type === 'ExportNamedDeclaration') return inner['exportKind'] === 'type';
    return inner.type === 'TSInterfaceDeclaration' || inner.type === 'TSTypeAliasDeclaration';
  });
}
