/**
 * One connection of a reference peer: greeting, key, nonces, frames, in the dialect of its era.
 *
 * Caps nothing, waits for whatever a header announces, and refuses exactly what the reference refuses (spec/wire.md,
 * Frames and Greeting; test/vectors/payloads.json). Comparing roots is its own as well.
 */
import { createHash } from 'node:crypto';
import type { PublicKey, SecretKey } from '../../../core/crypto/keys.ts';
import {
  type ExactMessage,
  exactMessage,
  type SecondDialect,
  type SecondGreeting,
  secondHeaderBytes,
  secondOpen,
} from '../second-decoder.ts';
import { bytesOf, encodeGreetingFrame, encodeMessage, encodeSealedFrame, ivBytes } from './encoder.ts';
import type { Crypto } from './signing.ts';

export type Arrived =
  | { readonly kind: 'greeted'; readonly greeting: SecondGreeting }
  | { readonly kind: 'message'; readonly message: ExactMessage }
  /** The connection is over; nothing is read any more. */
  | { readonly kind: 'refused'; readonly why: string }
  /** The other's key is no point: more than the connection is over. */
  | { readonly kind: 'crashed' };

export interface SessionOptions {
  readonly dialect: SecondDialect;
  readonly crypto: Crypto;
  readonly secret: SecretKey;
  readonly random: (length: number) => Uint8Array;
}

export class ReferenceSession {
  readonly #options: SessionOptions;
  #unread: Uint8Array = new Uint8Array(0);
  #own: SecondGreeting | undefined;
  #other: SecondGreeting | undefined;
  #key: Uint8Array | undefined;
  #sent = 0n;
  #heard = 0n;
  #isOver = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    // The greeting is a frame with a nonce in one dialect and none in the other.
    if (options.dialect === 'cbc') this.#sent = 1n;
  }

  /** Once both have greeted. */
  get other(): SecondGreeting | undefined {
    return this.#other;
  }

  greet(greeting: SecondGreeting): Uint8Array {
    const { dialect } = this.#options;
    this.#own = greeting;
    return encodeGreetingFrame(encodeMessage({ type: 'greeting', ...greeting }, dialect), dialect);
  }

  seal(message: ExactMessage): Uint8Array {
    return this.sealPayload(encodeMessage(message, this.#options.dialect));
  }

  /** Whatever the payload is. */
  sealPayload(payload: Uint8Array): Uint8Array {
    if (this.#key === undefined) throw new Error('nothing can be sealed before the other has greeted');
    const { dialect, random } = this.#options;
    const iv = random(ivBytes[dialect]);
    return encodeSealedFrame({ key: this.#key, iv, nonce: ++this.#sent }, payload, dialect);
  }

  /** Feeds bytes, in any cut. After `refused` or `crashed` nothing arrives any more. */
  receive(bytes: Uint8Array): Arrived[] {
    const arrived: Arrived[] = [];
    this.#unread = new Uint8Array(Buffer.concat([this.#unread, bytes]));
    for (let frame = this.#nextFrame(); frame !== undefined; frame = this.#nextFrame()) {
      const arrival = this.#other === undefined ? this.#greeted(frame) : this.#opened(frame);
      if (arrival === undefined) continue;
      arrived.push(arrival);
      if (arrival.kind === 'refused' || arrival.kind === 'crashed') this.#isOver = true;
    }
    return arrived;
  }

  #nextFrame(): Uint8Array | undefined {
    const header = secondHeaderBytes[this.#options.dialect][this.#other === undefined ? 'greeting' : 'sealed'];
    if (this.#isOver || this.#unread.length < header) return undefined;
    const end = header + new DataView(this.#unread.buffer).getUint32(0, true);
    if (this.#unread.length < end) return undefined;
    const frame = this.#unread.slice(0, end);
    this.#unread = this.#unread.slice(end);
    return frame;
  }

  #greeted(frame: Uint8Array): Arrived {
    const { dialect, crypto, secret } = this.#options;
    const payload = frame.slice(secondHeaderBytes[dialect].greeting);
    const message = orUndefined(() => exactMessage(payload, dialect));
    if (message?.type !== 'greeting') return refused('the first message is no greeting');
    const { major, minor, patch } = message.version;
    if (`${major}.${minor}.${patch}` !== '0.1.0') return refused('another version');
    if (!parsesAsAddress(message.listen)) return refused('no address');
    const own = this.#own?.root ?? null;
    if (own !== null && message.root !== null && own !== message.root) return refused('another root');
    const x = orUndefined(() => crypto.curve.sharedX(secret, bytesOf(message.pubkey) as PublicKey));
    if (x === undefined) return { kind: 'crashed' };
    this.#key = new Uint8Array(createHash('sha256').update(x).digest());
    if (dialect === 'cbc') this.#heard = new DataView(frame.buffer).getBigUint64(4, true);
    const { type: _, ...greeting } = message;
    this.#other = greeting;
    return { kind: 'greeted', greeting };
  }

  /** Undefined for what is passed over. */
  #opened(frame: Uint8Array): Arrived | undefined {
    const { dialect } = this.#options;
    const key = this.#key as Uint8Array;
    const opened = orUndefined(() => secondOpen(key, frame, dialect));
    if (opened === undefined) return refused('a frame that does not open');
    if (opened.nonce <= this.#heard) return dialect === 'cbc' ? undefined : refused('a nonce that has not risen');
    this.#heard = opened.nonce;
    const message = orUndefined(() => exactMessage(opened.payload, dialect));
    if (message === undefined) return refused('a payload that is no message');
    return message.type === 'greeting' ? undefined : { kind: 'message', message };
  }
}

/** `host:port`; the host is looked up later, if at all. */
export function parsesAsAddress(address: string): boolean {
  const cut = address.lastIndexOf(':');
  const port = address.slice(cut + 1);
  return cut > 0 && /^[0-9]{1,5}$/.test(port) && Number(port) < 65_536;
}

function refused(why: string): Arrived {
  return { kind: 'refused', why };
}

function orUndefined<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch {
    return undefined;
  }
}
