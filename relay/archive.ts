/**
 * The relay's own peer in one network: a full peer whose chain stays on disk, which tabs reach by WebSocket.
 *
 * It has no privileges: a peer like any other, that happens to be always there.
 */
import { join } from 'node:path';
import type { WebSocket } from 'ws';
import { type Config, defaultConfig } from '../core/config.ts';
import { Peer } from '../core/host.ts';
import { WebSocketAcceptor } from './links/websocket-transport.ts';
import type { Logs } from './log.ts';
import { nodePlatform } from './platform.ts';
import { keepNetworkName } from './store/network-name.ts';

export interface Archive {
  readonly peer: Peer;
  /** What it has failed with; undefined while it is well. */
  readonly failure: string | undefined;
  /** Takes a link to this peer. @returns false when it has no room for it */
  accept(socket: WebSocket, address: string): boolean;
}

/** @param folder of the relay; each network has one of its own in it. @throws StoreError, PeerError */
export async function openArchive(
  config: Pick<Config, 'network' | 'committee'>,
  folder: string,
  logs: Logs,
  maxLinks: number,
): Promise<Archive> {
  const { network } = config;
  const acceptor = new WebSocketAcceptor();
  let failure: string | undefined;
  const platform = await nodePlatform(join(folder, network), [acceptor], (error) => {
    // Whatever fails after that fails for the same reason.
    if (failure !== undefined) return;
    failure = String(error);
    logs.error('an archive has failed and takes no more part', { network, error: failure });
  });
  await keepNetworkName(join(folder, network), network);
  // Nobody is dialled from here.
  const relationship = { ...defaultConfig.relationship, count: 0, maxLinks };
  const peer = await Peer.open({ ...config, relationship }, platform);
  const { blocks, bytes, found } = platform.store.torn;
  if (bytes > 0) logs.warn('the end of a chain was torn and has been cut', { network, blocks, bytes });
  if (found > 0) logs.warn('the index of a chain was damaged and has been made anew', { network, blocks: found });
  logs.info('archive', { network, blocks: peer.status.height, key: peer.publicKey });
  return {
    peer,
    get failure() {
      return failure;
    },
    accept(socket, address) {
      acceptor.accept(socket, address);
      return socket.readyState === socket.OPEN;
    },
  };
}
