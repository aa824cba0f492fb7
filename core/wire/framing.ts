/**
 * The seam of the two dialects' frames: where lengths and nonces stand, and how a frame is sealed and opened.
 *
 * Stateless: which nonce comes next, and which may still come, is session.ts's. Layout: spec/wire.md, Frames.
 */
export interface Framing {
  /** Before the greeting's Borsh. */
  readonly greetingHeaderBytes: number;
  /** Of a sealed frame's header, its first four bytes being the length of the ciphertext. */
  readonly sealedHeaderBytes: number;
  readonly ivBytes: number;
  /** The nonce that a sender's greeting counts for. */
  readonly greetingNonce: bigint;
  /** Whether a frame whose nonce has not risen ends the connection, or is only dropped. */
  readonly staleNonceEnds: boolean;
  greetingFrame(payload: Uint8Array): Uint8Array;
  /** @throws SessionError `bad-greeting` when the header, which is whole, is none */
  checkGreetingHeader(header: Uint8Array): void;
  /** Whether a ciphertext can have this length. */
  isCiphertextLength(length: number): boolean;
  /** @param iv of `ivBytes`, which nobody can foretell */
  sealedFrame(key: Uint8Array, iv: Uint8Array, nonce: bigint, payload: Uint8Array): Uint8Array;
  /** @throws SessionError `bad-frame` */
  openFrame(key: Uint8Array, frame: SealedFrame): Opened;
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
