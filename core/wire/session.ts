/**
 * One connection, from the first byte on: greetings, keys, nonces, messages, in whichever dialect it is.
 *
 * Bytes go in, values come out: it holds no link and no clock, and says nothing of what a message means. What it lets
 * through decrypted, parsed and had a nonce that rose; `cbc` proves no more than that (crypto/cbc.ts). Which dialect a
 * side begins with is its caller's (spec/safety.md, Which dialect). Rules: spec/wire.md, Frames and Greeting;
 * spec/safety.md, Frames and sessions.
 */
import { acceptedBlockBytes } from '../chain/block.ts';
import { equalBytes } from '../codec/bytes.ts';
import { decode, encode } from '../codec/codec.ts';
import { sessionKey } from '../crypto/agreement.ts';
import type { Curve } from '../crypto/curve.ts';
import { gcmSivTagBytes } from '../crypto/gcm-siv.ts';
import { sha256 } from '../crypto/hash.ts';
import type { PublicKey, SecretKey } from '../crypto/keys.ts';
import { CodecError, CryptoError, invariant, SessionError } from '../errors.ts';
import type { Random } from '../random.ts';
import { type Dialect, type DialectName, dialects } from './dialect.ts';
import { type Frame, FrameReader } from './frame.ts';
import { identify } from './identify.ts';
import type { Greeting, Message } from './messages.ts';
import { SeenIvs } from './seen-ivs.ts';

export interface SessionOptions {
  readonly curve: Curve;
  readonly random: Random;
  readonly secret: SecretKey;
  readonly publicKey: PublicKey;
  readonly network: string;
  /** The key the carrier has proven; the greeting must show it. */
  readonly expected: PublicKey | undefined;
  /** What the other may speak. */
  readonly accepts: readonly DialectName[];
}

export type Arrived =
  /** `ours`: the greeting says that it is this program; nothing is proven yet. */
  | { readonly kind: 'greeted'; readonly greeting: Greeting; readonly ours: boolean }
  /** `bytes` is what the whole frame took of the stream. */
  | { readonly kind: 'message'; readonly message: Message; readonly bytes: number }
  /** The nonce had not risen; the connection goes on. */
  | { readonly kind: 'dropped'; readonly why: 'nonce' };

/** Most bytes of a sealed frame from somebody who has shown nothing yet and was asked for nothing. */
const mostBytesUnproven = 1024 * 1024;
/** The largest block, its variant and the tag of `gcm-siv`; nonce and padding of `cbc` take a byte less. */
const mostBytesProven = acceptedBlockBytes + 1 + gcmSivTagBytes;

