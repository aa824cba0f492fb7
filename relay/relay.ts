/**
 * The relay as one thing to start and end: server, signaling, STUN, and an archive peer for each network.
 */
import { isNetworkName } from '../core/config.ts';
import { type PublicKeyHex, publicKeyFromHex } from '../core/crypto/keys.ts';
import { PeerError } from '../core/errors.ts';
import type { Services as Announced } from '../core/wire/signaling.ts';
import { type Archive, openArchive } from './archive.ts';
import { Bridge } from './bridge/bridge.ts';
import { type LogLevel, type Logs, type LogWriter, logsUpTo, stderrWriter } from './log.ts';
import { measure } from './measures.ts';
import { Metrics } from './metrics.ts';
import { isLoopback } from './open.ts';
import { connectionsWithin, openFilesLimit } from './open-files.ts';
import { Operations } from './operations.ts';
import { Page } from './page.ts';
import { Refusals, type Refused } from './refusals.ts';
import { RelayServer, type Services } from './server.ts';
import { openServices, type RelayServices, type StunPort } from './services.ts';
import { type Access, defaultAccess } from './settings/access.ts';
import { type BridgeSettings, defaultBridge } from './settings/bridge.ts';
import { defaultLimits, type Limits } from './settings/limits.ts';
import { urlOf } from './settings.ts';
import { Signaling } from './signaling.ts';
import { readTls, type TlsFiles } from './tls.ts';
import type { Turn } from './turn.ts';

export interface RelayOptions {
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
  /** Each network has a folder of its name in it. */
  readonly folder: string;
  readonly networks: readonly string[];
  /** Keys whose votes make blocks final, in each network. */
  readonly committee?: readonly PublicKeyHex[];
  /** The built page. */
  readonly pageFolder: string;
  /** What is not given here is as the flags have it by default. */
  readonly access?: Partial<Access>;
  readonly limits?: Partial<Limits>;
  /** If not given, stderr. */
  readonly log?: LogWriter;
  /** If not given, `info`. */
  readonly logLevel?: LogLevel;
  /** `none`: nothing is carried for tabs. */
  readonly bridge?: BridgeSettings | 'none';
  /** Where STUN is answered; nowhere if it is not said. */
  readonly stun?: StunPort;
  readonly turn?: Turn | undefined;
}

export interface Relay {
  /** Where a browser on this machine opens it. */
  readonly url: string;
  /** The archive peers by network. */
  readonly archives: ReadonlyMap<string, Archive>;
  /** Others give their numbers here. */
  readonly metrics: Metrics;
  /** Reads certificate and key anew; if they are no good it goes on with those it has, and says so. */
  renewTls(): Promise<void>;
  /** Takes leave of everybody and closes the stores. Idempotent. */
  close(): Promise<void>;
}

