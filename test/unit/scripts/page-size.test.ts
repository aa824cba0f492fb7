import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type OutputFile, overMark, pageSizes, sizeTable, totalOf } from '../../../scripts/page-size.ts';

function chunk(fileName: string, imports: readonly string[] = [], code = fileName, entry = fileName): OutputFile {
  return { type: 'chunk', fileName, imports, code, facadeModuleId: `/project/${entry}` };
}

function asset(fileName: string, source: string | Uint8Array = fileName): OutputFile {
  return { type: 'asset', fileName, source };
}

const page = chunk('assets/index-1.js', ['mccloud.js'], 'page', 'web/index.html');

describe('the sizes of a page', () => {
  it('tell what the first paint waits for, through all static imports, from what comes later', () => {
    const files = [
      page,
      chunk('mccloud.js', ['assets/shared.js']),
      chunk('assets/shared.js'),
      chunk('assets/lazy.js', ['assets/shared.js']),
      asset('assets/worker.js'),
      asset('assets/a.wasm', new Uint8Array(100)),
      asset('index.html'),
      asset('mccloud.js.map'),
    ];
    const { first, later, wasm, documents } = pageSizes(files);
    expect([...first.keys()]).toEqual(['assets/index-1.js', 'mccloud.js', 'assets/shared.js']);
    expect([...later.keys()]).toEqual(['assets/lazy.js', 'assets/worker.js']);
    expect([...wasm.keys()]).toEqual(['assets/a.wasm']);
    expect([...documents.keys()]).toEqual(['index.html']);
  });

  it('are gzipped', () => {
    const { first } = pageSizes([chunk('index.js', [], 'a'.repeat(100_000), 'web/index.html')]);
    expect(totalOf(first)).toBeLessThan(500);
  });

  it('are not told of a bundle without the page', () => {
    expect(() => pageSizes([chunk('mccloud.js')])).toThrow('index.html');
  });
});

describe('the marks', () => {
  const noise = (bytes: number) => randomBytes(bytes).toString('latin1');

  it('hold for a small page', () => {
    expect(overMark(pageSizes([page, chunk('mccloud.js')]))).toEqual([]);
  });

  it('are passed by scripts that are large together, also those that come later', () => {
    const files = [page, chunk('mccloud.js', [], noise(50_000)), chunk('lazy.js', [], noise(80_000))];
    expect(overMark(pageSizes(files))).toEqual([expect.stringContaining('JavaScript')]);
  });

  it('are passed by WASM that is large together', () => {
    const files = [
      page,
      chunk('mccloud.js'),
      asset('a.wasm', randomBytes(150_000)),
      asset('b.wasm', randomBytes(150_000)),
    ];
    expect(overMark(pageSizes(files))).toEqual([expect.stringContaining('WASM')]);
  });
});

it('the table shows every file and both sums', () => {
  const table = sizeTable(pageSizes([page, chunk('mccloud.js'), asset('a.wasm', new Uint8Array(9))]));
  for (const part of ['assets/index-1.js', 'mccloud.js', 'a.wasm', 'of 120.0 kB', 'of 250.0 kB']) {
    expect(table).toContain(part);
  }
});
