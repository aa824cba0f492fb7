/**
 * The import rules hold, and each is shown to notice a file that breaks it.
 */
import { describe, expect, it } from 'vitest';
import { bareEndings, barrels, circles, foreignImports, importsOf } from './imports.ts';
import { projectFiles, typescript } from './project.ts';

const files = typescript(projectFiles());

function file(path: string, text: string) {
  return new Map([[path, text]]);
}

describe('the folders', () => {
  it('import only what design.md lets them', () => {
    expect(foreignImports(files)).toEqual([]);
  });

  it.each([
    ['core/a.ts', "import { x } from '../web/x.ts';"],
    ['core/a.ts', "import type { X } from '../relay/x.ts';"],
    ['core/a.ts', "import fs from 'node:fs';"],
    ['core/a.ts', "import { html } from 'lit';"],
    ['core/a.ts', "import { hostile } from 'fzstd-other';"],
    ['core/a/b.ts', "type X = import('../../web/x.ts').X;"],
    ['web/a.ts', "export { x } from '../relay/x.ts';"],
    ['web/a.ts', "await import('../relay/x.ts');"],
    ['web/a.ts', "new Worker(new URL('../relay/x.ts', import.meta.url));"],
    ['web/a.ts', "import 'node:crypto';"],
    ['relay/a.ts', "import { x } from '../web/x.ts';"],
    ['relay/a.ts', "import { x } from '../test/model/x.ts';"],
    ['relay/a.ts', "import { openDB } from 'idb';"],
  ])('may not, in %s: %s', (path, text) => {
    expect(foreignImports(file(path, text))).toHaveLength(1);
  });

  it.each([
    ['core/a.ts', "import { sha256 } from '@noble/hashes/sha2.js';"],
    ['core/a/b.ts', "import { x } from '../x.ts';"],
    ['web/a.ts', "import { x } from '../core/x.ts'; import { html } from 'lit';"],
    ['relay/a.ts', "import { x } from '../core/x.ts'; import { WebSocketServer } from 'ws'; import 'node:fs';"],
    ['core/a.ts', "const text = `import x from '../web/x.ts'`; // import x from '../web/x.ts'"],
  ])('may, in %s: %s', (path, text) => {
    expect(foreignImports(file(path, text))).toEqual([]);
  });
});

describe('imports', () => {
  it('name their files with the ending', () => {
    expect(bareEndings(files)).toEqual([]);
  });

  it.each(["import './b.js';", "export * from './b';", "import('../b');"])('would be refused as %s', (text) => {
    expect(bareEndings(file('core/a.ts', text))).toHaveLength(1);
  });

  it.each(["import './b.ts';", "import W from './b.ts?worker&inline';", "import './style.css?inline';"])(
    'are right as %s',
    (text) => {
      expect(bareEndings(file('web/a.ts', text))).toEqual([]);
    },
  );

  it('are told with their lines', () => {
    expect(importsOf('core/a.ts', "\nimport 'b';\nimport 'c';")).toEqual([
      { line: 2, specifier: 'b' },
      { line: 3, specifier: 'c' },
    ]);
  });
});

describe('barrels', () => {
  it('do not exist', () => {
    expect(barrels(files)).toEqual([]);
  });

  it.each([
    "export * from './b.ts';",
    "export { b } from './b.ts';\nexport const a = 1;",
    "import type { X } from './x.ts';\nexport type { X } from './x.ts';",
  ])('would be noticed: %s', (text) => {
    expect(barrels(file('core/a.ts', text))).toHaveLength(1);
  });

  it('are not files with something of their own that pass a type on', () => {
    expect(barrels(file('core/a.ts', "export type { X } from './x.ts';\nexport const a = 1;"))).toEqual([]);
  });
});

describe('circles of imports', () => {
  it('do not exist', () => {
    expect(circles(files)).toEqual([]);
  });

  it('would be noticed, through types and however long', () => {
    const tangled = new Map([
      ['core/a.ts', "import './x/b.ts';"],
      ['core/x/b.ts', "import type { C } from '../c.ts';"],
      ['core/c.ts', "import('./a.ts');"],
      ['core/d.ts', "import './a.ts';"],
    ]);
    expect(circles(tangled)).toEqual(['core/a.ts → core/x/b.ts → core/c.ts → core/a.ts']);
  });

  it('are not two ways to one file', () => {
    const diamond = new Map([
      ['core/a.ts', "import './b.ts'; import './c.ts';"],
      ['core/b.ts', "import './d.ts';"],
      ['core/c.ts', "import './d.ts';"],
      ['core/d.ts', ''],
    ]);
    expect(circles(diamond)).toEqual([]);
  });
});
