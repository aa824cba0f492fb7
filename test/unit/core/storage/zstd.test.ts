import { compress, init, decompress as oracle } from '@bokuweb/zstd-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { concatBytes, equalBytes, hexToBytes, utf8Bytes } from '../../../../core/codec/bytes.ts';
import { StoreError } from '../../../../core/errors.ts';
import { decompressCapped, frameLength, mostFrameBytes, rawFrame } from '../../../../core/storage/zstd.ts';

beforeAll(init);

/** Repeats and varies, so that a compressor finds matches near and far. */
function sampleBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = i % 7 === 0 ? state >>> 24 : (i >> 5) & 0xff;
  }
  return bytes;
}

const lengths = [0, 1, 2, 255, 256, 300, 65_791, 65_792, 131_071, 131_072, 131_073, 262_144, 1_000_000, 9_000_000];

describe('decompressCapped', () => {
  it.each(lengths)('reads what a compressor made of %i bytes', (length) => {
    const content = sampleBytes(length);
    expect(equalBytes(decompressCapped(compress(content, 3), length), content)).toBe(true);
  });

  it.each([1, 3, 9, 15, 19, 22])('reads what a compressor made at level %i', (level) => {
    const content = sampleBytes(1_000_000);
    expect(equalBytes(decompressCapped(compress(content, level), content.length), content)).toBe(true);
  });

  it.each(lengths)('reads the raw frame of %i bytes', (length) => {
    const content = sampleBytes(length);
    expect(equalBytes(decompressCapped(rawFrame(content), length), content)).toBe(true);
  });

  it.each(lengths.filter((length) => length > 0))('refuses a frame of %i bytes under a cap of one less', (length) => {
    const content = sampleBytes(length);
    expectCorrupt(() => decompressCapped(compress(content, 3), length - 1));
    expectCorrupt(() => decompressCapped(rawFrame(content), length - 1));
    expectCorrupt(() => decompressCapped(withoutContentSize(compress(content, 3)), length - 1));
  });

  it.each(lengths)('reads %i bytes from a frame that does not say how many they are', (length) => {
    const content = sampleBytes(length);
    expect(equalBytes(decompressCapped(withoutContentSize(compress(content, 3)), length), content)).toBe(true);
    expect(equalBytes(decompressCapped(withoutContentSize(compress(content, 3)), length + 1), content)).toBe(true);
  });

  it('refuses every frame that is cut short, and one with a byte after it', () => {
    const frame = compress(sampleBytes(700), 3);
    for (let length = 0; length < frame.length; length++) {
      expectCorrupt(() => decompressCapped(frame.subarray(0, length), 1_000));
    }
    expectCorrupt(() => decompressCapped(concatBytes(frame, Uint8Array.of(0)), 1_000));
  });

  it('never throws anything but a StoreError, nor exceeds the cap, whatever byte is changed', () => {
    const frame = withoutContentSize(compress(sampleBytes(900), 3));
    for (let i = 0; i < frame.length; i++) {
      for (const bits of [1, 0x10, 0x80, 0xff]) {
        const changed = frame.slice();
        changed[i] = (changed[i] as number) ^ bits;
        try {
          expect(decompressCapped(changed, 1_000).length).toBeLessThanOrEqual(1_000);
        } catch (error) {
          expect(error).toBeInstanceOf(StoreError);
        }
      }
    }
  });

  it.each([
    ['another magic', '28b52ffe' + '20' + '00' + '010000'],
    ['a dictionary', '28b52ffd' + '21' + '07' + '00' + '010000'],
    ['a reserved bit', '28b52ffd' + '28' + '00' + '010000'],
    ['a skippable frame', '502a4d18' + '00000000'],
    ['a reserved kind of block', '28b52ffd' + '20' + '01' + '0f0000' + '61'],
    ['a content size that is not held', '28b52ffd' + '20' + '02' + '090000' + '61'],
    ['a repeated byte of over 128 KiB', '28b52ffd' + 'a0' + '01001000' + '0300' + '80' + '61'],
  ])('refuses %s', (_, hex) => {
    expectCorrupt(() => decompressCapped(hexToBytes(hex), 2_000_000));
  });

  it('lets no header make it allocate: a window of 3.75 TiB over ten bytes costs nothing', () => {
    const frame = concatBytes(hexToBytes('28b52ffd' + '00' + 'ff' + '510000'), utf8Bytes('ten bytes!'));
    expect(decompressCapped(frame, 64 * 1024 * 1024)).toEqual(utf8Bytes('ten bytes!'));
  });

  it('stops a bomb at the cap', () => {
    const repeated = hexToBytes('020010' + '00');
    const blocks = Array.from({ length: 4_000 }, () => repeated);
    const bomb = concatBytes(hexToBytes('28b52ffd' + '00' + '38'), ...blocks, hexToBytes('030010' + '00'));
    expectCorrupt(() => decompressCapped(bomb, 1_000_000));
  });
});

describe('rawFrame', () => {
  it.each(lengths.filter((length) => length > 0))('is a frame other decompressors read: %i bytes', (length) => {
    const content = sampleBytes(length);
    expect(equalBytes(oracle(rawFrame(content)), content)).toBe(true);
  });
});

describe('frameLength', () => {
  it.each(lengths)('tells where a frame of %i bytes ends, whatever follows it', (length) => {
    const content = sampleBytes(length);
    for (const frame of [rawFrame(content), compress(content, 3), withoutContentSize(compress(content, 3))]) {
      expect(frameLength(frame)).toBe(frame.length);
      expect(frameLength(concatBytes(frame, frame))).toBe(frame.length);
      expect(frameLength(frame.subarray(0, -1))).toBeUndefined();
      expect(frame.length).toBeLessThanOrEqual(mostFrameBytes(length));
    }
  });

  it.each(['', '28b52f', '28b52ffe' + '20' + '00' + '010000', '28b52ffd' + '21' + '07' + '00' + '010000'])(
    'is undefined for %j',
    (hex) => {
      expect(frameLength(hexToBytes(hex))).toBeUndefined();
    },
  );
});

/** The same blocks behind a header as the reference's: a window, and no content size. */
function withoutContentSize(frame: Uint8Array): Uint8Array {
  const descriptor = frame[4] as number;
  const single = (descriptor & 0x20) !== 0;
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] as number;
  const headerBytes = 5 + (single ? 0 : 1) + sizeBytes;
  const eightMebibytes = (23 - 10) << 3;
  return concatBytes(frame.subarray(0, 4), Uint8Array.of(0, eightMebibytes), frame.subarray(headerBytes));
}

function expectCorrupt(run: () => unknown): void {
  expect(run).toThrow(expect.objectContaining({ name: 'StoreError', code: 'corrupt' }));
}
