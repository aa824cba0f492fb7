/**
 * The Tor network that setup.ts started, as each test file sees it.
 */
import { inject } from 'vitest';
import { joinTorNetwork, type TorNetwork } from '../model/tor-network.ts';

export interface Tor extends TorNetwork {
  /** A peer is behind it: where it listens, and what others dial. */
  readonly peer: { readonly port: number; readonly onion: string };
  /** A relay is behind it: where it listens, and its origin. */
  readonly relay: { readonly port: number; readonly onion: string; readonly url: string };
}

export function theTor(): Tor {
  const { description, ports } = inject('tor');
  const [peer = '', relay = ''] = description.onions;
  return {
    ...joinTorNetwork(description),
    peer: { port: ports.peer, onion: peer },
    relay: { port: ports.relay, onion: relay, url: `http://${relay.replace(/:80$/, '')}` },
  };
}
