/**
 * The relay as one thing to start and end: server, signaling, and an archive peer for each network.
 */
import { isNetworkName } from '../core/config.ts';
import { publicKeyFromHex } from '../core/crypto/keys.ts';
import { PeerError } from '../core/errors.ts';
import { type Archive, openArchive } from './archive.ts';
import { Bridge } from './bridge/bridge.ts';
import { type BridgeSettings, defaultBridge } from './bridge/settings.ts';
import { type Log, logToStderr } from './log.ts';
import { isLoopback } from './open.ts';
import { Page } from './page.ts';
import { RelayServer } from './server.ts';
import { Signaling } from './signaling.ts';

export interface RelayOptions {
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
  /** Each network has a folder of its name in it. */
  readonly folder: string;
  readonly networks: readonly string[];
  /** The built page. */
  readonly pageFolder: string;
  readonly log?: Log;
  /** `none`: nothing is carried. */
  readonly bridge?: BridgeSettings | 'none';
}

export interface Relay {
  /** Where a browser on this machine opens it. */
  readonly url: string;
  /** The archive peers by network. */
  readonly archives: ReadonlyMap<string, Archive>;
  /** Takes leave of everybody and closes the stores. Idempotent. */
  close(): Promise<void>;
}

/**
 * The port is taken first: of all that can be wrong it is the likeliest.
 * @throws Error with code `EADDRINUSE` and others of Node's `listen`; StoreError; PeerError `bad-config`
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { host, port, folder, networks, pageFolder, log = logToStderr, bridge: bridging = defaultBridge } = options;
  for (const network of networks) {
    if (!isNetworkName(network)) throw new PeerError('bad-config', `"${network}" is no network name`);
  }
  const archives = new Map<string, Archive>();
  const signaling = new Signaling();
  const bridge = bridging === 'none' ? undefined : openBridge(bridging, options, log);
  const server = new RelayServer({
    page: await Page.load(pageFolder),
    signal: (socket, from) => signaling.accept(socket, from),
    archive: (network) => archives.get(network)?.accept,
    bridge: bridge === undefined ? undefined : (socket, from, client) => bridge.accept(socket, from, client),
  });
  const close = async (): Promise<void> => {
    // A block that an archive has just written still leaves by the sockets that the server then closes.
    await Promise.all([...archives.values()].map(({ peer }) => peer.close()));
    bridge?.close();
    await server.close();
  };
  const boundPort = await server.listen(host, port);
  try {
    for (const network of new Set(networks)) {
      const archive = await openArchive(network, folder, log);
      archives.set(network, archive);
      signaling.serve(network, publicKeyFromHex(archive.peer.publicKey));
    }
  } catch (error) {
    await close();
    throw error;
  }
  server.open();
  return { url: `http://${hostToOpen(host)}:${boundPort}`, archives, close };
}

/** A relay for this machine alone dials this machine too. */
function openBridge(settings: BridgeSettings, { host, networks }: RelayOptions, log: Log): Bridge {
  const options = { ...settings, host, loopback: isLoopback(host), networks: new Set(networks) };
  return new Bridge(options, ({ code, detail }, client) => {
    log('a connection was not carried', { code, client, ...(detail === '' ? {} : { detail }) });
  });
}

/** A browser opens no wildcard. */
function hostToOpen(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
