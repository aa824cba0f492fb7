/**
 * core/wire/frame.ts, and what holds of the frames of both dialects: frames out of a stream in any cut, within the caps,
 * and with no more memory than what came.
 */
import { describe, expect, it } from 'vitest';
import { bytesToHex, concatBytes, hexToBytes } from '../../../../core/codec/bytes.ts';
import { dialects } from '../../../../core/wire/dialect.ts';
import { type Frame, FrameReader } from '../../../../core/wire/frame.ts';
import { encodeGreetingFrame } from '../../../model/reference/encoder.ts';
import { secondGreetingPayload, secondHeaderBytes, secondOpen } from '../../../model/second-decoder.ts';
import { Seeded } from '../../../model/seeded.ts';

const names = ['cbc', 'gcm-siv'] as const;
const seeded = new Seeded(18);
const key = seeded.bytes(32);
const mebibyte = 1024 * 1024;
const mostBytes = 64 * mebibyte;
const error = (code: string) => expect.objectContaining({ name: 'SessionError', code });
const bytes = (hex: string) => hexToBytes(hex.replaceAll(' ', ''));

function allFrames(reader: FrameReader, fed: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  reader.feed(fed);
  for (;;) {
    const frame = reader.next(mostBytes);
    if (frame === undefined) return frames;
    frames.push(frame);
  }
}

/** What begins a stream of either dialect: the payload of a `gcm-siv` greeting begins with its variant, 0. */
function greetingPayload(length: number): Uint8Array {
  const payload = seeded.bytes(length);
  payload[0] = 0;
  return payload;
}

