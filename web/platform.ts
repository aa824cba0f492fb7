/**
 * What a peer needs from a tab: its slot's key and store, links by WebRTC and WebSocket, clock, randomness, WASM.
 *
 * Everything that waits for the browser's storage is begun at once. Where a tab may not have a slot (no Web Locks on
 * plain http, no IndexedDB, all slots held) it runs in memory with a fresh key and says why (design.md, Identity).
 */
import type { SecretKey } from '../core/crypto/keys.ts';
import { StoreError } from '../core/errors.ts';
import type { Transport } from '../core/link.ts';
import { isOnion } from '../core/network/addresses.ts';
import type { Platform } from '../core/platform.ts';
import type { Random } from '../core/random.ts';
import { MemoryStore } from '../core/storage/memory.ts';
import type { Store } from '../core/storage/store.ts';
import { TabClock } from './clock.ts';
import { Keys, newSecret } from './identity.ts';
import { inLaterTurn } from './later-turn.ts';
import { LeftPending } from './left-pending.ts';
import { BridgeTransport } from './links/bridge.ts';
import { Connection } from './links/connection.ts';
import type { RelayAddress } from './links/relay-address.ts';
import { RelaySignaling } from './links/relay-signaling.ts';
import { WebRtcTransport } from './links/webrtc.ts';
import { WebSocketTransport } from './links/websocket.ts';
import { pageEvents } from './page-events.ts';
import { type PageServices, pageServices } from './page-services.ts';
import { Problems } from './problems.ts';
import { mostSlots, type Slot, takeSlot } from './slot.ts';
import { FallbackStore, type ReportProblem } from './store/fallback.ts';
import { IndexedDbStore, storeName } from './store/indexeddb.ts';

export interface TabOptions {
  readonly network: string;
  readonly relay: RelayAddress | undefined;
  readonly iceServers: readonly RTCIceServer[];
  /** Whatever is dialled goes by the relay's proxy, and there is no WebRTC. */
  readonly byProxy: boolean;
  /** The relay is asked for a TCP port, by which others dial this tab. */
  readonly port: boolean;
}

export interface TabPlatform {
  readonly platform: Platform;
  readonly leftPending: LeftPending;
}

export async function tabPlatform(options: TabOptions): Promise<TabPlatform> {
  const services = pageServices();
  const problems = new Problems();
  const opening = openKept(options.network, services, problems.report);
  const linking = openTransports(options, opening, services);
  inLaterTurn(() => services.curve.warmUp());
  const [kept, transports] = await Promise.all([opening, linking]);
  const platform: Platform = {
    clock: new TabClock(services.timers),
    random,
    secret: kept.secret,
    curve: services.curve,
    verifier: services.verifier,
    store: kept.store,
    transports: [problems, ...transports],
    leftPending: kept.leftPending.items.map(({ bytes }) => bytes),
    crashed: reportError,
  };
  return { platform, leftPending: kept.leftPending };
}

/** What outlives the tab. */
interface Kept {
  readonly secret: SecretKey;
  readonly store: Store;
  readonly leftPending: LeftPending;
}

const random: Random = (length) => crypto.getRandomValues(new Uint8Array(length));

async function openKept(network: string, services: PageServices, report: ReportProblem): Promise<Kept> {
  // Insecure pages have no `navigator.locks`.
  const locks = navigator.locks as LockManager | undefined;
  if (locks === undefined) return inMemory(network, services, report, 'a page over plain http has no locks');
  try {
    const slot = await takeSlot(network, locks, sessionMemory());
    if (slot === undefined) return inMemory(network, services, report, `${mostSlots} tabs hold a place already`);
    return (await openSlot(network, slot, locks, services, report)) ?? inMemory(network, services, report, undefined);
  } catch (error) {
    if (!(error instanceof DOMException || error instanceof StoreError)) throw error;
    return inMemory(network, services, report, error.message);
  }
}

/** Undefined when the store did not open, which was reported then. */
async function openSlot(
  network: string,
  slot: Slot,
  locks: LockManager,
  services: PageServices,
  report: ReportProblem,
): Promise<Kept | undefined> {
  const { curve, frames } = services;
  const keys = new Keys(network);
  const leftPending = new LeftPending(network, frames);
  const below = new IndexedDbStore(storeName(network, slot.number), frames);
  const store = new FallbackStore(below, report, () => slot.release());
  try {
    const others = async () => (await keys.slots()).filter((other) => other !== slot.number);
    const [secret] = await Promise.all([
      keys.secretOf(slot.number, curve, random),
      store.open(),
      others().then((slots) => leftPending.gather(slots, locks)),
    ]);
    // A key whose journal cannot be read must not sign: it may have signed already.
    if (store.kind !== 'memory') return { secret, store, leftPending };
    await store.close();
    return undefined;
  } catch (error) {
    await store.close();
    throw error;
  } finally {
    keys.close();
  }
}

function inMemory(network: string, services: PageServices, report: ReportProblem, reason: string | undefined): Kept {
  if (reason !== undefined) {
    report('storage-in-memory', `Key and blocks are kept in memory and are gone with this tab: ${reason}.`);
  }
  return {
    secret: newSecret(services.curve, random),
    store: new MemoryStore(),
    leftPending: new LeftPending(network, services.frames),
  };
}

/** The way to the relay is begun before it is known who goes it. */
async function openTransports(
  { network, relay, iceServers, byProxy, port }: TabOptions,
  opening: Promise<Kept>,
  services: PageServices,
): Promise<Transport[]> {
  const { timers, knock, curve } = services;
  const hidden = byProxy || comesByTor(relay);
  const only = hidden && relay !== undefined ? new URL(relay.signal).origin : undefined;
  const webSockets = new WebSocketTransport(timers, knock, openWebSocket, only);
  if (relay === undefined) return [webSockets];
  const party = opening.then(({ secret }) => {
    return { network, publicKey: curve.publicKey(secret), secret, curve, random };
  });
  const surroundings = { timers, knock, page: pageEvents, random, open: openWebSocket };
  const bridge = new BridgeTransport(relay, party, surroundings, { byProxy, port });
  // Signaling too is for WebRTC alone, and even a connection that nobody is called with shows this machine's addresses.
  if (hidden) return [webSockets, bridge];
  const signaling = new RelaySignaling(relay, party, surroundings);
  const spare = new Connection(true, iceServers, timers);
  const { publicKey } = await party;
  const webRtc = new WebRtcTransport(signaling, { publicKey, random, iceServers, timers, page: pageEvents, spare });
  return [webSockets, webRtc, bridge];
}

/** In a browser behind Tor that has WebRTC all the same, it goes past the proxy and links tabs directly. */
function comesByTor(relay: RelayAddress | undefined): boolean {
  return isOnion(location.origin) || (relay !== undefined && isOnion(relay.origin));
}

function openWebSocket(url: string): WebSocket {
  return new WebSocket(url);
}

/** A page whose cookies are blocked may not even look at its sessionStorage. */
function sessionMemory(): Storage | undefined {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}
