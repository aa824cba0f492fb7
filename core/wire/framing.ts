/**
 * The seam of the two dialects' frames: where lengths and nonces stand, and how a frame is sealed and opened.
 *
 * Stateless: which nonce comes next, and which may still come, is session.ts's. Layout: spec/wire.md, Frames. An upgraded
 * link has frames of its own (upgraded-framing.ts), which are found in a stream like the others.
 */
export interface Framing extends FrameShape {
  /** Before the greeting's Borsh. */
  readonly greetingHeaderBytes: number;
  readonly ivBytes: number;
  /** The nonce that a sender's greeting counts for. */
  readonly greetingNonce: bigint;
  /** Whether a frame whose nonce has not risen ends the connection, or is only dropped. */
  readonly staleNonceEnds: boolean;
  greetingFrame(payload: Uint8Array): Uint8Array;
  /** @throws SessionError `bad-greeting` when the header, which is whole, is none */
  checkGreetingHeader(header: Uint8Array): void;
  /** @param iv of `ivBytes`, which nobody can foretell */
  sealedFrame(key: Uint8Array, iv: Uint8Array, nonce: bigint, payload: Uint8Array): Uint8Array;
  /** @throws SessionError `bad-frame` */
  openFrame(key: Uint8Array, frame: SealedFrame): Opened;
}

/** What finds sealed frames in a stream. */
export interface FrameShape {
  /** Of a sealed frame's header, its first four bytes being the length of the ciphertext. */
  readonly sealedHeaderBytes: number;
  /** Whether a ciphertext, with what authenticates it, can have this length. */
  isCiphertextLength(length: number): boolean;
}

export interface SealedFrame {
  readonly kind: 'sealed';
  readonly header: Uint8Array;
  readonly ciphertext: Uint8Array;
  /** What the whole frame took of the stream. */
  readonly bytes: number;
}

export interface Opened {
  readonly iv: Uint8Array;
  readonly nonce: bigint;
  readonly payload: Uint8Array;
}

/** Every frame begins with a length of so many bytes. */
export const lengthBytes = 4;
export const nonceBytes = 8;
