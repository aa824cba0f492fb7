import { describe, expect, it } from 'vitest';
import { decompressCapped } from '../../../../core/storage/zstd.ts';
import { loadCompressor } from '../../../../relay/store/compressor.ts';
import { pattern } from '../../../contract/link.ts';

describe('loadCompressor', () => {
  it('gives a compressor of zstd frames that say their content size', async () => {
    const compress = await loadCompressor();
    const content = pattern(100_000);
    const frame = compress(content);
    expect(frame.length).toBeLessThan(content.length);
    expect(decompressCapped(frame, content.length)).toEqual(content);
    const sizeBits = (frame[4] as number) >> 6;
    const singleSegment = (frame[4] as number) & 0x20;
    expect(sizeBits > 0 || singleSegment > 0).toBe(true);
  });

  it('is loaded once', async () => {
    expect(await loadCompressor()).toBe(await loadCompressor());
  });
});