/**
 * The port is taken first: of all that can be wrong it is the likeliest.
 * @throws Error with code `EADDRINUSE` and others of Node's `listen`; StoreError; PeerError `bad-config`
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { committee = [] } = options;
  const { host, port, folder, networks, log = stderrWriter('text'), logLevel = 'info', stun = 'none', turn } = options;
  const access = { ...defaultAccess, ...options.access };
  const limits = { ...defaultLimits, ...options.limits };
  for (const network of networks) {
    if (!isNetworkName(network)) throw new PeerError('bad-config', `"${network}" is no network name`);
  }
  const logs = logsUpTo(logLevel, log);
  const metrics = new Metrics();
  const refusals = new Refusals(logs, metrics);
  const archives = new Map<string, Archive>();
  let services: RelayServices | undefined;
  const signaling = signalingOf(metrics, refusals.tell, () => services?.announced() ?? { stun: undefined, turn: [] });
  const bridge = openBridge(options, access, refusals.tell);
  let isOpen = false;
  const server = new RelayServer(
    {
      page: await Page.load(options.pageFolder),
      operations: new Operations(metrics, access.metrics, () => troubleOf(archives, isOpen)),
      refused: refusals.tell,
      signal: (socket, host, from, spoke) => signaling.accept(socket, { host, from }, spoke),
      bridge: bridge && ((socket, host, from, spoke) => bridge.accept(socket, { host, from }, spoke)),
      archive: (network) => takerOf(archives.get(network), refusals.tell),
    },
    {
      ...access,
      tls: access.tls && (await readTls(access.tls)),
      maxSockets: limits.maxSockets,
      maxConnections: await connectionsOf(limits, options, logs),
    },
  );
  measure(metrics, { server, signaling, archives, bridge });
  const close = async (): Promise<void> => {
    isOpen = false;
    // A block that an archive has just written still leaves by the sockets that the server then closes.
    await Promise.all([...archives.values()].map(({ peer }) => peer.close()));
    bridge?.close();
    await Promise.all([server.close(), services?.close()]);
    refusals.close();
  };
  const boundPort = await server.listen(host, port);
  try {
    services = await openServices({ host, stun, turn }, boundPort, logs.warn);
    for (const network of new Set(networks)) {
      const archive = await openArchive({ network, committee }, folder, logs, limits.maxArchiveLinks);
      archives.set(network, archive);
      signaling.serve(network, publicKeyFromHex(archive.peer.publicKey));
    }
  } catch (error) {
    await close();
    throw error;
  }
  isOpen = true;
  server.open();
  return {
    url: urlOf(host, boundPort, access),
    archives,
    metrics,
    renewTls: () => renewTls(server, access.tls, logs),
    close,
  };
}

function signalingOf(metrics: Metrics, refused: Refused, services: () => Announced): Signaling {
  const passed = metrics.counter('signals_passed_total', 'Signals that went on from one tab to another', ['network']);
  const reports = {
    refused: (code: string, reason: string, from: string) =>
      refused({ door: 'signal', code, reason, from, level: code === 'full' ? 'warn' : 'info' }),
    passed: (network: string) => passed({ network }),
  };
  return new Signaling(reports, services);
}

/** What takes the links of an archive peer. */
function takerOf(archive: Archive | undefined, refused: Refused): ReturnType<Services['archive']> {
  if (archive === undefined) return undefined;
  return (socket, from) => {
    if (archive.accept(socket, from)) return;
    const reason = 'the archive peer has no room for another link';
    refused({ door: 'peer', code: 'full', reason, from, level: 'warn' });
  };
}

/** Why the relay is not well; undefined when it is. */
function troubleOf(archives: ReadonlyMap<string, Archive>, isOpen: boolean): string | undefined {
  if (!isOpen) return 'the relay is not open';
  const failed = [...archives].find(([, { failure }]) => failure !== undefined);
  return failed && `the archive of ${failed[0]} has failed`;
}

/** Never so many that no file is left to write a chain to. */
async function connectionsOf(
  { maxConnections }: Limits,
  { bridge = defaultBridge }: RelayOptions,
  logs: Logs,
): Promise<number> {
  const openFiles = await openFilesLimit();
  const others = bridge === 'none' ? 0 : bridge.mostConnections + bridge.mostPorts;
  const connections = connectionsWithin(openFiles, maxConnections, others);
  if (openFiles !== undefined && connections < maxConnections) {
    const asked = { 'max-connections': maxConnections, 'open-files': openFiles };
    logs.warn('this process may not open files enough for --max-connections', { ...asked, connections });
  }
  return connections;
}

async function renewTls(server: RelayServer, files: TlsFiles | undefined, logs: Logs): Promise<void> {
  if (files === undefined) {
    logs.info('there is no certificate to read anew');
    return;
  }
  try {
    server.useTls(await readTls(files));
    logs.info('certificate and key were read anew', { cert: files.cert });
  } catch (error) {
    if (!(error instanceof PeerError)) throw error;
    logs.error('the certificate stays the one that was', { error: error.message });
  }
}

/** A relay for this machine alone dials this machine too; one behind a proxy is for all. */
function openBridge(
  { host, networks, bridge = defaultBridge }: RelayOptions,
  { behindProxy }: Access,
  refused: Refused,
): Bridge | undefined {
  if (bridge === 'none') return undefined;
  const loopback = isLoopback(host) && !behindProxy;
  const options = { ...bridge, host, loopback, networks: new Set(networks) };
  return new Bridge(options, ({ code, message, detail }, from) => {
    const reason = detail === '' ? message : `${message} (${detail})`;
    refused({ door: 'bridge', code, reason, from, level: isLimit.has(code) ? 'warn' : 'info' });
  });
}

/** What an operator can raise. */
const isLimit: ReadonlySet<string> = new Set(['full', 'no-port']);
