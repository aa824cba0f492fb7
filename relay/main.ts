#!/usr/bin/env node
/**
 * The command: starts the relay, says where it is, ends it on Ctrl-C or SIGTERM within a second.
 *
 * What a person can put right (a port that is taken, a folder in use) is said in one line, without a stack.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { explained } from './explain.ts';
import { logToStderr } from './log.ts';
import { type Relay, startRelay } from './relay.ts';
import { readSettings } from './settings.ts';

/** Issue 3: within a second. */
const endWithinMs = 900;

const settings = readSettings(process.argv);
try {
  const { host, port, data, networks, bridge = 'none' } = settings;
  const relay = await startRelay({ host, port, folder: data, networks, bridge, pageFolder: pageFolder() });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end(relay));
  console.log(`Open ${relay.url}`);
} catch (error) {
  const line = explained(error, settings);
  if (line === undefined) throw error;
  console.error(`mccloud: ${line}`);
  process.exitCode = 1;
}

async function end(relay: Relay): Promise<void> {
  setTimeout(() => {
    logToStderr('something would not end; leaving anyway');
    process.exit(1);
  }, endWithinMs).unref();
  await relay.close();
  process.exit(0);
}

/** `dist/page`, whether this file runs compiled in `dist/relay` or from its source. */
function pageFolder(): string {
  const [compiled, source] = ['../page', '../dist/page'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  return compiled !== undefined && existsSync(compiled) ? compiled : (source as string);
}
