/**
 * Frames of the dialect `cbc`: their layout, how one is sealed and opened, and a reader that finds them in a stream.
 *
 * The reader takes bytes as they come, in any cut. It refuses what a header announces before it holds a byte of it,
 * and its memory grows with the bytes that came, never with the length announced. It opens nothing: nonces and
 * messages are session.ts's. Layout: spec/wire.md, Frames; caps: spec/safety.md, Frames and sessions.
 */
import { concatBytes } from '../codec/bytes.ts';
import { cbcBlockBytes, cbcCiphertextBytes, decryptCbc, encryptCbcInPlace } from '../crypto/cbc.ts';
import { CryptoError, invariant, SessionError } from '../errors.ts';

/** Most bytes of a greeting's Borsh. */
export const mostGreetingBytes = 1024 * 1024;

/** The greeting is a sender's first frame, so its nonce is this; byte 4 of the stream tells the dialects apart by it. */
const greetingNonce = 1n;
const lengthBytes = 4;
const nonceBytes = 8;
const greetingHeaderBytes = lengthBytes + nonceBytes;
const sealedHeaderBytes = lengthBytes + cbcBlockBytes;

export type Frame =
  /** A stream's first frame, plain. */
  | { readonly kind: 'greeting'; readonly payload: Uint8Array }
  /** `bytes` is what the whole frame took of the stream. */
  | { readonly kind: 'sealed'; readonly iv: Uint8Array; readonly ciphertext: Uint8Array; readonly bytes: number };

export function greetingFrame(payload: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(greetingHeaderBytes));
  header.setUint32(0, payload.length, true);
  header.setBigUint64(lengthBytes, greetingNonce, true);
  return concatBytes(new Uint8Array(header.buffer), payload);
}

/** @param iv 16 bytes that nobody can foretell */
export function sealedFrame(key: Uint8Array, iv: Uint8Array, nonce: bigint, payload: Uint8Array): Uint8Array {
  const plainBytes = nonceBytes + payload.length;
  const length = cbcCiphertextBytes(plainBytes);
  const frame = new Uint8Array(sealedHeaderBytes + length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, length, true);
  frame.set(iv, lengthBytes);
  view.setBigUint64(sealedHeaderBytes, nonce, true);
  frame.set(payload, sealedHeaderBytes + nonceBytes);
  encryptCbcInPlace(key, iv, frame.subarray(sealedHeaderBytes), plainBytes);
  return frame;
}

/** @throws SessionError `bad-frame` */
export function openFrame(
  key: Uint8Array,
  { iv, ciphertext }: Extract<Frame, { kind: 'sealed' }>,
): { readonly nonce: bigint; readonly payload: Uint8Array } {
  const plain = decrypted(key, iv, ciphertext);
  if (plain.length < nonceBytes) throw new SessionError('bad-frame', 'a frame holds at least its nonce');
  const nonce = new DataView(plain.buffer, plain.byteOffset).getBigUint64(0, true);
  return { nonce, payload: plain.subarray(nonceBytes) };
}

export class FrameReader {
  #greeted = false;
  /** What was fed and is not taken yet: the caller's bytes, let go of before the caller goes on. */
  #chunk = nothing;
  readonly #header = new Uint8Array(sealedHeaderBytes);
  #headerFilled = 0;
  /** Of the body, once the header is whole and was found good. */
  #length: number | undefined;
  #body = nothing;
  #bodyFilled = 0;

  /** What the body of an unfinished frame takes: at most twice the bytes of it that came, and never over its length. */
  get heldBytes(): number {
    return this.#body.length;
  }

