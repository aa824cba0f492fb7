/**
 * `npm run dev`: the page from its sources by Vite, with a relay behind it that starts again when its sources change.
 *
 * The relay's own page is not used; Vite passes its WebSockets on, so the page finds its relay on its own origin as it
 * does in the built program. Ctrl-C ends both.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';
import { writeWasm } from './extract-wasm.ts';

const project = fileURLToPath(new URL('..', import.meta.url));
const relayPort = '8081';
/** What relay/server.ts upgrades to a WebSocket. */
const relayPaths = ['^/signal$', '^/bridge$', '^/peer/'];

writeWasm();
const relay = spawn(
  join(project, 'node_modules', '.bin', 'tsx'),
  ['watch', 'relay/main.ts', '--port', relayPort, '--data', 'data/dev'],
  { cwd: project, stdio: 'inherit' },
);
relay.once('error', (error) => {
  throw error;
});
relay.once('exit', (code) => process.exit(code ?? 1));
process.once('exit', () => relay.kill());
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));

const target = `ws://127.0.0.1:${relayPort}`;
const server = await createServer({
  configFile: join(project, 'vite.config.ts'),
  server: {
    port: 8080,
    proxy: Object.fromEntries(relayPaths.map((path) => [path, { target, ws: true }])),
  },
});
await server.listen();
server.printUrls();
