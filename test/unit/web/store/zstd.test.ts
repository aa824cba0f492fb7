/**
 * What the frame writer makes, with and without WASM, is what the core reads.
 */
import { describe, expect, it } from 'vitest';
import { equalBytes } from '../../../../core/codec/bytes.ts';
import { decompressCapped } from '../../../../core/storage/zstd.ts';
import { extractZstdWasm } from '../../../../scripts/extract-wasm.ts';
import { FrameWriter } from '../../../../web/store/zstd.ts';

const raw = new FrameWriter();
const loaded = new FrameWriter();
await loaded.load(await WebAssembly.compile(extractZstdWasm()));

function repetitive(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index % 17);
}

/** A fixed sequence without any pattern that a compressor finds. */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223;
    return state >>> 24;
  });
}

describe.each([
  ['before WASM is loaded', raw],
  ['with WASM', loaded],
])('frames written %s', (_, writer) => {
  it.each([0, 1, 63, 64, 65, 300, 131_072, 131_073, 1_000_000])('hold %i bytes, of a pattern or of none', (length) => {
    for (const bytes of [repetitive(length), noise(length)]) {
      expect(equalBytes(decompressCapped(writer.frameOf(bytes), length), bytes)).toBe(true);
    }
  });
});

describe('compression in WASM', () => {
  it('makes what repeats itself much smaller', () => {
    expect(loaded.frameOf(repetitive(10_000)).length).toBeLessThan(200);
    expect(raw.frameOf(repetitive(10_000)).length).toBeGreaterThan(10_000);
  });

  it('makes what has no pattern hardly larger', () => {
    expect(loaded.frameOf(noise(10_000)).length).toBeLessThan(10_030);
  });

  it('grows its memory for a block of 20 MiB', () => {
    const bytes = repetitive(20 * 1024 * 1024);
    const frame = loaded.frameOf(bytes);
    expect(frame.length).toBeLessThan(10_000);
    expect(decompressCapped(frame, bytes.length).length).toBe(bytes.length);
  });
});
