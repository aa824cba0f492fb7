/**
 * core/wire/frame.ts: frames out of a stream in any cut, within the caps, and with no more memory than what came.
 */
import { describe, expect, it } from 'vitest';
import { bytesToHex, concatBytes, hexToBytes } from '../../../../core/codec/bytes.ts';
import { type Frame, FrameReader, greetingFrame, openFrame, sealedFrame } from '../../../../core/wire/frame.ts';
import { secondGreetingPayload, secondOpen } from '../../../model/second-decoder.ts';
import { Seeded } from '../../../model/seeded.ts';

const seeded = new Seeded(18);
const key = seeded.bytes(32);
const iv = seeded.bytes(16);
const mostBytes = 64 * 1024 * 1024;
const error = (code: string) => expect.objectContaining({ name: 'SessionError', code });

function allFrames(reader: FrameReader, bytes: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  reader.feed(bytes);
  for (;;) {
    const frame = reader.next(mostBytes);
    if (frame === undefined) return frames;
    frames.push(frame);
  }
}

/** A reader that has read its greeting. */
function greetedReader(): FrameReader {
  const reader = new FrameReader();
  allFrames(reader, greetingFrame(new Uint8Array(3)));
  return reader;
}

describe('a frame of ours', () => {
  it('is laid out as the second decoder reads it', () => {
    for (const length of [0, 1, 7, 8, 9, 24, 1_000]) {
      const payload = seeded.bytes(length);
      expect(secondGreetingPayload(greetingFrame(payload))).toEqual(payload);
      expect(secondOpen(key, sealedFrame(key, iv, 77n, payload))).toEqual({ nonce: 77n, payload });
    }
  });

  it('begins with its length, then the nonce of a greeting or the IV', () => {
    expect(bytesToHex(greetingFrame(Uint8Array.of(0xab)))).toBe('010000000100000000000000ab');
    expect(bytesToHex(sealedFrame(key, iv, 2n, new Uint8Array(7)).subarray(0, 20))).toBe(`10000000${bytesToHex(iv)}`);
    expect(sealedFrame(key, iv, 2n, new Uint8Array(8)).length).toBe(20 + 32);
  });

  it('opens again', () => {
    const payload = seeded.bytes(100);
    const reader = greetedReader();
    const [frame] = allFrames(reader, sealedFrame(key, iv, 2n ** 64n - 1n, payload));
    if (frame?.kind !== 'sealed') throw new Error('the frame is sealed');
    expect(frame.bytes).toBe(20 + 112);
    expect(openFrame(key, frame)).toEqual({ nonce: 2n ** 64n - 1n, payload });
  });
});

