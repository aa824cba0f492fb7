/**
 * `mccloud peer`: a full peer in this process, until Ctrl-C or SIGTERM.
 *
 * Tells what it does on stderr and one line on stdout when it is open. Ends in order: the control socket, the links, the
 * store, the folder; what was shared is in the folder by then.
 */
import type { Command } from 'commander';
import type { Peer } from '../../core/host.ts';
import { type Control, openControl } from '../control/server.ts';
import { explained } from '../explain.ts';
import { type Logs, logsUpTo } from '../log.ts';
import { openNodePeer } from '../open.ts';
import { CommandError, exitCodes, outcomeOf } from './exit.ts';
import { narrate } from './narration.ts';
import { addPeerOptions, type PeerFlags, type PeerSettings, peerSettings } from './peer-settings.ts';
import type { Terminal } from './terminal.ts';

const more = `
The folder holds the key and the chain of one peer in one network, as the
reference program keeps them. While the peer runs, mccloud share, blocks and
status talk to it by way of the folder. An address of --conn is dialled again
and again until it is linked, and when the link ends.

Without --announce-by others are told to dial --host and --port. With --proxy
the peer listens on this machine only, whatever --host says.

Ctrl-C or SIGTERM ends it in order, with exit code 0; a second one at once.
A variable of several addresses separates them with commas; flags go before
variables.

Examples:
  mccloud peer
  mccloud peer --port 29093 --data two --conn 127.0.0.1:29092
  mccloud peer --conn wss://relay.example/peer/main --log debug
  mccloud peer --proxy 127.0.0.1:9050 --announce-by example.onion:29092
`;

/** Somebody who is there answers in less; a relay that is started again is dialled every two seconds. */
const reachWithinMs = 5_000;

export function addPeer(program: Command, terminal: Terminal): void {
  addPeerOptions(program.command('peer'))
    .summary('run a peer')
    .description('Runs a full peer: keeps the chain in a folder, checks every block, and writes blocks in its turn.')
    .addHelpText('after', more)
    .action((flags: PeerFlags) => runPeer(peerSettings(flags), terminal));
}

/** Until it is interrupted. @throws CommandError */
export async function runPeer(settings: PeerSettings, terminal: Terminal): Promise<void> {
  const logs = logsUpTo(settings.log.level, terminal.log(settings.log.format));
  const interruption = terminal.interruption();
  const end = new AbortController();
  let crash: { readonly error: unknown } | undefined;
  const crashed = (error: unknown): void => {
    crash ??= { error };
    end.abort();
  };
  interruption.addEventListener('abort', () => end.abort(), { once: true });
  if (interruption.aborted) end.abort();
  for (const note of settings.notes) logs.warn(note);
  const peer = await opened(settings, crashed);
  const control = await controlOf(peer, settings.folder, logs);
  try {
    narrate(peer, logs);
    connectAll(peer, settings.connect, logs);
    await tellOpen(peer, settings, terminal, logs);
    await untilAborted(end.signal);
  } finally {
    logs.info('ending');
    await close(peer, control, logs);
  }
  if (crash === undefined) return;
  logs.error('the peer has failed', { error: stackOf(crash.error) });
  throw new CommandError(exitCodes.failed, 'the peer has failed; what it had stored is safe');
}

async function opened(settings: PeerSettings, crashed: (error: unknown) => void): Promise<Peer> {
  const { folder, reach, config } = settings;
  try {
    return await openNodePeer({ ...config, folder, reach, crashed });
  } catch (error) {
    const { exitCode = exitCodes.failed } = outcomeOf(error) ?? {};
    const line = explained(error, reach);
    throw line === undefined ? error : new CommandError(exitCode, line);
  }
}

/** A folder that can hold no socket (some network drives) is no reason not to run. */
function controlOf(peer: Peer, folder: string, logs: Logs): Promise<Control | undefined> {
  const failed = (error: unknown) => logs.error('a command has failed', { error: stackOf(error) });
  return openControl(folder, peer, failed).catch((error: unknown) => {
    logs.warn('share, blocks and status will not reach this peer', { reason: String(error) });
    return undefined;
  });
}

function connectAll(peer: Peer, addresses: readonly string[], logs: Logs): void {
  for (const address of addresses) peer.connect(address);
  setTimeout(() => {
    if (peer.status.closed) return;
    const reached = new Set(peer.peers().map(({ address }) => address));
    for (const address of addresses) {
      if (!reached.has(address)) logs.warn('not reached yet, and dialled again and again', { address });
    }
  }, reachWithinMs).unref();
}

async function tellOpen(peer: Peer, { folder }: PeerSettings, terminal: Terminal, logs: Logs): Promise<void> {
  const { network, listen, height } = peer.status;
  logs.info('open', { network, listen: listen ?? 'nowhere', folder, blocks: height, key: peer.publicKey });
  // It runs on when nobody reads its one line.
  await terminal.print(`Peer ${peer.publicKey} is open in ${folder}\n`).catch(() => undefined);
}

async function close(peer: Peer, control: Control | undefined, logs: Logs): Promise<void> {
  await control?.close().catch((error: unknown) => logs.warn('the control socket stays', { reason: String(error) }));
  await peer.close();
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
