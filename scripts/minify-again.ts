/**
 * A second pass over what the bundler has minified: terser finds a sixtieth that oxc leaves, and oxc what terser leaves.
 *
 * A plugin of Vite, for the page has to stay under its mark (page-size.ts). What a visitor would load for nothing goes too:
 * how the element's templates are indented and what they say to who reads them, which no minifier may touch, and what
 * simple-peer says to a debugger.
 */
import { basename } from 'node:path';
import MagicString from 'magic-string';
import { minify } from 'terser';
import { type Plugin, parseSync } from 'vite';

export interface Minified {
  readonly code: string;
  readonly map: string;
}

export function minifyAgain(): Plugin {
  return {
    name: 'minify-again',
    apply: 'build',
    transform: {
      filter: { id: /\/web\/element\/.*\.ts$/ },
      handler: (code) => withoutIndentation(code),
    },
    generateBundle: {
      order: 'post',
      async handler(_options, bundle) {
        for (const file of Object.values(bundle)) {
          const map = file.type === 'chunk' ? bundle[`${file.fileName}.map`] : undefined;
          if (file.type !== 'chunk' || map?.type !== 'asset') continue;
          const minified = await minifiedAgain({ code: file.code, map: String(map.source) }, basename(map.fileName));
          file.code = minified.code;
          map.source = minified.map;
        }
      },
    },
  };
}

/**
 * A source whose tagged templates are HTML and CSS, where a space is as good as a new line and its indentation, and nobody
 * reads a comment.
 */
export function withoutIndentation(code: string): Minified {
  const source = new MagicString(code);
  for (const { start, end } of partsOfTemplates(parseSync('element.ts', code).program)) {
    for (const { 0: found, index } of code.slice(start, end).matchAll(/\s*\n\s*(?:\/\*[\s\S]*?\*\/\s*)?/g))
      source.overwrite(start + index, start + index + found.length, ' ');
  }
  return { code: source.toString(), map: source.generateMap({ hires: true }).toString() };
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function partsOfTemplates(node: unknown): Range[] {
  if (typeof node !== 'object' || node === null) return [];
  const inner = Object.values(node).flatMap(partsOfTemplates);
  const isTagged = 'type' in node && node.type === 'TaggedTemplateExpression';
  return isTagged ? [...inner, ...(node as unknown as { quasi: { quasis: Range[] } }).quasi.quasis] : inner;
}

/** @param minified a module and its source map @param url where the map will lie, seen from the module */
export async function minifiedAgain({ code, map }: Minified, url: string): Promise<Minified> {
  const sourceMap = { content: map, url, includeSources: true };
  // simple-peer's own; our part of it does nothing (web/links/simple-peer/debug.ts).
  const compress = { passes: 3, keep_fargs: false, sequences: false, pure_funcs: ['this._debug'] };
  const smaller = await minify(code, { module: true, ecma: 2020, compress, sourceMap });
  if (smaller.code === undefined || typeof smaller.map !== 'string') throw new Error('terser returned no module');
  return { code: smaller.code, map: smaller.map };
}
