/**
 * What every file must look like, whatever it does: its opening words, its length, what its comments may not say.
 */
import type { Files } from './project.ts';
import { lineAt, type Node, nameOf, parse, walk } from './syntax.ts';

/** House style: files of 60 to 200 lines, over 300 with a reason, never over this. */
export const mostLines = 400;

/** The shortest paragraph that can say what a file is. */
const fewestOpeningCharacters = 40;

const suppressions = /biome-ignore|@ts-(?:ignore|expect-error|nocheck)|eslint-disable|(?:v8|c8|istanbul) ignore/;
/** In two halves, so that this file does not name them itself. */
const openWork = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|')})\\b(?!\\s*\\(?#\\d+)`);
/** Absolute paths below folders that exist on one machine only. */
const machinePath = new RegExp(`(?<![\\w.~-])/(?:${['work', 'tmp', 'home', 'root', 'Users'].join('|')})/`);

const testFunctions = new Set(['it', 'test', 'describe', 'suite']);
const leftOut = new Set(['skip', 'only', 'todo', 'fixme', 'fail', 'fails', 'skipIf', 'runIf']);

export function overlong(files: Files): string[] {
  return [...files].flatMap(([path, text]) => {
    const lines = text.replace(/\n$/, '').split('\n').length;
    return lines > mostLines ? [`${path} has ${lines} lines, more than ${mostLines}`] : [];
  });
}

/** Files that do not open with a paragraph saying what they are. A unit test's path says it: the file that it mirrors. */
export function unopened(files: Files): string[] {
  return [...files].flatMap(([path, text]) => {
    if (path.startsWith('test/unit/')) return [];
    const opening = /^(?:#!.*\n)?\/\*\*\n?([\s\S]*?)\*\//.exec(text)?.[1] ?? '';
    const words = opening.replace(/[\s*]+/g, ' ').trim();
    return words.length >= fewestOpeningCharacters ? [] : [`${path} does not open with a paragraph about itself`];
  });
}

/** Comments that switch a check off, or leave work open without saying where it is kept. */
export function badComments(files: Files): string[] {
  const violations: string[] = [];
  for (const [path, text] of files) {
    const source = parse(path, text);
    for (const { value, start } of source.comments) {
      const place = `${path}:${lineAt(source, start)}`;
      if (suppressions.test(value)) violations.push(`${place} switches a check off`);
      if (openWork.test(value)) violations.push(`${place} leaves work open without an issue's number`);
    }
  }
  return violations;
}

/** Tests that are left out, or leave the others out. */
export function leftOutTests(files: Files): string[] {
  const violations: string[] = [];
  for (const [path, text] of files) {
    const source = parse(path, text);
    walk(source.program, (node) => {
      const member = node.type === 'MemberExpression' ? nameOf(node['property']) : undefined;
      if (member === undefined || !leftOut.has(member) || !testFunctions.has(rootName(node) ?? '')) return;
      violations.push(`${path}:${lineAt(source, node.start)} uses ${rootName(node)}.${member}`);
    });
  }
  return violations;
}

/** Paths of the machine that a file was written on. */
export function machinePaths(files: Files): string[] {
  const violations: string[] = [];
  for (const [path, text] of files) {
    for (const [index, line] of text.split('\n').entries()) {
      if (machinePath.test(line)) violations.push(`${path}:${index + 1} names a path of one machine`);
    }
  }
  return violations;
}

/** `a` of `a.b.c`. */
function rootName(node: Node): string | undefined {
  let object: unknown = node;
  while ((object as Node).type === 'MemberExpression') object = (object as Node)['object'];
  return nameOf(object);
}
