/**
 * One connection, from the first byte on: greetings, keys, nonces, messages, in whichever dialect it is, and the upgrade
 * between two of ours.
 *
 * Bytes go in, values come out: it holds no link and no clock, and says nothing of what a message means. What it lets
 * through decrypted, parsed and had a nonce that rose; `cbc` proves no more than that (crypto/cbc.ts). In `cbc` a
 * greeting of ours is followed by hello and nothing else, and hello by frames that nobody but the two can have made
 * (upgrade.ts). Which dialect a side begins with, and whether it goes on without the upgrade, is its caller's. Rules:
 * spec/wire.md, Frames and Greeting; spec/safety.md, Frames and sessions, Secure upgrade.
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
import { identify, isOurs } from './identify.ts';
import type { Greeting, Message } from './messages.ts';
import { SeenIvs } from './seen-ivs.ts';
import { type Greetings, helloPayload, type Upgraded, Upgrading } from './upgrade.ts';
import { upgradedBytes, upgradedShape } from './upgraded-framing.ts';

export interface SessionOptions {
  readonly curve: Curve;
  readonly random: Random;
  readonly secret: SecretKey;
  readonly publicKey: PublicKey;
  readonly network: string;
  /** Whether we opened the connection, or made the offer. */
  readonly dialled: boolean;
  /** The key the carrier has proven; the greeting must show it. */
  readonly expected: PublicKey | undefined;
  /** What the other may speak. */
  readonly accepts: readonly DialectName[];
}

export type Arrived =
  /** `ours`: the greeting says that it is this program, and hello must follow; nothing is proven yet. */
  | { readonly kind: 'greeted'; readonly greeting: Greeting; readonly ours: boolean }
  /** The hello that had to follow: from now on both sides' frames are upgraded. The next one proves the other's key. */
  | { readonly kind: 'upgraded' }
  /** `bytes` is what the whole frame took of the stream. */
  | { readonly kind: 'message'; readonly message: Message; readonly bytes: number }
  /** The nonce had not risen; the connection goes on. */
  | { readonly kind: 'dropped'; readonly why: 'nonce' };

interface UpgradeWanted {
  readonly kind: 'wanted';
  readonly upgrading: Upgrading;
  readonly ownHello: Uint8Array;
  readonly greetings: Greetings;
}

interface OursGreeting {
  /** Plain Borsh, as it was sent. */
  readonly payload: Uint8Array;
  readonly ours: boolean;
}

type UpgradeState =
  /** With reference peers, and in `gcm-siv`: the reference's session stays. */
  | { readonly kind: 'none' }
  | UpgradeWanted
  | { readonly kind: 'done'; readonly upgraded: Upgraded; readonly ownHello: Uint8Array };

