/**
 * What is used of simple-peer. Types made for it describe Node streams, which a tab has not (scripts/simple-peer-parts.ts).
 */
declare module 'simple-peer' {
  interface Options {
    readonly initiator: boolean;
    readonly trickle: boolean;
    readonly config: RTCConfiguration;
  }

  type SignalData =
    | { readonly type: 'offer' | 'answer'; readonly sdp: string }
    | { readonly type: 'candidate'; readonly candidate: RTCIceCandidateInit }
    | { readonly type: 'renegotiate' | 'transceiverRequest' };

  interface Events {
    readonly signal: (data: SignalData) => void;
    readonly connect: () => void;
    readonly data: (chunk: Uint8Array) => void;
    readonly iceStateChange: (connection: RTCIceConnectionState, gathering: RTCIceGatheringState) => void;
    readonly error: (error: Error) => void;
    readonly close: () => void;
  }

  export default class SimplePeer {
    /** The data channel, once there is one. simple-peer's own face has no way to wait for it to drain, or to close it. */
    readonly _channel: RTCDataChannel | null;
    constructor(options: Options);
    on<K extends keyof Events>(event: K, listener: Events[K]): this;
    signal(data: SignalData): void;
    destroy(error?: Error): void;
  }
}
