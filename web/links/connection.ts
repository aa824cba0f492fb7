/**
 * One RTCPeerConnection with its one data channel, from the offer to the end, made by simple-peer.
 *
 * What a remote signals is parsed to exactly what may be signalled before simple-peer sees it, and nothing it does
 * throws out of here (field notes: a remote's signal has brought down a node). It is destroyed once, whoever ends it:
 * browsers keep what nobody closes, and allow only so many.
 */
import SimplePeer from 'simple-peer';
import type { Milliseconds } from '../../core/config.ts';
import type { Timers } from '../timers.ts';
import { pageCertificates } from './certificate.ts';
import { type Channel, lowWaterBytes } from './send-queue.ts';

export interface ConnectionEvents {
  signal(type: DescriptionType | 'candidate', body: string): void;
  opened(channel: Channel): void;
  received(bytes: Uint8Array): void;
  /** The channel has emptied down to `lowWaterBytes`. */
  low(): void;
  /** Exactly once; nothing follows. */
  ended(reason: string): void;
}

export type DescriptionType = 'offer' | 'answer';

/** A network switch shows as disconnected for a moment (field notes: others end links that recover in 50 ms). */
const graceMs: Milliseconds = 5_000;
/** What was sent last goes out before a channel closes; a remote that takes nothing is not waited for longer. */
const closingMs: Milliseconds = 2_000;
/** A host has a handful of addresses; what more comes is no use to anybody. */
const mostCandidates = 64;

export class Connection {
  readonly #timers: Timers;
  readonly #initiator: boolean;
  #events: ConnectionEvents | undefined;
  #peer: SimplePeer | undefined;
  /** What is to be signalled, while it is not known to whom. */
  #unsaid: (readonly [type: DescriptionType | 'candidate', body: string])[] = [];
  #described = false;
  #candidates = 0;
  #cancelTimer: () => void = () => undefined;
  #finishing = false;
  #ended = false;

  /** Begins at once, an offer if it is the initiator's. */
  constructor(initiator: boolean, iceServers: readonly RTCIceServer[], timers: Timers) {
    this.#timers = timers;
    this.#initiator = initiator;
    try {
      const config = { iceServers: [...iceServers], certificates: pageCertificates() };
      this.#peer = new SimplePeer({ initiator, trickle: true, config });
      this.#listen(this.#peer);
    } catch (error) {
      // The caller has nothing in hand yet.
      queueMicrotask(() => this.destroy(`no connection can be made: ${messageOf(error)}`));
    }
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Once, before it ends. What was to be signalled until now is so at once, though not from within. */
  attach(events: ConnectionEvents): void {
    this.#events = events;
    queueMicrotask(() => {
      for (const [type, body] of this.#unsaid.splice(0)) if (!this.#ended) events.signal(type, body);
    });
  }

  /** From the other side; what is no use is ignored. */
  describe(type: DescriptionType, body: string): void {
    const sdp = fieldsOf(body)?.['sdp'];
    if (this.#described || typeof sdp !== 'string' || (type === 'offer') === this.#initiator) return;
    this.#described = true;
    this.#signal({ type, sdp });
  }

  addCandidate(body: string): void {
    const fields = fieldsOf(body);
    if (typeof fields?.['candidate'] !== 'string' || ++this.#candidates > mostCandidates) return;
    const { candidate, sdpMid, sdpMLineIndex } = fields;
    this.#signal({
      type: 'candidate',
      candidate: {
        candidate,
        sdpMid: typeof sdpMid === 'string' ? sdpMid : null,
        sdpMLineIndex: typeof sdpMLineIndex === 'number' ? sdpMLineIndex : null,
      },
    });
  }

  /** Ends after what is in the channel has gone out. */
  finish(reason: string): void {
    const channel = this.#peer?._channel;
    this.#finishing = true;
    this.#cancelTimer();
    if (channel?.readyState === 'open') {
      this.#cancelTimer = this.#timers.after(closingMs, () => this.destroy(reason));
      channel.close();
    } else {
      this.destroy(reason);
    }
  }

  /** Ends at once. Idempotent. */
  destroy(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelTimer();
    this.#peer?.destroy();
    this.#peer = undefined;
    this.#events?.ended(reason);
  }

  #listen(peer: SimplePeer): void {
    peer.on('signal', (data) => {
      if (data.type === 'candidate') this.#say('candidate', JSON.stringify(data.candidate));
      else if (data.type === 'offer' || data.type === 'answer') this.#say(data.type, JSON.stringify(data));
    });
    peer.on('connect', () => this.#opened(peer));
    peer.on('data', (chunk) => {
      // A Buffer of simple-peer's own; the core takes plain arrays.
      if (!this.#ended) this.#events?.received(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    });
    peer.on('iceStateChange', (state) => this.#iceChanged(state));
    peer.on('error', (error) => this.destroy(messageOf(error)));
    peer.on('close', () => this.destroy('the other side closed the channel'));
  }

  #say(type: DescriptionType | 'candidate', body: string): void {
    if (this.#ended) return;
    if (this.#events === undefined) this.#unsaid.push([type, body]);
    else this.#events.signal(type, body);
  }

  #opened(peer: SimplePeer): void {
    const channel = peer._channel;
    if (this.#ended || channel === null) return;
    channel.bufferedAmountLowThreshold = lowWaterBytes;
    channel.addEventListener('bufferedamountlow', () => {
      if (!this.#ended) this.#events?.low();
    });
    this.#events?.opened(channel);
  }

  #iceChanged(state: RTCIceConnectionState): void {
    if (this.#ended || this.#finishing) return;
    this.#cancelTimer();
    // 'failed' and 'closed' end the peer by themselves.
    if (state !== 'disconnected') return;
    this.#cancelTimer = this.#timers.after(graceMs, () => this.destroy('the other side is gone'));
  }

  #signal(data: Parameters<SimplePeer['signal']>[0]): void {
    try {
      this.#peer?.signal(data);
    } catch (error) {
      this.destroy(messageOf(error));
    }
  }
}

function fieldsOf(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
