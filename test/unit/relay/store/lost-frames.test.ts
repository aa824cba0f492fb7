import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../../core/codec/bytes.ts';
import { rawFrame } from '../../../../core/storage/zstd.ts';
import { findFrames } from '../../../../relay/store/lost-frames.ts';
import { ChainMaker } from '../../../contract/material.ts';
import { RecordedDisk } from '../../../model/recorded-disk.ts';

const maker = new ChainMaker(1);
const chain = maker.chain(6);
const frames = chain.map(({ bytes }) => rawFrame(bytes));
const ends = frames.map((_, i) => frames.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0));
const all = chain.map(({ hash }, i) => ({ hash, place: { start: ends[i - 1] ?? 0, end: ends[i] } }));

async function fileOf(...parts: readonly Uint8Array[]) {
  return new RecordedDisk(new Map([['blocks.db', concatBytes(...parts)]])).open('blocks.db');
}

describe('findFrames', () => {
  it('finds every frame from the beginning, or from behind a block', async () => {
    const file = await fileOf(...frames);
    expect(await findFrames(file, 0, undefined, 99)).toEqual(all);
    expect(await findFrames(file, ends[2] as number, chain[2]?.hash, 99)).toEqual(all.slice(3));
  });

  it('finds as many as are wanted', async () => {
    const file = await fileOf(...frames);
    expect(await findFrames(file, 0, undefined, 2)).toEqual(all.slice(0, 2));
    expect(await findFrames(file, 0, undefined, 0)).toEqual([]);
  });

  it('finds none where nothing is, and none in what is no frame', async () => {
    expect(await findFrames(await fileOf(), 0, undefined, 9)).toEqual([]);
    expect(await findFrames(await fileOf(new Uint8Array(2_000)), 0, undefined, 9)).toEqual([]);
  });

  it('stops at a frame that is not whole', async () => {
    const cut = (frames[2] as Uint8Array).subarray(0, -1);
    expect(await findFrames(await fileOf(...frames.slice(0, 2), cut), 0, undefined, 9)).toEqual(all.slice(0, 2));
  });

  it.each([
    ['holds no block', rawFrame(Uint8Array.of(1, 2, 3))],
    ['holds a block that follows another one', rawFrame(maker.block(chain[0]).bytes)],
    ['holds a first block', rawFrame(maker.block(undefined).bytes)],
    ['holds a block with another hash than it says', rawFrame(changed((chain[2] as { bytes: Uint8Array }).bytes))],
  ])('stops at a frame that %s', async (_, frame) => {
    const file = await fileOf(...frames.slice(0, 2), frame, ...frames.slice(3));
    expect(await findFrames(file, 0, undefined, 9)).toEqual(all.slice(0, 2));
  });

  it('begins with no block that has a parent when the first one is looked for', async () => {
    expect(await findFrames(await fileOf(...frames.slice(1)), 0, undefined, 9)).toEqual([]);
  });

  it('reads frames that are larger than what it reads at once, and those that lie across its end', async () => {
    const root = maker.block(undefined, [maker.data(1_000_000)]);
    const large = maker.block(root, [maker.data(2_500_000)]);
    const small = maker.block(large);
    const made = [root, large, small];
    const file = await fileOf(...made.map(({ bytes }) => rawFrame(bytes)));
    const found = await findFrames(file, 0, undefined, 9);
    expect(found.map(({ hash }) => hash)).toEqual(made.map(({ hash }) => hash));
    expect(found.at(-1)?.place.end).toBe(file.length);
  });
});

/** A byte of the last item's data is another; the block still decodes. */
function changed(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[1 + 32 + 32 + 4 + 4] = (copy[1 + 32 + 32 + 4 + 4] as number) ^ 1;
  return copy;
}