/** Most bytes of a sealed frame from somebody who has shown nothing yet and was asked for nothing. */
const mostBytesUnproven = 1024 * 1024;
/** The largest block, its variant and the tag of `gcm-siv`; nonce and padding of `cbc` take a byte less. */
const mostBytesProven = acceptedBlockBytes + 1 + gcmSivTagBytes;
const mostBytesUpgraded = upgradedBytes(acceptedBlockBytes + 1);
/** A hello of the longest network's name takes 176. */
export const mostHelloBytes = 1024;

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
  /** What both have greeted with, as far as it goes into the keys of an upgrade. */
  #ownGreeting: OursGreeting | undefined;
  #otherGreeting: (OursGreeting & { readonly sharedX: Uint8Array }) | undefined;
  #upgrade: UpgradeState = { kind: 'none' };
  #hasSaidHello = false;
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

  /** Whether hello must come next, from both sides: both greetings say that they are ours, and in `cbc`. */
  get upgrades(): boolean {
    return this.#upgrade.kind !== 'none';
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
    const payload = encode(messages, { kind: 'greeting', ...greeting });
    this.#ownGreeting = { payload, ours: isOurs(greeting) };
    this.#beginUpgrade(this.#spoken);
    return framing.greetingFrame(payload);
  }

  /**
   * Our hello, the first frame after both greetings, to whoever is ours and in `gcm-siv` to everybody. In `cbc` it is our
   * last one under the session's key. Called once.
   */
  hello(): Uint8Array {
    invariant(!this.#hasSaidHello && this.#spoken !== undefined, 'hello is said once, after the greeting');
    this.#hasSaidHello = true;
    const own = this.#upgrade.kind === 'none' ? undefined : this.#upgrade.ownHello;
    const frame = this.#sealInDialect(own ?? helloPayload(this.#options.network, undefined, this.#spoken));
    this.#forgetKey();
    return frame;
  }

  /** Seals one encoded message into a frame. Only after both greetings, and where there is an upgrade after both hellos. */
  seal(payload: Uint8Array): Uint8Array {
    const { kind } = this.#upgrade;
    if (kind === 'none') return this.#sealInDialect(payload);
    invariant(kind === 'done' && this.#hasSaidHello, 'nothing but hello is said before the upgrade');
    invariant(this.#spoken !== undefined, 'who has said hello has greeted');
    return this.#upgrade.upgraded.seal(this.#ivOf(++this.#sent, this.#spoken), payload);
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

  #sealInDialect(payload: Uint8Array): Uint8Array {
    invariant(this.#key !== undefined, 'the key is known once the other has greeted');
    invariant(this.#spoken !== undefined, 'the first frame of a session is the greeting');
    this.#sent++;
    const iv = this.#ivOf(this.#sent, this.#spoken);
    if (this.#spoken.name === 'gcm-siv') this.#seenIvs.add(iv);
    return this.#spoken.framing.sealedFrame(this.#key, iv, this.#sent, payload);
  }

  #mostBytes(): number {
    if (this.#upgrade.kind === 'wanted') return mostHelloBytes;
    if (!this.#proven && !this.allowLargeFrames) return mostBytesUnproven;
    return this.#upgrade.kind === 'done' ? mostBytesUpgraded : mostBytesProven;
  }

  /** Undefined for a second greeting, which the reference passes over too. */
  #arrival(frame: Frame): Arrived | undefined {
    const { dialect } = this.#reader;
    invariant(dialect !== undefined, 'a stream with a frame has a dialect');
    if (frame.kind === 'greeting') return this.#greeted(frame.payload, dialect);
    if (this.#upgrade.kind === 'done') {
      return this.#messageArrived(this.#upgrade.upgraded.open(frame), dialect, frame.bytes);
    }
    invariant(this.#key !== undefined, 'the first frame is the greeting');
    const { iv, nonce, payload } = dialect.framing.openFrame(this.#key, frame);
    this.#refuseReflected(iv, nonce, dialect);
    if (this.#upgrade.kind === 'wanted') return this.#helloArrived(this.#upgrade, nonce, payload);
    if (this.#otherGreeting?.ours === true && this.#ownGreeting === undefined) {
      throw new SessionError('bad-hello', 'says more before it was greeted');
    }
    if (nonce <= this.#heard) {
      if (dialect.framing.staleNonceEnds) throw new SessionError('bad-frame', 'a nonce has not risen');
      return { kind: 'dropped', why: 'nonce' };
    }
    const arrived = this.#messageArrived(payload, dialect, frame.bytes);
    this.#heard = nonce;
    return arrived;
  }

  #messageArrived(payload: Uint8Array, dialect: Dialect, bytes: number): Arrived | undefined {
    const message = messageFrom(payload, dialect);
    this.#proven = true;
    return message.kind === 'greeting' ? undefined : { kind: 'message', message, bytes };
  }

  /** What comes in its place is refused: whoever lets it through has left hello out. */
  #helloArrived({ upgrading, greetings }: UpgradeWanted, nonce: bigint, payload: Uint8Array): Arrived {
    if (nonce <= this.#heard) throw new SessionError('bad-hello', 'a frame that was sent before');
    const upgraded = upgrading.complete(greetings, payload);
    this.#upgrade = { kind: 'done', upgraded, ownHello: upgrading.hello };
    this.#reader.reshape(upgradedShape);
    this.#forgetKey();
    return { kind: 'upgraded' };
  }

  /** The session's key is of no more use once both hellos have passed. */
  #forgetKey(): void {
    if (this.#upgrade.kind === 'done' && this.#hasSaidHello) this.#key = undefined;
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
    const sharedX = this.#agree(greeting.pubkey);
    this.#key = sessionKey(sharedX);
    this.#heard = dialect.framing.greetingNonce;
    // What was fed is not kept.
    this.#otherGreeting = { payload: ours ? payload.slice() : payload.subarray(0, 0), ours, sharedX };
    this.#beginUpgrade(dialect);
    return { kind: 'greeted', greeting, ours };
  }

  /** Once both have greeted: when both say that they are ours, hello is next. */
  #beginUpgrade(dialect: Dialect): void {
    const [own, other] = [this.#ownGreeting, this.#otherGreeting];
    if (own?.ours !== true || other?.ours !== true || dialect.name !== 'cbc') return;
    const upgrading = new Upgrading({ ...this.#options, sharedX: other.sharedX });
    const greetings = { own: own.payload, other: other.payload };
    this.#upgrade = { kind: 'wanted', upgrading, ownHello: upgrading.hello, greetings };
  }

  #accepts({ name }: Dialect): boolean {
    return this.#options.accepts.includes(name);
  }

  #agree(other: PublicKey): Uint8Array {
    const { curve, secret } = this.#options;
    try {
      return curve.sharedX(secret, other);
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
