/**
 * The relay's own peer in one network: a full peer whose chain stays on disk, which tabs reach by WebSocket.
 *
 * It has no privileges: a peer like any other, that happens to be always there.
 */
import { join } from 'node:path';
import type { WebSocket } from 'ws';
import { defaultConfig } from '../core/config.ts';
import { Peer } from '../core/host.ts';
import { WebSocketAcceptor } from './links/websocket-transport.ts';
import type { Log } from './log.ts';
import { nodePlatform } from './platform.ts';
import { keepNetworkName } from './store/network-name.ts';

export interface Archive {
  readonly peer: Peer;
  /** Takes a link to this peer. */
  accept(socket: WebSocket, address: string): void;
}

/** Nobody is dialled from here, and every tab of a room finds a place. */
const relationship = { ...defaultConfig.relationship, count: 0, maxLinks: 512 };

/** @param folder of the relay; each network has one of its own in it. @throws StoreError, PeerError */
export async function openArchive(network: string, folder: string, log: Log): Promise<Archive> {
  const acceptor = new WebSocketAcceptor();
  const platform = await nodePlatform(join(folder, network), [acceptor], (error) => {
    log('an archive has failed and takes no more part', { network, error: String(error) });
  });
  await keepNetworkName(join(folder, network), network);
  const peer = await Peer.open({ network, relationship }, platform);
  const { blocks, bytes, found } = platform.store.torn;
  if (bytes > 0) log('the end of a chain was torn and has been cut', { network, blocks, bytes });
  if (found > 0) log('the index of a chain was damaged and has been made anew', { network, blocks: found });
  log('archive', { network, blocks: peer.status.height, key: peer.publicKey });
  return { peer, accept: (socket, address) => acceptor.accept(socket, address) };
}
