/**
 * What brings two tabs together: the seam between WebRTC and whatever carries its signals.
 */
import type { PublicKey } from '../../core/crypto/keys.ts';
import type { Signal } from '../../core/wire/seal.ts';

export interface SignalingEvents {
  /** Others of this network who can be called, without oneself. */
  told(others: readonly PublicKey[]): void;
  /** STUN and TURN servers for connections from now on, in place of those told before. */
  served(servers: readonly RTCIceServer[]): void;
  /** From a key that has proven itself: nobody else could have made the signal. */
  signalled(from: PublicKey, signal: Signal): void;
  /** A signal to this key did not arrive. */
  unroutable(to: PublicKey): void;
  /** As TransportEvents.problem. */
  problem(code: string, message: string | undefined): void;
}

export interface Signaling {
  start(events: SignalingEvents): void;
  /** False when there is no way to anybody just now. */
  send(to: PublicKey, signal: Signal): boolean;
  /** Asks to be told of others again. */
  ask(): void;
  close(): void;
}
