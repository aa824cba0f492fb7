/**
 * `mccloud/node`: a peer in a Node process, with its chain and identity in a folder.
 *
 *     const reach = { kind: 'listens', host: '127.0.0.1', port: 29092, announceBy: undefined } as const;
 *     const peer = await openNodePeer({ network: 'main', folder: 'data/main', reach });
 *     peer.connect('ws://127.0.0.1:8080/peer/main');
 *     peer.connect('127.0.0.1:29093');
 */
import { type Config, isNetworkName } from '../core/config.ts';
import { PeerError } from '../core/errors.ts';
import { Peer } from '../core/host.ts';
import type { Transport } from '../core/link.ts';
import { hostAndPort, unreachableAddress } from '../core/network/addresses.ts';
import { TcpTransport } from './links/tcp-transport.ts';
import { WebSocketDialler } from './links/websocket-transport.ts';
import { nodePlatform } from './platform.ts';
import { refuseHeldFolder } from './store/folder-lock.ts';
import { keepNetworkName } from './store/network-name.ts';

/** How others reach a Node peer, and how it reaches them. */
export type Reach =
  /** It dials, and nobody dials it. */
  | { readonly kind: 'dials' }
  /** It listens by TCP. Others are told `announceBy`; if not given, where it listens. */
  | {
      readonly kind: 'listens';
      readonly host: string;
      /** 0: the system chooses. */
      readonly port: number;
      /** `host:port` */
      readonly announceBy: string | undefined;
    }
  /** Whatever it dials goes through a SOCKS5 proxy; it listens on this machine alone, for what the proxy passes in. */
  | {
      readonly kind: 'proxied';
      /** A loopback address. */
      readonly host: string;
      readonly port: number;
      /** `host:port` of the proxy */
      readonly proxy: string;
      /** `host:port` that others reach by way of the proxy: an onion address, say */
      readonly announceBy: string;
    };

export interface NodePeerOptions extends Partial<Omit<Config, 'listen' | 'proxied'>> {
  readonly network: string;
  /** Made if it is not there. One peer at a time. */
  readonly folder: string;
  /** If not given, it dials and nobody dials it. */
  readonly reach?: Reach;
  /** Where a bug is reported that no caller can catch; if not given it is thrown, uncaught. */
  readonly crashed?: (error: unknown) => void;
}

/**
 * The peer is open when this resolves: what the folder holds is there. It links to nobody until `connect`.
 * @throws StoreError `held` when another process uses the folder, `other-network` when it holds another chain, `corrupt`,
 * `unavailable`; PeerError `bad-config`
 */
export async function openNodePeer(options: NodePeerOptions): Promise<Peer> {
  const { folder, reach = { kind: 'dials' }, crashed = throwLater, ...config } = options;
  // Whoever opens a folder twice has the port taken too, and is told of the folder.
  await refuseHeldFolder(folder);
  const { transports, listen } = await openTransports(reach);
  try {
    const platform = await nodePlatform(folder, transports, crashed);
    if (isNetworkName(config.network)) await keepNetworkName(folder, config.network);
    return await Peer.open({ ...config, listen, proxied: reach.kind === 'proxied' }, platform);
  } catch (error) {
    for (const transport of transports) transport.close();
    throw error;
  }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

interface Transports {
  readonly transports: readonly Transport[];
  /** What the greeting says. */
  readonly listen: string;
}

/** The one place where a Node peer gets its ways in and out. @throws PeerError `bad-config`; what `listen` throws */
async function openTransports(reach: Reach): Promise<Transports> {
  switch (reach.kind) {
    case 'dials': {
      const tcp = await TcpTransport.open({ listen: undefined, proxy: undefined });
      return { transports: [new WebSocketDialler(), tcp], listen: unreachableAddress };
    }
    case 'listens': {
      const { host, port, announceBy } = reach;
      const tcp = await TcpTransport.open({ listen: { host, port }, proxy: undefined });
      return { transports: [new WebSocketDialler(), tcp], listen: announceBy ?? announced(host, tcp.port ?? port) };
    }
    case 'proxied': {
      const { host, port, proxy: address, announceBy } = reach;
      const proxy = hostAndPort(address);
      if (proxy === undefined) throw new PeerError('bad-config', `the proxy "${address}" is no host:port`);
      if (!isLoopback(host)) {
        throw new PeerError('bad-config', `behind a proxy a peer listens on loopback only, not on ${host}`);
      }
      // No WebSocketDialler: it would go around the proxy.
      return { transports: [await TcpTransport.open({ listen: { host, port }, proxy })], listen: announceBy };
    }
  }
}

/** Nobody else can dial a wildcard. */
function announced(host: string, port: number): string {
  if (host === '0.0.0.0' || host === '::') return unreachableAddress;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function throwLater(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