describe.each(names)('in %s', (name) => {
  const { framing } = dialects[name];
  const { greetingFrame, openFrame } = framing;
  const headerBytes = secondHeaderBytes[name].sealed;
  const iv = seeded.bytes(framing.ivBytes);
  const sealedFrame = (nonce: bigint, payload: Uint8Array) => framing.sealedFrame(key, iv, nonce, payload);
  /** What a ciphertext of this length, the smallest that has one, holds. */
  const payloadBytes = (ciphertextBytes: number) => ciphertextBytes - (name === 'cbc' ? 9 : 16);

  /** A reader that has read its greeting. */
  function greetedReader(): FrameReader {
    const reader = new FrameReader();
    allFrames(reader, encodeGreetingFrame(new Uint8Array(3), name));
    return reader;
  }

  function onlyOpened(frames: readonly Frame[]) {
    const [frame] = frames;
    if (frame?.kind !== 'sealed' || frames.length !== 1) throw new Error('there is one frame, and it is sealed');
    return openFrame(key, frame);
  }

  function announced(length: number): Uint8Array {
    const header = new Uint8Array(headerBytes);
    new DataView(header.buffer).setUint32(0, length, true);
    return header;
  }

  describe('a frame of ours', () => {
    it('is laid out as the second decoder reads it', () => {
      for (const length of [1, 7, 8, 9, 24, 1_000]) {
        const payload = greetingPayload(length);
        expect(secondGreetingPayload(greetingFrame(payload), name)).toEqual(payload);
        expect(secondOpen(key, sealedFrame(77n, payload), name)).toEqual({ nonce: 77n, payload });
      }
      const nothing = new Uint8Array(0);
      expect(secondOpen(key, sealedFrame(77n, nothing), name)).toEqual({ nonce: 77n, payload: nothing });
    });

    it('opens again', () => {
      const payload = seeded.bytes(100);
      const stream = sealedFrame(2n ** 64n - 1n, payload);
      const frames = allFrames(greetedReader(), stream);
      expect(frames).toMatchObject([{ bytes: stream.length }]);
      expect(onlyOpened(frames)).toEqual({ iv, nonce: 2n ** 64n - 1n, payload });
    });
  });

  describe('a reader', () => {
    it('finds the same frames in every cut of a stream', () => {
      const payloads = Array.from({ length: 20 }, () => greetingPayload(1 + seeded.below(300)));
      const [first = new Uint8Array(1), ...rest] = payloads;
      const stream = concatBytes(
        encodeGreetingFrame(first, name),
        ...rest.map((payload) => framing.sealedFrame(key, seeded.bytes(framing.ivBytes), 5n, payload)),
      );
      for (const mostPieceBytes of [1, 2, 13, 90, 700, stream.length]) {
        const reader = new FrameReader();
        const frames = seeded
          .cut(stream, mostPieceBytes)
          .flatMap((piece) => allFrames(reader, piece))
          .map((frame) => (frame.kind === 'greeting' ? frame.payload : openFrame(key, frame).payload));
        expect(frames).toEqual(payloads);
        expect(reader.heldBytes).toBe(0);
        expect(reader.dialect).toBe(dialects[name]);
      }
    });

    it('finds a greeting of any length, cut anywhere, with a frame behind it', () => {
      for (const length of [1, 2, 3, 9, 40]) {
        const payload = greetingPayload(length);
        const stream = concatBytes(encodeGreetingFrame(payload, name), sealedFrame(1n, payload));
        for (let cut = 0; cut <= stream.length; cut++) {
          const reader = new FrameReader();
          const [greeting, ...rest] = [stream.slice(0, cut), stream.slice(cut)].flatMap((piece) =>
            allFrames(reader, piece),
          );
          expect(greeting).toEqual({ kind: 'greeting', payload });
          expect(onlyOpened(rest).payload).toEqual(payload);
          expect(reader.heldBytes).toBe(0);
        }
      }
    });

    it('knows the dialect with the fifth byte, not sooner and not later', () => {
      const stream = encodeGreetingFrame(greetingPayload(200), name);
      for (const pieces of [[1, 1, 1, 1], [4], [2, 0, 2], [3, 1]]) {
        const reader = new FrameReader();
        let at = 0;
        for (const piece of pieces) {
          expect(allFrames(reader, stream.subarray(at, at + piece))).toEqual([]);
          expect(reader.dialect).toBeUndefined();
          at += piece;
        }
        expect(allFrames(reader, stream.subarray(4, 5))).toEqual([]);
        expect(reader.dialect).toBe(dialects[name]);
      }
    });

    it('keeps nothing of what it was fed: the caller may use the array again', () => {
      const payload = seeded.bytes(50);
      const frame = sealedFrame(2n, payload);
      const reader = greetedReader();
      const piece = frame.slice(0, 40);
      expect(allFrames(reader, piece)).toEqual([]);
      piece.fill(0);
      expect(onlyOpened(allFrames(reader, frame.slice(40))).payload).toEqual(payload);
    });

    it('keeps nothing of a greeting it was fed either', () => {
      const payload = greetingPayload(50);
      const frame = encodeGreetingFrame(payload, name);
      for (const cut of [3, 4, 5, 6, 30]) {
        const reader = new FrameReader();
        const piece = frame.slice(0, cut);
        allFrames(reader, piece);
        piece.fill(0xee);
        expect(allFrames(reader, frame.slice(cut))).toEqual([{ kind: 'greeting', payload }]);
      }
    });

    it('holds at most twice the bytes that came, and never more than the frame', () => {
      const length = 1_000_000 - (1_000_000 % 16);
      const body = new Uint8Array(length);
      for (const pieceBytes of [1_000, 16_384, 65_536]) {
        const reader = greetedReader();
        allFrames(reader, announced(length));
        expect(reader.heldBytes).toBe(0);
        for (let came = pieceBytes; came < length; came += pieceBytes) {
          allFrames(reader, body.subarray(came - pieceBytes, came));
          expect(reader.heldBytes).toBeGreaterThanOrEqual(came);
          expect(reader.heldBytes).toBeLessThanOrEqual(Math.min(2 * came, length));
        }
      }
    });

    it('holds at most twice the bytes that came of a greeting, too', () => {
      const stream = encodeGreetingFrame(new Uint8Array(mebibyte), name);
      const reader = new FrameReader();
      for (let came = 1_000; came < stream.length; came += 1_000) {
        expect(allFrames(reader, stream.subarray(came - 1_000, came))).toEqual([]);
        expect(reader.heldBytes).toBeLessThanOrEqual(Math.min(2 * came, mebibyte));
      }
    });

    it('holds next to nothing of a frame of 64 MiB that is only announced', () => {
      const reader = greetedReader();
      allFrames(reader, announced(64 * mebibyte));
      allFrames(reader, new Uint8Array(1));
      expect(reader.heldBytes).toBe(1);
    });

    it('holds next to nothing of a greeting of 1 MiB that is only announced', () => {
      const reader = new FrameReader();
      allFrames(reader, encodeGreetingFrame(new Uint8Array(mebibyte), name).subarray(0, 12));
      expect(reader.dialect).toBe(dialects[name]);
      expect(reader.heldBytes).toBeLessThanOrEqual(8);
    });

    it('copies each byte of a large frame at most thrice, however small the pieces', () => {
      const length = 4 * mebibyte;
      const stream = sealedFrame(2n, new Uint8Array(payloadBytes(length)));
      expect(stream.length).toBe(headerBytes + length);
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
      const stream = sealedFrame(2n, new Uint8Array(100_000));
      const reader = greetedReader();
      expect(bytesCopied(() => allFrames(reader, stream))).toBeLessThan(100);
    });

    it('is fed only after it has read all that was there', () => {
      const reader = new FrameReader();
      reader.feed(encodeGreetingFrame(new Uint8Array(3), name));
      expect(() => reader.feed(Uint8Array.of(1))).toThrow('invariant');
    });
  });

  describe('a header', () => {
    it.each([
      ['less than any ciphertext', 0, 'bad-frame'],
      ['a byte less than the least', 15, 'bad-frame'],
      ['more than the cap', 1_040, 'frame-too-long'],
      ['far more than the cap', 0xfffffff0, 'frame-too-long'],
    ])('that announces %s is refused', (_, length, code) => {
      const reader = greetedReader();
      reader.feed(announced(length));
      expect(() => reader.next(1_024)).toThrow(error(code));
      expect(reader.heldBytes).toBe(0);
    });

    it('that announces a length no ciphertext has is refused, and any other is waited for', () => {
      const refused: number[] = [];
      for (let length = 0; length <= 34; length++) {
        const reader = greetedReader();
        try {
          expect(allFrames(reader, announced(length))).toEqual([]);
        } catch (thrown) {
          expect(thrown).toEqual(error('bad-frame'));
          refused.push(length);
        }
      }
      const lengths = Array.from({ length: 35 }, (_, length) => length);
      expect(refused).toEqual(lengths.filter((length) => (name === 'cbc' ? ![16, 32].includes(length) : length < 16)));
    });

    it('is held against the cap once: a frame that was allowed may end when the cap is smaller', () => {
      const stream = sealedFrame(2n, new Uint8Array(2_000));
      const reader = greetedReader();
      reader.feed(stream.subarray(0, 100));
      expect(reader.next(4_096)).toBeUndefined();
      reader.feed(stream.subarray(100));
      expect(reader.next(1_024)?.kind).toBe('sealed');
    });
  });
});