export class Session {
  /** 64 MiB instead of 1 MiB before the first authenticated frame: while a RequestBlocks of ours is open. */
  allowLargeFrames = false;
  readonly #options: SessionOptions;
  readonly #seed: Uint8Array;
  readonly #reader = new FrameReader();
  readonly #seenIvs = new SeenIvs();
  /** What our greeting was in. */
  #spoken: Dialect | undefined;
  #key: Uint8Array | undefined;
  /** The nonce of the last frame of ours, and of the last one taken from the other. */
  #sent = 0n;
  #heard = 0n;
  #proven = false;
  #failure: SessionError | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#seed = options.random(32);
  }

  /** Whether a frame of the other has decrypted and parsed. */
  get proven(): boolean {
    return this.#proven;
  }

  /** What ended the session. Look at it after `receive`: what came before the violation was returned there. */
  get failure(): SessionError | undefined {
    return this.#failure;
  }

  /** The dialect of this connection: what the other speaks, or what we have begun with. */
  get dialect(): Dialect | undefined {
    return this.#reader.dialect ?? this.#spoken;
  }

  /** Whether our greeting has been made. */
  get hasGreeted(): boolean {
    return this.#spoken !== undefined;
  }

  /** Memory that an unfinished frame takes; at most twice the bytes of it that came, never over its cap. */
  get heldBytes(): number {
    return this.#reader.heldBytes;
  }

  /** The first frame, plain; in the other's dialect if it has begun one we accept, else in the one named. Called once. */
  greet(greeting: Greeting, first: DialectName): Uint8Array {
    invariant(this.#spoken === undefined, 'the greeting is the first frame, and there is one');
    const { dialect } = this.#reader;
    this.#spoken = dialect !== undefined && this.#accepts(dialect) ? dialect : dialects[first];
    const { framing, messages } = this.#spoken;
    this.#sent = framing.greetingNonce;
    return framing.greetingFrame(encode(messages, { kind: 'greeting', ...greeting }));
  }

  /** Seals one encoded message into a frame. Only after both greetings. */
  seal(payload: Uint8Array): Uint8Array {
    invariant(this.#key !== undefined, 'the key is known once the other has greeted');
    invariant(this.#spoken !== undefined, 'the first frame of a session is the greeting');
    this.#sent++;
    const iv = this.#ivOf(this.#sent, this.#spoken);
    if (this.#spoken.name === 'gcm-siv') this.#seenIvs.add(iv);
    return this.#spoken.framing.sealedFrame(this.#key, iv, this.#sent, payload);
  }

  /**
   * Feeds bytes, in any cut; the array is not kept.
   *
   * When a violation follows frames that were in order, those are returned, `failure` is set, and the next call
   * throws; nothing behind the violation is ever read.
   * @throws SessionError the first time when nothing came before it, and at every call after one
   */
  receive(bytes: Uint8Array): Arrived[] {
    if (this.#failure !== undefined) throw this.#failure;
    const arrived: Arrived[] = [];
    try {
      this.#reader.feed(bytes);
      for (;;) {
        const frame = this.#reader.next(this.#mostBytes());
        if (frame === undefined) return arrived;
        const arrival = this.#arrival(frame);
        if (arrival !== undefined) arrived.push(arrival);
      }
    } catch (error) {
      if (!(error instanceof SessionError)) throw error;
      this.#failure = error;
      if (arrived.length === 0) throw error;
      return arrived;
    }
  }

  #mostBytes(): number {
    return this.#proven || this.allowLargeFrames ? mostBytesProven : mostBytesUnproven;
  }

  /** Undefined for a second greeting, which the reference passes over too. */
  #arrival(frame: Frame): Arrived | undefined {
    const { dialect } = this.#reader;
    invariant(dialect !== undefined, 'a stream with a frame has a dialect');
    if (frame.kind === 'greeting') return this.#greeted(frame.payload, dialect);
    invariant(this.#key !== undefined, 'the first frame is the greeting');
    const { iv, nonce, payload } = dialect.framing.openFrame(this.#key, frame);
    this.#refuseReflected(iv, nonce, dialect);
    if (nonce <= this.#heard) {
      if (dialect.framing.staleNonceEnds) throw new SessionError('bad-frame', 'a nonce has not risen');
      return { kind: 'dropped', why: 'nonce' };
    }
    const message = messageFrom(payload, dialect);
    this.#heard = nonce;
    this.#proven = true;
    return message.kind === 'greeting' ? undefined : { kind: 'message', message, bytes: frame.bytes };
  }

  /**
   * Our own frames sent back. In `cbc` nobody else makes this IV for this nonce; who changes the IV gets by, as he may
   * change any first block, and the upgrade is against him. In `gcm-siv` the nonce may be changed, so IVs are remembered.
   */
  #refuseReflected(iv: Uint8Array, nonce: bigint, dialect: Dialect): void {
    const isSeen = dialect.name === 'cbc' ? equalBytes(iv, this.#ivOf(nonce, dialect)) : !this.#seenIvs.add(iv);
    if (isSeen) throw new SessionError('reflected', 'sends frames again that were sent before');
  }

  #greeted(payload: Uint8Array, dialect: Dialect): Arrived {
    if (!this.#accepts(dialect) || (this.#spoken ?? dialect) !== dialect) {
      throw new SessionError('other-dialect', `speaks ${dialect.name}`);
    }
    const { greeting, ours } = identify(payload, dialect, this.#options);
    this.#key = this.#keyWith(greeting.pubkey);
    this.#heard = dialect.framing.greetingNonce;
    return { kind: 'greeted', greeting, ours };
  }

  #accepts({ name }: Dialect): boolean {
    return this.#options.accepts.includes(name);
  }

  #keyWith(other: PublicKey): Uint8Array {
    const { curve, secret } = this.#options;
    try {
      return sessionKey(curve.sharedX(secret, other));
    } catch (error) {
      if (error instanceof CryptoError) throw new SessionError('bad-greeting', error.message);
      throw error;
    }
  }

  /** As good as random to others, and known again without a memory of what was sent. */
  #ivOf(nonce: bigint, { framing }: Dialect): Uint8Array {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, nonce, true);
    return sha256(this.#seed, bytes).subarray(0, framing.ivBytes);
  }
}

function messageFrom(payload: Uint8Array, { messages }: Dialect): Message {
  try {
    return decode(messages, payload);
  } catch (error) {
    if (error instanceof CodecError) throw new SessionError('bad-message', error.message);
    throw error;
  }
}
