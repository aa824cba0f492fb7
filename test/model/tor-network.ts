/**
 * A private Tor network of real tor daemons on loopback (tor-testnet beside this file), as a test needs it.
 *
 * Two daemons face the tests: a client, whose SOCKS port dials, and a host, behind which the onion services are; either
 * can be killed while the other stays. It takes 30 to 60 s to start, so it is started once for many tests: who starts it
 * hands its `description` to the others, who join it. All of it ends with `stop`, and with the process that started it,
 * however that ends.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SocksClient } from 'socks';
import { type HostAndPort, hostAndPort } from '../../core/network/addresses.ts';
import { freePorts } from './free-ports.ts';

/** What an onion service leads to: a port of this machine. */
export interface TorService {
  readonly port: number;
  /** The port in its onion address: 29092 for a peer, 80 for a relay. */
  readonly onionPort: number;
}

/** Enough to join it from another process; survives `JSON.stringify`. */
export interface TorDescription {
  readonly folder: string;
  readonly socks: HostAndPort;
  readonly hostSocks: HostAndPort;
  readonly onions: readonly string[];
}

export interface TorNetwork {
  readonly description: TorDescription;
  /** SOCKS5 port of the client; leads to onion services and, by exits, to all of loopback. */
  readonly socks: HostAndPort;
  /** SOCKS5 port of the daemon that the services are behind: the proxy of a peer that is one of them. */
  readonly hostSocks: HostAndPort;
  /** `….onion:29092`, in the order of the services. */
  readonly onions: readonly string[];
  /** At once; whatever goes through it breaks. */
  killClient(): Promise<void>;
  /** The same port again, once it can dial. */
  restartClient(): Promise<void>;
  killHost(): Promise<void>;
  /** The same onion addresses again; they are reached some seconds later. */
  restartHost(): Promise<void>;
}

export interface OwnTorNetwork extends TorNetwork {
  /** Idempotent. */
  stop(): Promise<void>;
}

const script = fileURLToPath(new URL('tor-testnet', import.meta.url));
/** Seven relays' and authorities', and the two SOCKS ports. */
const portCount = 12;
/** The script gives up before. */
const reviveTimeoutMs = 200_000;
const reachTimeoutMs = 120_000;
const tryTimeoutMs = 20_000;
const retryMs = 500;

/**
 * Starts it, and waits until every service is reached, whether anybody listens behind it already or not.
 * @param services a port of this machine stands for a peer behind `….onion:29092`
 */
export async function startTorNetwork({
  services,
}: {
  readonly services: readonly (number | TorService)[];
}): Promise<OwnTorNetwork> {
  const all = services.map((service) => (typeof service === 'number' ? { port: service, onionPort: 29_092 } : service));
  const folder = await mkdtemp(join(tmpdir(), 'mccloud-tor-'));
  const standIns = await Promise.all(all.map(({ port }) => standIn(port)));
  const env = { ...process.env, TOR_PORTS: String(await freePorts(portCount)) };
  const pairs = all.map(({ port, onionPort }) => `${onionPort}:${port}`);
  const child = spawn(script, ['run', folder, ...pairs], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const description = described(folder, await firstLine(child));
    await Promise.all(description.onions.map((onion) => reached(description.socks, onion)));
    return { ...joinTorNetwork(description), stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    for (const server of standIns) server?.close();
  }
}

/** One that another process has started, and stops. */
export function joinTorNetwork(description: TorDescription): TorNetwork {
  const { folder, socks, hostSocks, onions } = description;
  const told = (command: 'kill' | 'revive', daemon: 'client' | 'host') => async () => {
    await promisify(execFile)(script, [command, folder, daemon], { timeout: reviveTimeoutMs });
  };
  return {
    description,
    socks,
    hostSocks,
    onions,
    killClient: told('kill', 'client'),
    restartClient: told('revive', 'client'),
    killHost: told('kill', 'host'),
    restartHost: told('revive', 'host'),
  };
}

/** @throws when there is none */
async function firstLine({ stdout, stderr }: ChildProcess): Promise<string> {
  let complaints = '';
  stderr?.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  let said = '';
  for await (const chunk of stdout ?? []) {
    said += String(chunk);
    if (said.includes('\n')) return said;
  }
  throw new Error(`no Tor network: ${complaints}`);
}

function described(folder: string, line: string): TorDescription {
  const { socks, hostSocks, onions } = JSON.parse(line) as { socks: string; hostSocks: string; onions: string[] };
  const [client, host] = [hostAndPort(socks), hostAndPort(hostSocks)];
  if (client === undefined || host === undefined) throw new Error(`tor-testnet said ${line}`);
  return { folder, socks: client, hostSocks: host, onions };
}

/** Listens where nobody does yet: a service behind which nobody is cannot be told from one that is not there. */
async function standIn(port: number): Promise<Server | undefined> {
  const server = createServer((socket) => socket.on('error', () => undefined).end()).listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
}

async function reached(proxy: HostAndPort, onion: string): Promise<void> {
  const destination = hostAndPort(onion);
  if (destination === undefined) throw new Error(`${onion} is no host:port`);
  const deadline = Date.now() + reachTimeoutMs;
  for (;;) {
    try {
      const options = { proxy: { ...proxy, type: 5 }, destination, command: 'connect', timeout: tryTimeoutMs } as const;
      const { socket } = await SocksClient.createConnection(options);
      return void socket.destroy();
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`${onion} is not reached: ${String(error)}`, { cause: error });
      await wait(retryMs);
    }
  }
}
