/**
 * One error class for each layer, each with a code that a machine can read.
 *
 * Errors come from input: a remote's bytes, a disk, a caller. A broken invariant is a bug and is thrown by `invariant`;
 * nothing catches it. Hostile bytes never leave the core as an exception: the one catch for each link is in `peer.ts`.
 */

/** What the codecs refuse: bytes that are no canonical Borsh of the type asked for. */
export class CodecError extends Error {
  override readonly name = 'CodecError';
  constructor(
    readonly code:
      | 'truncated'
      | 'trailing'
      | 'too-long'
      | 'bad-bool'
      | 'bad-option'
      | 'bad-variant'
      | 'bad-utf8'
      | 'bad-hex',
    message: string,
  ) {
    super(message);
  }
}

/** What the cryptography refuses: keys that are no points, ciphertext that does not open. */
export class CryptoError extends Error {
  override readonly name = 'CryptoError';
  constructor(
    readonly code: 'bad-key' | 'bad-secret' | 'bad-ciphertext',
    message: string,
  ) {
    super(message);
  }
}

/** What ends a link: a violation that only the neighbour itself can have made (spec/safety.md, Frames and sessions). */
export class SessionError extends Error {
  override readonly name = 'SessionError';
  constructor(
    readonly code:
      | 'frame-too-long'
      | 'bad-greeting'
      | 'bad-version'
      | 'other-network'
      | 'other-dialect'
      | 'other-root'
      | 'unexpected-key'
      | 'own-key'
      | 'bad-frame'
      | 'bad-message'
      | 'no-upgrade'
      | 'bad-hello'
      | 'reflected',
    message: string,
  ) {
    super(message);
  }
}

/** What a store reports: it could not be opened, read or written. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  constructor(
    readonly code: 'unavailable' | 'full' | 'held' | 'corrupt' | 'other-network' | 'closed' | 'failed',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What is wrong with an exported chain, or with taking it over. */
export class TransferError extends Error {
  override readonly name = 'TransferError';
  constructor(
    readonly code:
      | 'no-export'
      | 'other-version'
      | 'cut'
      | 'damaged'
      | 'other-network'
      | 'other-chain'
      | 'shorter'
      | 'bad-block'
      | 'unsettled'
      | 'busy',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What a carrier of bytes reports: an address it cannot reach, a connection that failed. */
export class LinkError extends Error {
  override readonly name = 'LinkError';
  constructor(
    readonly code: 'unreachable' | 'timed-out' | 'refused' | 'unsupported' | 'closed',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What the public face refuses: a caller's mistake. */
export class PeerError extends Error {
  override readonly name = 'PeerError';
  constructor(
    readonly code: 'too-large' | 'closed' | 'not-own' | 'not-followed' | 'bad-address' | 'bad-config' | 'bad-range',
    message: string,
  ) {
    super(message);
  }
}

/** Throws when the house itself is wrong. Never for what a remote sent. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}