describe('a reader', () => {
  it('finds the same frames in every cut of a stream', () => {
    const payloads = Array.from({ length: 20 }, () => seeded.bytes(seeded.below(300)));
    const [first = new Uint8Array(0), ...rest] = payloads;
    const stream = concatBytes(
      greetingFrame(first),
      ...rest.map((payload) => sealedFrame(key, seeded.bytes(16), 5n, payload)),
    );
    for (const mostPieceBytes of [1, 2, 13, 90, 700, stream.length]) {
      const reader = new FrameReader();
      const frames = seeded
        .cut(stream, mostPieceBytes)
        .flatMap((piece) => allFrames(reader, piece))
        .map((frame) => (frame.kind === 'greeting' ? frame.payload : openFrame(key, frame).payload));
      expect(frames).toEqual(payloads);
      expect(reader.heldBytes).toBe(0);
    }
  });

  it('keeps nothing of what it was fed: the caller may use the array again', () => {
    const payload = seeded.bytes(50);
    const frame = sealedFrame(key, iv, 2n, payload);
    const reader = greetedReader();
    const piece = frame.slice(0, 40);
    expect(allFrames(reader, piece)).toEqual([]);
    piece.fill(0);
    const [whole] = allFrames(reader, frame.slice(40));
    if (whole?.kind !== 'sealed') throw new Error('the frame is sealed');
    expect(openFrame(key, whole).payload).toEqual(payload);
  });

  it('holds at most twice the bytes that came, and never more than the frame', () => {
    const length = 1_000_000 - (1_000_000 % 16);
    const body = new Uint8Array(length);
    const header = sealedFrame(key, iv, 2n, body.subarray(0, length - 9)).subarray(0, 20);
    for (const pieceBytes of [1_000, 16_384, 65_536]) {
      const reader = greetedReader();
      allFrames(reader, header);
      expect(reader.heldBytes).toBe(0);
      for (let came = pieceBytes; came < length; came += pieceBytes) {
        allFrames(reader, body.subarray(came - pieceBytes, came));
        expect(reader.heldBytes).toBeGreaterThanOrEqual(came);
        expect(reader.heldBytes).toBeLessThanOrEqual(Math.min(2 * came, length));
      }
    }
  });

  it('holds next to nothing of a frame of 64 MiB that is only announced', () => {
    const reader = greetedReader();
    allFrames(reader, concatBytes(hexToBytes('00000004'), new Uint8Array(16)));
    allFrames(reader, new Uint8Array(1));
    expect(reader.heldBytes).toBe(1);
  });

  it('copies each byte of a large frame at most thrice, however small the pieces', () => {
    const length = 4 * 1024 * 1024;
    const stream = sealedFrame(key, iv, 2n, new Uint8Array(length - 9));
    const copied = bytesCopied(() => {
      const reader = greetedReader();
      let frames = 0;
      for (let at = 0; at < stream.length; at += 16_384) {
        frames += allFrames(reader, stream.subarray(at, at + 16_384)).length;
      }
      expect(frames).toBe(1);
    });
    expect(copied).toBeLessThan(3 * length);
    expect(copied).toBeGreaterThanOrEqual(length);
  });

  it('takes a body that came whole without a copy', () => {
    const stream = sealedFrame(key, iv, 2n, new Uint8Array(100_000));
    const reader = greetedReader();
    expect(bytesCopied(() => allFrames(reader, stream))).toBeLessThan(100);
  });

  it('is fed only after it has read all that was there', () => {
    const reader = new FrameReader();
    reader.feed(greetingFrame(new Uint8Array(3)));
    expect(() => reader.feed(Uint8Array.of(1))).toThrow('invariant');
  });
});

describe('a header', () => {
  it.each([
    ['a greeting of the other dialect', '05000000 00', 'bad-greeting'],
    ['a greeting with nonce 2', '05000000 02', 'bad-greeting'],
    ['a greeting whose nonce has more bytes', '05000000 01 00 00 00 00 00 00 01', 'bad-greeting'],
    ['a greeting over 1 MiB', '01001000 0100000000000000', 'frame-too-long'],
  ])('of %s is refused at once', (_, hex, code) => {
    const reader = new FrameReader();
    expect(() => allFrames(reader, hexToBytes(hex.replaceAll(' ', '')))).toThrow(error(code));
  });

  it('of a greeting is refused at its fifth byte when it comes byte by byte', () => {
    const reader = new FrameReader();
    for (const byte of [5, 0, 0, 0]) expect(allFrames(reader, Uint8Array.of(byte))).toEqual([]);
    expect(() => allFrames(reader, Uint8Array.of(0))).toThrow(error('bad-greeting'));
  });

  it.each([
    ['no ciphertext', 0, 'bad-frame'],
    ['half a block', 24, 'bad-frame'],
    ['more than the cap', 1_040, 'frame-too-long'],
    ['far more than the cap', 0xfffffff0, 'frame-too-long'],
  ])('that announces %s is refused', (_, length, code) => {
    const header = new Uint8Array(20);
    new DataView(header.buffer).setUint32(0, length, true);
    const reader = greetedReader();
    reader.feed(header);
    expect(() => reader.next(1_024)).toThrow(error(code));
    expect(reader.heldBytes).toBe(0);
  });

  it('is held against the cap once: a frame that was allowed may end when the cap is smaller', () => {
    const stream = sealedFrame(key, iv, 2n, new Uint8Array(2_000));
    const reader = greetedReader();
    reader.feed(stream.subarray(0, 100));
    expect(reader.next(4_096)).toBeUndefined();
    reader.feed(stream.subarray(100));
    expect(reader.next(1_024)?.kind).toBe('sealed');
  });
});

/** How many bytes are laid into arrays while `work` runs. */
function bytesCopied(work: () => void): number {
  const original = Uint8Array.prototype.set;
  let copied = 0;
  Uint8Array.prototype.set = function (source, offset) {
    copied += source.length;
    original.call(this, source, offset);
  };
  try {
    work();
  } finally {
    Uint8Array.prototype.set = original;
  }
  return copied;
}
