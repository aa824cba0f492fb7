/**
 * How Vite bundles the tab: the page and the one module script a foreign site loads, `/mccloud.js` (issue 3).
 *
 * Both come out of one build, and the page loads that very script, so whatever works on the page works where it is
 * embedded. Everything is addressed relative to `import.meta.url`, because the script's home is the relay's origin and
 * not the site's; nothing is inlined but workers, which no foreign origin may load from here. In the mode `package` it
 * bundles the entry `mccloud/web` instead, for whom the compiled sources alone would be no use: workers are Vite's.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { minifyAgain } from './scripts/minify-again.ts';
import { simplePeerParts } from './scripts/simple-peer-parts.ts';

/** The entry whose file keeps its name; sites write it down. */
const moduleName = 'mccloud';

const page = { index: path('web/index.html'), [moduleName]: path('web/element/mccloud-peer.ts') };
const entries = { web: path('web/open.ts') };

export default defineConfig(({ mode }) => ({
  root: path('web'),
  base: './',
  publicDir: false,
  cacheDir: path('node_modules/.vite'),
  resolve: { alias: simplePeerParts },
  worker: { format: 'es' },
  plugins: [minifyAgain()],
  build: {
    outDir: path(mode === 'package' ? 'dist/package' : 'dist/page'),
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    // The page names the module in its markup; a lazy chunk asks for its imports itself.
    modulePreload: {
      polyfill: false,
      resolveDependencies: (_file, imports, { hostType }) => (hostType === 'html' ? imports : []),
    },
    reportCompressedSize: false,
    sourcemap: true,
    rolldownOptions: {
      input: mode === 'package' ? entries : page,
      // Else what the page shares with the module moves to a third file, and a site loads two in a row.
      preserveEntrySignatures: 'allow-extension',
      output: {
        entryFileNames: ({ name }) => (name === 'index' ? 'assets/[name]-[hash].js' : '[name].js'),
      },
    },
  },
}));

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
