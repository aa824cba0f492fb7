/**
 * A full peer in a tab, and its chain as a file: the published entry `mccloud/web`.
 */
import { defaultConfig, isNetworkName } from '../core/config.ts';
import { itemIdHex } from '../core/crypto/keys.ts';
import { PeerError } from '../core/errors.ts';
import type { PeerFace } from '../core/face.ts';
import { committeeFrom, committeeRule } from '../core/finality/roll.ts';
import { Peer } from '../core/host.ts';
import type { Platform } from '../core/platform.ts';
import type { Store } from '../core/storage/store.ts';
import type { LeftPending } from './left-pending.ts';
import { relayAddress } from './links/relay-address.ts';
import { chainFiles, pageServices } from './page-services.ts';
import { tabPlatform } from './platform.ts';
import type { ChainFile, Progressed } from './transfer/chain-file.ts';

export interface OpenOptions {
  /** 1 to 64 of `a–z 0–9 . _ -`. */
  readonly network: string;
  /** `https://relay.example`; undefined links to nobody but what `connect` is given. */
  readonly relay: string | undefined;
  /** STUN and TURN servers besides those that the relay names; none by default. */
  readonly iceServers?: readonly RTCIceServer[];
  /**
   * `tor`: whatever is dialled goes by the relay's SOCKS5 proxy or not at all, and no WebRTC is used. It hides the tab's
   * address from the peers it dials; the relay itself still sees it (docs/guide/tor.md).
   */
  readonly via?: 'tor' | undefined;
  /** Asks the relay for a TCP port, by which peers that speak TCP dial this tab. Not together with `via`. */
  readonly port?: boolean;
  /** Keys whose votes make blocks final: the same ones on every peer of the network. */
  readonly committee?: readonly string[];
  /** No link without the secure upgrade: none to a peer of the reference program. Links between tabs always have it. */
  readonly requireUpgrade?: boolean;
}

/** A browser keeps few connections: a tab links to some others, and everything reaches all by way of them. */
const relationship = { ...defaultConfig.relationship, count: 4, maxLinks: 12 };

/** @throws PeerError `bad-config` */
export async function openPeer(options: OpenOptions): Promise<Peer> {
  const { network, relay, iceServers = [], via, port = false, requireUpgrade = false, committee = [] } = options;
  if (!isNetworkName(network)) {
    throw new PeerError('bad-config', `"${network}" is no network name: 1 to 64 of a–z, 0–9, dot, dash, underscore`);
  }
  const address = relay === undefined ? undefined : relayAddress(relay);
  if (relay !== undefined && address === undefined) {
    throw new PeerError('bad-config', `"${relay}" is no address of a relay: https://relay.example would be one`);
  }
  const byProxy = via === 'tor';
  if (byProxy && address === undefined)
    throw new PeerError('bad-config', 'by Tor a tab goes by way of a relay: give one');
  if (byProxy && port) {
    throw new PeerError(
      'bad-config',
      'a port is lent on the relay’s own address, which a tab that goes by Tor must not have',
    );
  }
  const members = committeeFrom(committee);
  if (members === undefined) throw new PeerError('bad-config', `a committee is ${committeeRule}`);
  const { platform, leftPending } = await tabPlatform({ network, relay: address, iceServers, byProxy, port });
  const peer = await opened({ network, relationship, proxied: byProxy, requireUpgrade, committee: members }, platform);
  if (address !== undefined) peer.connect(address.peer(network));
  clearLeft(peer, leftPending, platform.store).catch(platform.crashed);
  return peer;
}

/**
 * The peer's chain as a file, for another tab or `mccloud import`.
 * @throws TransferError `unsettled`
 */
export async function exportChain(peer: PeerFace, progressed: Progressed = () => undefined): Promise<ChainFile> {
  const { exportBlob } = await chainFiles();
  const { frames } = pageServices();
  return await exportBlob(peer, (bytes) => frames.frameOf(bytes), progressed);
}

/**
 * Takes the chain of a file over, whose beginning our own must be, or empty.
 * @returns how many blocks followed those held
 * @throws TransferError; PeerError `closed`
 */
export async function importChain(
  peer: PeerFace,
  file: Blob,
  progressed: Progressed = () => undefined,
): Promise<number> {
  const { importBlob } = await chainFiles();
  return await importBlob(peer, file, progressed);
}

async function opened(config: Parameters<typeof Peer.open>[0], platform: Platform): Promise<Peer> {
  try {
    return await Peer.open(config, platform);
  } catch (error) {
    for (const transport of platform.transports) transport.close();
    await platform.store.close();
    throw error;
  }
}

/** What was left by others and now stands in a block is removed from where it was left. */
async function clearLeft(peer: Peer, left: LeftPending, store: Store): Promise<void> {
  const { items } = left;
  if (items.length === 0) return;
  peer.on('block', (block) => void left.included(block.items.map(({ id }) => id)));
  const contained = await store.containsItems(items.map(({ id }) => id));
  await left.included(items.filter((_, place) => contained[place] === true).map(({ id }) => itemIdHex(id)));
}
