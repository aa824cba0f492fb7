/**
 * `mccloud/node`: a peer in a Node process, with its chain and identity in a folder.
 *
 *     const peer = await openNodePeer({ network: 'main', folder: 'data/main' });
 *     peer.connect('ws://127.0.0.1:8080/peer/main');
 */
import type { Config } from '../core/config.ts';
import { Peer } from '../core/host.ts';
import { WebSocketDialler } from './links/websocket-transport.ts';
import { nodePlatform } from './platform.ts';

export interface NodePeerOptions extends Partial<Config> {
  readonly network: string;
  /** Made if it is not there. One peer at a time. */
  readonly folder: string;
  /** Where a bug is reported that no caller can catch; if not given it is thrown, uncaught. */
  readonly crashed?: (error: unknown) => void;
}

/**
 * The peer is open when this resolves: what the folder holds is there. It links to nobody until `connect`.
 * @throws StoreError `held` when another process uses the folder, `corrupt`, `unavailable`; PeerError `bad-config`
 */
export async function openNodePeer({ folder, crashed = throwLater, ...config }: NodePeerOptions): Promise<Peer> {
  const platform = await nodePlatform(folder, [new WebSocketDialler()], crashed);
  return Peer.open(config, platform);
}

function throwLater(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
