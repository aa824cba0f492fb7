/**
 * Serves the stage from its sources by Vite, in the test's own process, on a port the system chooses.
 */
import { fileURLToPath } from 'node:url';
import { createServer, type ViteDevServer } from 'vite';

export interface StageServer {
  /** Such as `http://127.0.0.1:40123`. */
  readonly origin: string;
  close(): Promise<void>;
}

export async function serveStage(): Promise<StageServer> {
  const server = await createServer({
    configFile: false,
    root: fileURLToPath(new URL('.', import.meta.url)),
    cacheDir: fileURLToPath(new URL('../../../../node_modules/.vite-stage', import.meta.url)),
    logLevel: 'warn',
    // Lit's own modules run as they are; finding and bundling dependencies would reload the page under a test.
    optimizeDeps: { noDiscovery: true },
    server: {
      host: '127.0.0.1',
      port: 0,
      hmr: false,
      watch: null,
      fs: { allow: [fileURLToPath(new URL('../../../..', import.meta.url))] },
    },
  });
  await server.listen();
  return { origin: originOf(server), close: () => server.close() };
}

function originOf(server: ViteDevServer): string {
  const address = server.httpServer?.address();
  if (address === null || address === undefined || typeof address === 'string') throw new Error('Vite does not listen');
  return `http://127.0.0.1:${address.port}`;
}
