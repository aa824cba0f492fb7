/**
 * The core is pure, and the check is shown to notice what is not.
 */
import { describe, expect, it } from 'vitest';
import { projectFiles, typescript } from './project.ts';
import { impurities, waits } from './purity.ts';

const core = typescript(projectFiles(), 'core');

function found(text: string): string[] {
  return impurities(new Map([['core/a.ts', text]]));
}

describe('the core', () => {
  it('uses no platform', () => {
    expect(impurities(core)).toEqual([]);
  });

  it('waits for nothing but in its host and its stores', () => {
    expect(waits(core)).toEqual([]);
  });
});

describe('the check for platforms', () => {
  it.each([
    'const now = Date.now();',
    'const now = new Date();',
    'type When = Date;',
    'function f() { return performance.now(); }',
    'setTimeout(() => {}, 1);',
    'const n = Math.random();',
    "const n = Math['random']();",
    'const { random } = Math;',
    'function f(process: number) {}',
    'const text = `${' + 'globalThis.x}`;',
    'declare const window: { now(): number };',
    'declare function now(): number;',
    'const { console } = host;',
    'const all = { crypto };',
    'const all = { [console]: 1 };',
    "export const later = () => fetch('x');",
    'x?.y(navigator);',
  ])('notices: %s', (text) => {
    expect(found(text)).toHaveLength(1);
  });

  it.each([
    'const t = member.Date;',
    'const t = { fetch: 1, process() {} };',
    '// Date.now()',
    "const t = 'setTimeout';",
    'const t = /Date/;',
    'const most = Math.max(1, 2);',
    'interface Platform { readonly crypto: number; fetch(): void }',
    "import { sha256 } from './crypto/hash.ts';",
    "import { process as handle } from './x.ts';",
    'const window = 1 << 23;',
    'declare const brand: unique symbol;',
    'class A { performance = 1; #location = 2; }',
  ])('lets pass: %s', (text) => {
    expect(found(text)).toEqual([]);
  });

  it('tells where', () => {
    expect(found('\n\nDate.now();')).toEqual(['core/a.ts:3 uses Date']);
  });
});

describe('the check for waiting', () => {
  const waiting = 'async function f() { await g(); for await (const x of y) h(x); }';

  it('notices it in a machine', () => {
    expect(waits(new Map([['core/peer.ts', waiting]]))).toHaveLength(2);
  });

  it('lets the host and the stores wait', () => {
    const both = ['core/host.ts', 'core/storage/memory.ts'].map((path): [string, string] => [path, waiting]);
    expect(waits(new Map(both))).toEqual([]);
  });
});