describe('the header of a greeting', () => {
  it.each([
    ['a stream whose fifth byte no dialect has', '05000000 02', 'bad-greeting'],
    ['a stream of 255s', 'ffffffff ff', 'bad-greeting'],
    ['a nonce that has more bytes', '05000000 01 00 00 00 00 00 00 01', 'bad-greeting'],
    ['more than 1 MiB', '01001000 0100000000000000', 'frame-too-long'],
    ['more than 1 MiB in the other dialect', '01001000 00', 'frame-too-long'],
    ['far more than 1 MiB in the other dialect', 'ffffffff 00', 'frame-too-long'],
    ['nothing, where the dialect is told by the first byte of something', '00000000 00', 'bad-greeting'],
  ])('with %s is refused at once, in every cut', (_, hex, code) => {
    const stream = bytes(hex);
    for (let cut = 0; cut < stream.length; cut++) {
      const reader = new FrameReader();
      expect(allFrames(reader, stream.subarray(0, cut))).toEqual([]);
      expect(() => allFrames(reader, stream.subarray(cut)), `cut at ${cut}`).toThrow(error(code));
      expect(reader.heldBytes).toBe(0);
    }
  });

  it.each([
    ['cbc', '00001000 0100000000000000'],
    ['gcm-siv', '00001000 00'],
  ] as const)('of %s may announce 1 MiB', (name, hex) => {
    const reader = new FrameReader();
    expect(allFrames(reader, bytes(hex))).toEqual([]);
    expect(reader.dialect).toBe(dialects[name]);
  });

  it('is refused at its fifth byte when it comes byte by byte', () => {
    const reader = new FrameReader();
    for (const byte of [5, 0, 0, 0]) expect(allFrames(reader, Uint8Array.of(byte))).toEqual([]);
    expect(() => allFrames(reader, Uint8Array.of(2))).toThrow(error('bad-greeting'));
  });

  it('may announce nothing in cbc: that the payload is no greeting is seen later', () => {
    const reader = new FrameReader();
    expect(allFrames(reader, bytes('00000000 0100000000000000'))).toEqual([
      { kind: 'greeting', payload: new Uint8Array(0) },
    ]);
  });

  it('is read with the byte that tells the dialect: a greeting of one byte is whole then', () => {
    const reader = new FrameReader();
    expect(allFrames(reader, bytes('01000000'))).toEqual([]);
    expect(allFrames(reader, bytes('00'))).toEqual([{ kind: 'greeting', payload: Uint8Array.of(0) }]);
    expect(bytesToHex(encodeGreetingFrame(Uint8Array.of(0), 'gcm-siv'))).toBe('0100000000');
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
