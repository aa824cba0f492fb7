/**
 * Signaling within one page, that can misbehave as a relay may: lose, repeat and misdirect signals.
 */
import { sha256 } from '../../../core/crypto/hash.ts';
import { keyHex, type PublicKey, type PublicKeyHex, type SecretKey } from '../../../core/crypto/keys.ts';
import type { Signal } from '../../../core/wire/seal.ts';
import type { Connection } from '../../../web/links/connection.ts';
import type { Signaling, SignalingEvents } from '../../../web/links/signaling.ts';
import { WebRtcTransport } from '../../../web/links/webrtc.ts';
import type { PageEvents } from '../../../web/page-events.ts';
import { TabTimers } from '../../../web/timers.ts';

interface Sent {
  readonly from: PublicKey;
  readonly to: PublicKey;
  readonly signal: Signal;
}

export class Room {
  readonly #members = new Map<PublicKeyHex, SignalingEvents>();
  /** Everything that was ever sent, for saying it again. */
  readonly sent: Sent[] = [];
  /** Which signals arrive. */
  passes: (sent: Sent) => boolean = () => true;

  member(key: PublicKey): Signaling {
    return {
      start: (events) => void this.#members.set(keyHex(key), events),
      send: (to, signal) => {
        const sent = { from: key, to, signal };
        this.sent.push(sent);
        // As over a socket: in order, and never before the sender has done what it was doing.
        setTimeout(() => this.passes(sent) && this.deliver(sent), 0);
        return true;
      },
      ask: () => undefined,
      close: () => void this.#members.delete(keyHex(key)),
    };
  }

  /** Names ICE servers to all members. */
  serve(servers: readonly RTCIceServer[]): void {
    for (const member of this.#members.values()) member.served(servers);
  }

  deliver({ from, to, signal }: Sent): void {
    const receiver = this.#members.get(keyHex(to));
    if (receiver === undefined) this.#members.get(keyHex(from))?.unroutable(to);
    else receiver.signalled(from, signal);
  }
}

/** A page that can be left without leaving it. */
export class TestPage implements PageEvents {
  leave: () => void = () => undefined;

  onReturn(): () => void {
    return () => undefined;
  }

  onLeave(callback: () => void): () => void {
    this.leave = callback;
    return () => undefined;
  }
}

export const timers = new TabTimers();

/** What a transport is given beyond the least. */
export interface Given {
  readonly page?: PageEvents;
  readonly iceServers?: readonly RTCIceServer[];
  readonly spare?: Connection;
}

export function rtcTransport(room: Room, publicKey: PublicKey, given: Given = {}): WebRtcTransport {
  const least = { publicKey, random: randomBytes, iceServers: [], timers, page: new TestPage() };
  return new WebRtcTransport(room.member(publicKey), { ...least, ...given });
}

export function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

export function secretOf(index: number): SecretKey {
  return sha256(Uint8Array.of(index & 0xff, index >> 8)) as Uint8Array as SecretKey;
}
