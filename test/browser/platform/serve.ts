/**
 * Serves the sources to a page as they are, so that a test can import any of them there.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';
import { writeWasm } from '../../../scripts/extract-wasm.ts';
import { simplePeerParts } from '../../../scripts/simple-peer-parts.ts';

export interface SourceServer {
  /** An empty page; modules of the project are imported by their path from the project's folder: `/web/open.ts`. */
  readonly url: string;
  /** The same, of a site that allows neither workers nor WASM. */
  readonly strictUrl: string;
  close(): Promise<void>;
}

const emptyPage = '<!doctype html><title>empty</title>';
const project = fileURLToPath(new URL('../../..', import.meta.url));

export async function serveSources(): Promise<SourceServer> {
  writeWasm();
  const cacheDir = await mkdtemp(join(tmpdir(), 'mccloud-vite-'));
  const server = await createServer({
    configFile: false,
    root: project,
    cacheDir,
    logLevel: 'error',
    appType: 'custom',
    worker: { format: 'es' },
    resolve: {
      alias: [
        { find: 'vitest', replacement: fileURLToPath(new URL('./vitest-in-page.ts', import.meta.url)) },
        ...simplePeerParts,
      ],
    },
    // Found out only while a page runs, it would be loaded anew in the middle of a test.
    optimizeDeps: { noDiscovery: true, include: ['simple-peer'] },
    server: { host: '127.0.0.1', port: 0, hmr: false, watch: null },
    plugins: [
      {
        name: 'empty pages',
        configureServer: ({ middlewares }) => {
          middlewares.use('/empty.html', (_request, response) => {
            response.setHeader('content-type', 'text/html');
            response.end(emptyPage);
          });
          middlewares.use('/strict.html', (_request, response) => {
            response.setHeader('content-type', 'text/html');
            response.setHeader('content-security-policy', "default-src 'self'; worker-src 'none'");
            response.end(emptyPage);
          });
        },
      },
    ],
  });
  await server.listen();
  const address = server.httpServer?.address();
  if (address === null || typeof address !== 'object') throw new Error('the server listens nowhere');
  return {
    url: `http://127.0.0.1:${address.port}/empty.html`,
    strictUrl: `http://127.0.0.1:${address.port}/strict.html`,
    async close() {
      await server.close();
      await rm(cacheDir, { recursive: true, force: true });
    },
  };
}
