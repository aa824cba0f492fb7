/**
 * The events of `<mccloud-peer>`, with their details, for scripts and for TypeScript. All bubble and are composed.
 */
import type { BlockView, PeerFace } from '../../core/face.ts';

/** The peer is open: its key and what it holds of the chain are there, whether or not anybody is linked. */
export type PeerReadyEvent = CustomEvent<{ readonly peer: PeerFace }>;
/** `known`, `connected`, `pending` or `status` of the peer is another than before. */
export type PeerChangeEvent = CustomEvent<{ readonly peer: PeerFace }>;
/** A block became the newest of the main chain. */
export type PeerBlockEvent = CustomEvent<{ readonly peer: PeerFace; readonly block: BlockView }>;
/** There is no peer: an attribute is at fault, or it could not be opened. */
export type PeerErrorEvent = CustomEvent<PeerFailure>;

export interface PeerFailure {
  /** `bad-attribute`, `not-opened`. */
  readonly code: 'bad-attribute' | 'not-opened';
  /** One sentence for people. */
  readonly message: string;
  /** Undefined for an attribute. */
  readonly cause: unknown;
}

export interface PeerElementEvents {
  'mccloud-ready': PeerReadyEvent;
  'mccloud-change': PeerChangeEvent;
  'mccloud-block': PeerBlockEvent;
  'mccloud-error': PeerErrorEvent;
}
