/**
 * Every file looks as it should, and each rule is shown to notice one that does not.
 */
import { describe, expect, it } from 'vitest';
import { projectFiles, typescript } from './project.ts';
import { badComments, leftOutTests, machinePaths, mostLines, overlong, unopened } from './text.ts';

const files = projectFiles();
const sources = typescript(files);

function file(text: string) {
  return new Map([['core/a.ts', text]]);
}

describe('every source file', () => {
  it(`has at most ${mostLines} lines`, () => {
    expect(overlong(sources)).toEqual([]);
    expect(overlong(file('x\n'.repeat(mostLines)))).toEqual([]);
    expect(overlong(file('x\n'.repeat(mostLines + 1)))).toHaveLength(1);
  });

  it('opens with a paragraph that says what it is', () => {
    expect(unopened(sources)).toEqual([]);
  });

  it.each([
    '/**\n * What this file is, and what it refuses to do.\n */\ncode();',
    '#!/usr/bin/env node\n/** What this file is, and what it refuses to do. */',
  ])('opens well with %j', (text) => {
    expect(unopened(file(text))).toEqual([]);
  });

  it.each([
    '',
    'import x;\n/** A paragraph that comes too late to be the opening one. */',
    '/* A comment that no tool takes for documentation. */',
    '/** Too short. */',
    '/**\n *\n *                                            \n */',
  ])('does not open with %j', (text) => {
    expect(unopened(file(text))).toHaveLength(1);
  });
});

describe('comments', () => {
  const open = `TO${'DO'}`;

  it('switch no check off and leave no work open', () => {
    expect(badComments(sources)).toEqual([]);
  });

  it.each(['biome-ignore lint: x', '@ts-expect-error', '@ts-ignore', `${open} later`, `FIX${'ME'}: x`])(
    'would be noticed: %s',
    (comment) => {
      expect(badComments(file(`// ${comment}\ncode();`))).toHaveLength(1);
      expect(badComments(file(`code(); /* ${comment} */`))).toHaveLength(1);
    },
  );

  it.each([`${open} #12: x`, `${open}(#12)`, 'nothing to do'])('may say: %s', (comment) => {
    expect(badComments(file(`// ${comment}`))).toEqual([]);
  });
});

describe('tests', () => {
  it('are neither left out nor leave others out', () => {
    expect(leftOutTests(typescript(files, 'test'))).toEqual([]);
  });

  it.each(['it.skip("x");', 'test.only("x");', 'test.describe.only("x");', 'it.todo("x");', 'it.skipIf(a)("x");'])(
    'would be noticed: %s',
    (text) => {
      expect(leftOutTests(file(text))).toHaveLength(1);
    },
  );

  it.each(['it.each([1])("x");', 'list.skip(1);', '"it.skip"'])('may use: %s', (text) => {
    expect(leftOutTests(file(text))).toEqual([]);
  });
});

describe('paths', () => {
  const folder = 'ho' + 'me';

  it('of one machine stand nowhere', () => {
    expect(machinePaths(files)).toEqual([]);
  });

  it.each([`see /${folder}/someone/notes`, `"/${folder}/x"`, `file:///${folder}/x`])('would be noticed: %s', (text) => {
    expect(machinePaths(file(text))).toHaveLength(1);
  });

  it.each([`example.org/${folder}/x`, `../${folder}/x`, `the /${folder} page`])('are not: %s', (text) => {
    expect(machinePaths(file(text))).toEqual([]);
  });
});
