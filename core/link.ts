/**
 * The seam between a peer and what carries its bytes: a WebRTC data channel, a WebSocket, a TCP socket.
 *
 * A link is an ordered byte stream with back-pressure (design.md, Links and addresses). It knows nothing of what it
 * carries. test/contract/link.ts is what every link must pass.
 */
import type { PublicKeyHex } from './crypto/keys.ts';

export type Carrier =
  | 'webrtc'
  | 'websocket'
  | 'tcp'
  /** TCP that a relay carries to a tab (docs/protocol.md, Bridge). */
  | 'bridge'
  | 'memory';

export interface LinkEvents {
  received(bytes: Uint8Array): void;
  /** So many bytes of those sent have left the link's own buffer since the last call: credit for more. */
  drained(bytes: number): void;
  /** Exactly once, whoever ended it; nothing follows. `reason` is for people. */
  closed(reason: string): void;
}

export interface Link {
  readonly carrier: Carrier;
  /** Where the other end is, for people and for dialling it again. */
  readonly address: string;
  /** Whether this side opened it (for WebRTC: made the offer). */
  readonly dialled: boolean;
  /** The key the carrier itself has proven (signaling), which the greeting must then show. */
  readonly remote: PublicKeyHex | undefined;
  /** Called once. What was received before is delivered now, in order, in a later turn of the event loop. */
  attach(events: LinkEvents): void;
  /** Hands bytes over, in order. After the end it does nothing. Never throws. */
  send(bytes: Uint8Array): void;
  /** What was sent before is still carried if the carrier can. Idempotent. */
  close(reason: string): void;
}

export interface TransportEvents {
  /** Somebody dialled us. */
  accepted(link: Link): void;
  /** Addresses of others in this network that this transport was told of. */
  discovered(addresses: readonly string[]): void;
  /** Where others reach this peer by this transport from now on, `host:port`; undefined when no longer. */
  listening(address: string | undefined): void;
  /** Something a user should know, or `undefined` when it is over; each `code` stands alone. */
  problem(code: string, message: string | undefined): void;
}

/** A way to reach others. A peer may have several; the first that `reaches` an address dials it. */
export interface Transport {
  reaches(address: string): boolean;
  start(events: TransportEvents): void;
  /** @throws LinkError within `timeoutMs` */
  dial(address: string, timeoutMs: number): Promise<Link>;
  close(): void;
}
