import { describe, expect, it } from 'vitest';
import { bytesToHex, concatBytes, hexToBytes } from '../../../../core/codec/bytes.ts';
import { TransferError } from '../../../../core/errors.ts';
import { inspectExport, readExport, sectionBytes, writeExport } from '../../../../core/storage/export.ts';
import { rawFrame } from '../../../../core/storage/zstd.ts';
import { ChainMaker } from '../../../contract/material.ts';
import {
  exportFile,
  exportHeader,
  exportOf,
  exportSection,
  frameSection,
  storedFrame,
  streamed,
  u32,
} from '../../../model/export-maker.ts';
import { Seeded } from '../../../model/seeded.ts';
import { exportVectors } from '../../../model/vectors.ts';

const maker = new ChainMaker(1);
const chain = maker.chain(5).map(({ bytes }) => bytes);

async function written(blocks: readonly Uint8Array[], network = 'main'): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of writeExport(network, streamed(...blocks), rawFrame)) pieces.push(piece);
  return concatBytes(...pieces);
}

async function read(...pieces: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const blocks: Uint8Array[] = [];
  for await (const part of readExport(streamed(...pieces))) blocks.push(...part);
  return blocks;
}

/** What reading comes to: the blocks that were given, and the code of what was thrown after them. */
async function outcome(file: Uint8Array): Promise<{ blocks: number; code: string | undefined }> {
  let blocks = 0;
  try {
    for await (const part of readExport(streamed(file))) blocks += part.length;
    return { blocks, code: undefined };
  } catch (error) {
    if (error instanceof TransferError) return { blocks, code: error.code };
    throw error;
  }
}

describe('an exported chain', () => {
  it.each([0, 1, 2, 5])('of %i blocks is read as it was written', async (count) => {
    const blocks = chain.slice(0, count);
    const file = await written(blocks, 'a.network-2');
    expect(await read(file)).toEqual(blocks);
    const summary = { network: 'a.network-2', blocks: count, bytes: file.length };
    expect(await inspectExport(streamed(file))).toEqual(summary);
  });

  it('is laid out as another writer lays it out, but for the frames', async () => {
    const frames: Uint8Array[] = [];
    const pieces: Uint8Array[] = [];
    const kept = (content: Uint8Array) => {
      frames.push(storedFrame(content));
      return frames.at(-1) as Uint8Array;
    };
    for await (const piece of writeExport('main', streamed(...chain), kept)) pieces.push(piece);
    expect(concatBytes(...pieces)).toEqual(exportOf(chain));
    expect(frames).toHaveLength(1);
  });

  it('of another writer is read', async () => {
    expect(await read(exportOf(chain))).toEqual(chain);
    expect(await read(exportOf([]))).toEqual([]);
  });

  it.each(exportVectors())('of the vectors is read: $name', async ({ network, blocks, file }) => {
    const bytes = hexToBytes(file);
    expect(await inspectExport(streamed(bytes))).toEqual({ network, blocks: blocks.length, bytes: bytes.length });
    expect((await read(bytes)).map(bytesToHex)).toEqual(blocks);
  });

  it('is written as the vector without blocks, and as that with one section but for its frame', async () => {
    const [empty, one] = exportVectors();
    expect(bytesToHex(await written([]))).toBe(empty?.file);
    const [bytes, vector] = [await written((one?.blocks ?? []).map(hexToBytes)), hexToBytes(one?.file ?? '')];
    const [header, end, digest] = [8 + 1 + 4 + 4, 1 + 8, 32];
    const rawFrameHead = 1 + 4 + 6 + 3;
    expect(bytes.subarray(0, header)).toEqual(vector.subarray(0, header));
    expect(bytesToHex(bytes)).toContain(bytesToHex(vector.subarray(header + rawFrameHead, -digest)));
    expect(vector.length).toBeGreaterThan(header + rawFrameHead + end + digest);
  });

  it('is read in whatever pieces it comes', async () => {
    const file = await written(chain);
    const seeded = new Seeded(3);
    for (let i = 0; i < 40; i++) expect(await read(...seeded.cut(file, 1 + seeded.below(300)))).toEqual(chain);
    expect(await read(...Array.from(file, (byte) => Uint8Array.of(byte)))).toEqual(chain);
  });

  it('has blocks put together up to the size of a section, and a larger one by itself', async () => {
    const sizes = [sectionBytes / 2 - 400, sectionBytes / 2 - 400, 20, 3 * sectionBytes, 20];
    const blocks = sizes.map((size) => maker.block(undefined, [maker.data(size)]).bytes);
    const parts: number[] = [];
    for await (const part of readExport(streamed(await written(blocks)))) parts.push(part.length);
    expect(parts).toEqual([2, 1, 1, 1]);
  });

  it('is written as its blocks come, and read as its bytes come, never far ahead of who takes them', async () => {
    const large = Array.from({ length: 20 }, () => maker.block(undefined, [maker.data(sectionBytes)]).bytes);
    let asked = 0;
    const blocks = async function* () {
      for (const block of large) {
        asked++;
        yield block;
      }
    };
    const pieces: Uint8Array[] = [];
    for await (const piece of writeExport('main', blocks(), rawFrame)) {
      pieces.push(piece);
      expect(asked).toBeLessThanOrEqual(pieces.length + 1);
    }
    let [given, taken] = [0, 0];
    const source = async function* () {
      for (const piece of pieces) {
        given++;
        yield piece;
      }
    };
    for await (const part of readExport(source())) {
      taken += part.length;
      expect(given).toBeLessThanOrEqual(taken + 2);
    }
    expect(taken).toBe(20);
  });

  it('lets its source go when the reader does', async () => {
    let over = false;
    const source = async function* () {
      try {
        yield exportHeader();
        for (;;) yield exportSection(chain);
      } finally {
        over = true;
      }
    };
    for await (const part of readExport(source())) if (part.length > 0) break;
    expect(over).toBe(true);
  });
});

