#!/usr/bin/env node
/**
 * The command: starts the relay, says where it is, ends it on Ctrl-C or SIGTERM within a second.
 *
 * What a person can put right (a port that is taken, a folder in use) is said in one line, without a stack.
 */
import { existsSync } from 'node:fs';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';
import { explained } from './explain.ts';
import { logsUpTo, stderrWriter } from './log.ts';
import { type Relay, startRelay } from './relay.ts';
import { readSettings } from './settings.ts';

/** Issue 3: within a second. */
const endWithinMs = 900;

const settings = readSettings(process.argv);
/** Asked now: of a terminal that was closed nobody would say so. */
const hasTerminal = isatty(0);
// A terminal that is gone, or a reader that has enough, is no reason to end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
const log = stderrWriter(settings.log.format);
const logs = logsUpTo(settings.log.level, log);
try {
  const { host, port, data, networks, committee, access, limits, bridge, stun, turn } = settings;
  const where = { host, port, folder: data, networks, committee, pageFolder: pageFolder() };
  const relay = await startRelay({ ...where, access, limits, bridge, stun, turn, log, logLevel: settings.log.level });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end(relay));
  process.on('SIGHUP', () => void hungUp(relay));
  if (settings.log.format === 'json') logs.info('open', { url: relay.url });
  else console.log(`Open ${relay.url}`);
} catch (error) {
  const line = explained(error, settings);
  if (line === undefined) throw error;
  console.error(`mccloud: ${line}`);
  process.exitCode = 1;
}

async function end(relay: Relay): Promise<void> {
  setTimeout(() => {
    logs.error('something would not end; leaving anyway');
    process.exit(1);
  }, endWithinMs).unref();
  await relay.close();
  process.exit(0);
}

/** A service manager asks for files to be read anew; without any, it is a terminal that was closed. */
async function hungUp(relay: Relay): Promise<void> {
  await (hasTerminal && settings.access.tls === undefined ? end(relay) : relay.renewTls());
}

/** `dist/page`, whether this file runs compiled in `dist/relay` or from its source. */
function pageFolder(): string {
  const [compiled, source] = ['../page', '../dist/page'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  return compiled !== undefined && existsSync(compiled) ? compiled : (source as string);
}
