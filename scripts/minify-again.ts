/**
 * A second pass over what the bundler has minified: terser finds a sixtieth that oxc leaves, and oxc what terser leaves.
 *
 * A plugin of Vite, for the page has to stay under its mark (page-size.ts). It changes chunks and their source maps only.
 */
import { basename } from 'node:path';
import { minify } from 'terser';
import type { Plugin } from 'vite';

export interface Minified {
  readonly code: string;
  readonly map: string;
}

export function minifyAgain(): Plugin {
  return {
    name: 'minify-again',
    apply: 'build',
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

/** @param minified a module and its source map @param url where the map will lie, seen from the module */
export async function minifiedAgain({ code, map }: Minified, url: string): Promise<Minified> {
  const sourceMap = { content: map, url, includeSources: true };
  const smaller = await minify(code, { module: true, ecma: 2020, compress: { passes: 2 }, sourceMap });
  if (smaller.code === undefined || typeof smaller.map !== 'string') throw new Error('terser returned no module');
  return { code: smaller.code, map: smaller.map };
}