describe('a file that is not whole', () => {
  it('is cut, wherever its end is missing, and never taken for a whole one', async () => {
    const file = await written(chain);
    const header = exportHeader().length;
    for (let length = 0; length < file.length; length++) {
      const code = length < 8 ? 'no-export' : 'cut';
      const cut = file.subarray(0, length);
      await expect(inspectExport(streamed(cut))).rejects.toMatchObject({ name: 'TransferError', code });
      const { blocks, code: thrown } = await outcome(cut);
      expect([thrown, blocks === 0 || length > header]).toEqual([code, true]);
    }
  });

  it('is never taken for a whole one with a bit changed, whichever, and what is thrown is always the same kind', async () => {
    const file = await written(chain.slice(0, 2));
    for (let i = 0; i < file.length; i++) {
      for (const bit of [1, 0x80]) {
        const changed = file.slice();
        changed[i] = (changed[i] as number) ^ bit;
        await expect(inspectExport(streamed(changed))).rejects.toMatchObject({ name: 'TransferError' });
        expect((await outcome(changed)).code).toBeDefined();
      }
    }
  });

  it('gives the blocks before what is missing', async () => {
    const parts = [exportHeader(), exportSection(chain.slice(0, 2)), exportSection(chain.slice(2))];
    const whole = concatBytes(...parts);
    expect(await outcome(whole.subarray(0, -1))).toEqual({ blocks: 2, code: 'cut' });
    expect(await outcome(whole)).toEqual({ blocks: 5, code: 'cut' });
  });
});

describe('a file that nobody honest has written', () => {
  const section = exportSection(chain);
  const bomb = concatBytes(
    ...[
      Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0x38),
      ...Array.from({ length: 600 }, () => Uint8Array.of(2, 0, 0x10, 0)),
    ],
    Uint8Array.of(3, 0, 0x10, 0),
  );
  it.each([
    ['an empty one', new Uint8Array(0), 'no-export'],
    ['text', new TextEncoder().encode('a page of text, which is no chain'), 'no-export'],
    ['one of another version', exportFile(0, exportHeader('main', 2)), 'other-version'],
    ['a network without a name', exportFile(0, exportHeader('')), 'damaged'],
    ['a network whose name is none', exportFile(0, exportHeader('Main')), 'damaged'],
    ['a name of 65 bytes', exportFile(0, exportHeader('a'.repeat(65))), 'damaged'],
    ['a name that is no UTF-8', exportFile(0, exportHeader().fill(0xff, 13)), 'damaged'],
    ['a part of an unknown kind', exportFile(0, exportHeader(), Uint8Array.of(2)), 'damaged'],
    ['a frame of 4 GiB', exportFile(0, exportHeader(), Uint8Array.of(0), u32(2 ** 32 - 1)), 'damaged'],
    ['a frame that is none', exportFile(0, exportHeader(), frameSection(Uint8Array.of(1, 2, 3))), 'damaged'],
    ['a bomb', exportFile(0, exportHeader(), frameSection(bomb)), 'damaged'],
    ['a section without blocks', exportFile(0, exportHeader(), exportSection([])), 'damaged'],
    ['a section of 4 Gi blocks', exportFile(0, exportHeader(), frameSection(storedFrame(u32(2 ** 32 - 1)))), 'damaged'],
    [
      'a section with bytes to spare',
      exportFile(0, exportHeader(), frameSection(storedFrame(new Uint8Array(9)))),
      'damaged',
    ],
    ['another number of blocks than there are', exportFile(4, exportHeader(), section), 'damaged'],
    ['something after its end', concatBytes(exportOf(chain), Uint8Array.of(0)), 'damaged'],
    ['another file after its end', concatBytes(exportOf(chain), exportOf(chain)), 'damaged'],
  ])('is refused: %s', async (_, file, code) => {
    expect((await outcome(file)).code).toBe(code);
  });

  it('makes nothing grow by what it announces: memory follows what comes', async () => {
    let given = 0;
    const source = async function* () {
      yield concatBytes(exportHeader(), Uint8Array.of(0), u32(64 * 1024 * 1024));
      for (; given < 3; given++) yield new Uint8Array(10);
    };
    await expect(inspectExport(source())).rejects.toMatchObject({ code: 'cut' });
    expect(given).toBe(3);
  });

  it('may say more blocks than a number holds', async () => {
    const file = exportOf(chain);
    const most = file.slice().fill(0xff, file.length - 40, file.length - 32);
    expect((await outcome(most)).code).toBe('damaged');
  });

  it('is refused for what its bytes are, wherever its source fails it is not', async () => {
    const failing = async function* () {
      yield exportHeader();
      throw new Error('the disk is gone');
    };
    await expect(inspectExport(failing())).rejects.toThrow('the disk is gone');
  });
});