  /** The bytes are read until `next` finds no further frame. */
  feed(bytes: Uint8Array): void {
    invariant(this.#chunk.length === 0, 'what was fed before has been read');
    this.#chunk = bytes;
  }

  /**
   * The next whole frame; its bytes may be a view of what was fed. After an error the stream cannot be read on.
   * @param mostBytes cap of a sealed frame's ciphertext, looked at when its header is whole
   * @throws SessionError `frame-too-long`, `bad-frame`, `bad-greeting`
   */
  next(mostBytes: number): Frame | undefined {
    this.#length ??= this.#greeted ? this.#sealedLength(mostBytes) : this.#greetingLength();
    if (this.#length === undefined) return undefined;
    const body = this.#takeBody(this.#length);
    if (body === undefined) return undefined;
    const iv = this.#header.slice(lengthBytes);
    this.#length = undefined;
    this.#headerFilled = 0;
    if (this.#greeted) return { kind: 'sealed', iv, ciphertext: body, bytes: sealedHeaderBytes + body.length };
    this.#greeted = true;
    return { kind: 'greeting', payload: body };
  }

  /** Undefined while the header is not whole. */
  #greetingLength(): number | undefined {
    const filled = this.#fillHeader(greetingHeaderBytes);
    const view = new DataView(this.#header.buffer);
    // At once, for the other dialect's greeting is shorter: waiting for a whole header could last for ever.
    if (filled > lengthBytes && view.getUint8(lengthBytes) !== Number(greetingNonce)) throw otherDialect();
    if (filled < greetingHeaderBytes) return undefined;
    if (view.getBigUint64(lengthBytes, true) !== greetingNonce) throw otherDialect();
    return cappedLength(view.getUint32(0, true), mostGreetingBytes);
  }

  #sealedLength(mostBytes: number): number | undefined {
    if (this.#fillHeader(sealedHeaderBytes) < sealedHeaderBytes) return undefined;
    const length = cappedLength(new DataView(this.#header.buffer).getUint32(0, true), mostBytes);
    if (length === 0 || length % cbcBlockBytes !== 0) {
      throw new SessionError('bad-frame', `a ciphertext of ${length} bytes is no whole number of blocks`);
    }
    return length;
  }

  /** How many bytes of the header are there now. */
  #fillHeader(wanted: number): number {
    const part = this.#takeChunk(wanted - this.#headerFilled);
    this.#header.set(part, this.#headerFilled);
    this.#headerFilled += part.length;
    return this.#headerFilled;
  }

  #takeBody(length: number): Uint8Array | undefined {
    if (this.#bodyFilled === 0 && this.#chunk.length >= length) return this.#takeChunk(length);
    const part = this.#takeChunk(length - this.#bodyFilled);
    const filled = this.#bodyFilled + part.length;
    if (filled > this.#body.length) {
      // Doubling: each byte is copied twice at most, whatever the cut, and the last array is exactly the body.
      const grown = new Uint8Array(Math.min(length, Math.max(filled, 2 * this.#body.length)));
      grown.set(this.#body);
      this.#body = grown;
    }
    this.#body.set(part, this.#bodyFilled);
    this.#bodyFilled = filled;
    if (filled < length) return undefined;
    const body = this.#body;
    this.#body = nothing;
    this.#bodyFilled = 0;
    return body;
  }

  /** The first of the bytes fed, at most `wanted`. */
  #takeChunk(wanted: number): Uint8Array {
    const part = this.#chunk.subarray(0, wanted);
    this.#chunk = part.length === this.#chunk.length ? nothing : this.#chunk.subarray(wanted);
    return part;
  }
}

const nothing: Uint8Array = new Uint8Array(0);

function cappedLength(length: number, mostBytes: number): number {
  if (length > mostBytes) throw new SessionError('frame-too-long', `${length} bytes announced, at most ${mostBytes}`);
  return length;
}

function otherDialect(): SessionError {
  return new SessionError('bad-greeting', 'a greeting of this dialect carries the nonce 1');
}

function decrypted(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  try {
    return decryptCbc(key, iv, ciphertext);
  } catch (error) {
    if (error instanceof CryptoError) throw new SessionError('bad-frame', error.message);
    throw error;
  }
}
