/**
 * What a visitor has to load, counted from the bundle: gzipped, first paint and later apart, against issue 3's marks.
 *
 * First paint is the page's own script and all it imports statically; what stands behind an `import()` is later. Source
 * maps count for nothing: no browser loads them unasked.
 */
import { gzipSync } from 'node:zlib';

/** As much of a Rolldown output file as is looked at. */
export type OutputFile =
  | {
      readonly type: 'chunk';
      readonly fileName: string;
      readonly code: string;
      readonly imports: readonly string[];
      readonly facadeModuleId: string | null;
    }
  | { readonly type: 'asset'; readonly fileName: string; readonly source: string | Uint8Array };

/** Gzipped bytes by file name. */
export type Sizes = ReadonlyMap<string, number>;

export interface PageSizes {
  /** Scripts the first paint waits for. */
  readonly first: Sizes;
  /** Scripts loaded afterwards. */
  readonly later: Sizes;
  readonly wasm: Sizes;
  readonly documents: Sizes;
}

/** Issue 3, What it must show: 120 kB of JavaScript and 250 kB of WASM, gzipped. */
const maxScriptBytes = 120_000;
const maxWasmBytes = 250_000;

/** @throws Error when the page's own script is not among the files */
export function pageSizes(files: readonly OutputFile[]): PageSizes {
  const chunks = new Map(files.flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file] as const] : [])));
  const page = [...chunks.values()].find(({ facadeModuleId }) => facadeModuleId?.endsWith('/index.html'));
  if (page === undefined) throw new Error('the bundle holds no script of index.html');
  const needed = new Set<string>([page.fileName]);
  for (const name of needed) for (const imported of chunks.get(name)?.imports ?? []) needed.add(imported);

  const sizes = { first: new Map(), later: new Map(), wasm: new Map(), documents: new Map() };
  for (const file of files) {
    const kind = kindOf(file, needed);
    if (kind !== undefined) sizes[kind].set(file.fileName, gzipped(file.type === 'chunk' ? file.code : file.source));
  }
  return sizes;
}

export function totalOf(...groups: readonly Sizes[]): number {
  return groups.flatMap((sizes) => [...sizes.values()]).reduce((sum, bytes) => sum + bytes, 0);
}

/** One sentence for each mark that is passed. */
export function overMark({ first, later, wasm }: PageSizes): string[] {
  const scriptBytes = totalOf(first, later);
  const wasmBytes = totalOf(wasm);
  const faults: string[] = [];
  if (scriptBytes > maxScriptBytes) faults.push(fault('JavaScript', scriptBytes, maxScriptBytes));
  if (wasmBytes > maxWasmBytes) faults.push(fault('WASM', wasmBytes, maxWasmBytes));
  return faults;
}

export function sizeTable({ first, later, wasm, documents }: PageSizes): string {
  const rows = [
    ['page and styles', documents],
    ['JavaScript, first paint', first],
    ['JavaScript, later', later],
    ['WASM, later', wasm],
  ] as const;
  const lines = rows.flatMap(([title, sizes]) => [
    row(title, totalOf(sizes)),
    ...[...sizes].map(([name, bytes]) => row(`  ${name}`, bytes)),
  ]);
  return [
    'gzipped:',
    ...lines,
    `${row('JavaScript in all', totalOf(first, later))} of ${kilobytes(maxScriptBytes)}`,
    `${row('WASM in all', totalOf(wasm))} of ${kilobytes(maxWasmBytes)}`,
  ].join('\n');
}

function kindOf(file: OutputFile, needed: ReadonlySet<string>): keyof PageSizes | undefined {
  if (file.type === 'chunk') return needed.has(file.fileName) ? 'first' : 'later';
  if (file.fileName.endsWith('.js')) return 'later';
  if (file.fileName.endsWith('.wasm')) return 'wasm';
  return file.fileName.endsWith('.map') ? undefined : 'documents';
}

function gzipped(content: string | Uint8Array): number {
  return gzipSync(content, { level: 9 }).length;
}

function fault(what: string, bytes: number, maxBytes: number): string {
  return `The page's ${what} is ${kilobytes(bytes)} gzipped; the mark is ${kilobytes(maxBytes)}.`;
}

function row(title: string, bytes: number): string {
  return `  ${title.padEnd(44)}${kilobytes(bytes).padStart(9)}`;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} kB`;
}
