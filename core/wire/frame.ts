/**
 * Finds frames in a stream, whatever dialect it speaks; the fifth byte tells (spec/wire.md, Greeting).
 *
 * The reader takes bytes as they come, in any cut. It refuses what a header announces before it holds a byte of it,
 * and its memory grows with the bytes that came, never with the length announced. It opens nothing: nonces and
 * messages are session.ts's. Layouts: framing.ts; caps: spec/safety.md, Frames and sessions.
 */
import { invariant, SessionError } from '../errors.ts';
import { type Dialect, dialectOfByte } from './dialect.ts';
import { type FrameShape, lengthBytes, type SealedFrame } from './framing.ts';

/** Most bytes of a greeting's Borsh. */
export const mostGreetingBytes = 1024 * 1024;

/** Of any dialect's header. */
const mostHeaderBytes = 24;

export type Frame =
  /** A stream's first frame, plain. */
  { readonly kind: 'greeting'; readonly payload: Uint8Array } | SealedFrame;

export class FrameReader {
  #greeted = false;
  /** What was fed and is not taken yet: the caller's bytes, let go of before the caller goes on. */
  #chunk = nothing;
  readonly #header = new Uint8Array(mostHeaderBytes);
  #headerFilled = 0;
  #dialect: Dialect | undefined;
  /** Of sealed frames, where it is not the dialect's. */
  #shape: FrameShape | undefined;
  /** Of the body, once the header is whole and was found good. */
  #length: number | undefined;
  #body = nothing;
  #bodyFilled = 0;

  /** What the other side speaks; undefined until its fifth byte has come. */
  get dialect(): Dialect | undefined {
    return this.#dialect;
  }

  /** What the body of an unfinished frame takes: at most twice the bytes of it that came, and never over its length. */
  get heldBytes(): number {
    return this.#body.length;
  }

  /** Sealed frames have this shape from the next one on. */
  reshape(shape: FrameShape): void {
    invariant(this.#headerFilled === 0, 'no frame changes its shape once it has begun');
    this.#shape = shape;
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
    const header = this.#header.slice(0, this.#headerFilled);
    this.#length = undefined;
    this.#headerFilled = 0;
    if (this.#greeted) return { kind: 'sealed', header, ciphertext: body, bytes: header.length + body.length };
    this.#greeted = true;
    return { kind: 'greeting', payload: body };
  }

  /** Undefined while the header is not whole. */
  #greetingLength(): number | undefined {
    // One byte more than the length, for it tells the dialect: waiting for the longer header could last for ever.
    if (this.#dialect === undefined) {
      if (this.#fillHeader(lengthBytes + 1) <= lengthBytes) return undefined;
      this.#dialect = dialectOfByte(this.#header[lengthBytes] as number);
      if (this.#dialect === undefined) throw new SessionError('bad-greeting', 'no dialect begins like this');
    }
    const { framing } = this.#dialect;
    if (this.#fillHeader(framing.greetingHeaderBytes) < framing.greetingHeaderBytes) return undefined;
    framing.checkGreetingHeader(this.#header);
    const length = cappedLength(this.#announced(), mostGreetingBytes);
    const taken = this.#header.slice(framing.greetingHeaderBytes, this.#headerFilled);
    if (length < taken.length) throw new SessionError('bad-greeting', 'an empty greeting is none');
    if (taken.length > 0) this.#beginBody(taken);
    return length;
  }

  #sealedLength(mostBytes: number): number | undefined {
    invariant(this.#dialect !== undefined, 'a stream that has greeted has a dialect');
    const shape = this.#shape ?? this.#dialect.framing;
    if (this.#fillHeader(shape.sealedHeaderBytes) < shape.sealedHeaderBytes) return undefined;
    const length = cappedLength(this.#announced(), mostBytes);
    if (shape.isCiphertextLength(length)) return length;
    throw new SessionError('bad-frame', `no ciphertext has ${length} bytes`);
  }

  #announced(): number {
    return new DataView(this.#header.buffer).getUint32(0, true);
  }

  /** A greeting's first byte was read to tell the dialect by it. */
  #beginBody(first: Uint8Array): void {
    this.#body = first;
    this.#bodyFilled = first.length;
  }

  /** How many bytes of the header are there now. */
  #fillHeader(wanted: number): number {
    const part = this.#takeChunk(Math.max(0, wanted - this.#headerFilled));
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
