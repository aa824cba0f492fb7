/**
 * The two files of the reference's folder: `index.db`, one 48-byte record for each block, and `blocks.db`, a zstd frame
 * of each (spec/wire.md, On disk).
 *
 * Written in the order that a crash forgives: frames, sync, records, sync; cut in the other: records, sync, frames. So
 * the index never names a frame that is not there, and what a crash tears is at the end. Opening reads the index whole
 * and the newest blocks, finds records again that are damaged while their frames are not, and cuts a torn end; the
 * blocks before are read when they are asked for.
 */
import { acceptedBlockBytes, type Block, blockCheck, blockHash, decodeBlock } from '../../core/chain/block.ts';
import { concatBytes, equalBytes } from '../../core/codec/bytes.ts';
import { decode, encode, struct, u64 } from '../../core/codec/codec.ts';
import type { Verifier } from '../../core/crypto/curve.ts';
import { hashCodec } from '../../core/crypto/key-codecs.ts';
import { type Hash, isSameHash } from '../../core/crypto/keys.ts';
import { CodecError, StoreError } from '../../core/errors.ts';
import { decompressCapped } from '../../core/storage/zstd.ts';
import type { Disk, DiskFile } from './disk.ts';
import { IdTable } from './id-table.ts';
import { findFrames, type Place } from './lost-frames.ts';

/** A block on its way to the disk. */
export interface Frame {
  readonly hash: Hash;
  /** A zstd frame of the Borsh Block. */
  readonly frame: Uint8Array;
}

/** What a crash had torn and opening has put in order. */
export interface Torn {
  /** Cut from the end. */
  readonly blocks: number;
  /** Cut from the ends of both files. */
  readonly bytes: number;
  /** Records of the index that were damaged and found again, for their blocks are whole. */
  readonly found: number;
}

interface Uncut {
  readonly files: BlockFiles;
  readonly found: number;
  readonly indexBytes: number;
}

export const nothingTorn: Torn = { blocks: 0, bytes: 0, found: 0 };

/** Looked at when opening. A crash tears what was written last; were more of them wrong, something else is. */
const mostTornBlocks = 64;
const newestChecked = 10;
/** Read at once when several blocks are asked for. */
const readBytes = 1024 * 1024;

const recordCodec = struct({ hash: hashCodec, pos: u64, size: u64 });
export const recordBytes = 48;

export class BlockFiles {
  #index: DiskFile;
  readonly #blocks: DiskFile;
  readonly #verifier: Verifier;
  readonly #hashes = new IdTable();
  readonly #places: Place[] = [];

  private constructor(index: DiskFile, blocks: DiskFile, verifier: Verifier) {
    this.#index = index;
    this.#blocks = blocks;
    this.#verifier = verifier;
  }

  /** @throws StoreError `corrupt` when more is wrong than a crash can explain */
  static async open(disk: Disk, verifier: Verifier): Promise<{ files: BlockFiles; torn: Torn }> {
    const { files, found, indexBytes } = await BlockFiles.openUncut(disk, verifier);
    const bytes = indexBytes + files.#blocks.length;
    await files.cutTo(files.count - (await files.#tornBlocks()));
    const left = files.#index.length + files.#blocks.length;
    const blocks = Math.ceil(indexBytes / recordBytes) - files.count;
    return { files, torn: { blocks, bytes: bytes - left, found } };
  }

  /**
   * With all blocks that the index names and that lie in `blocks.db`, whether or not they can be read.
   * @returns also how many records were found again, and how long the index was before
   */
  static async openUncut(disk: Disk, verifier: Verifier): Promise<Uncut> {
    const files = new BlockFiles(await disk.open('index.db'), await disk.open('blocks.db'), verifier);
    const indexBytes = files.#index.length;
    await files.#readIndex();
    return { files, found: await files.#findRecords(disk), indexBytes };
  }

  get count(): number {
    return this.#places.length;
  }

  heightOf(hash: Hash): number | undefined {
    return this.#hashes.find(hash);
  }

  hashAt(height: number): Hash | undefined {
    return this.#hashes.at(height) as Hash | undefined;
  }

  /** Appends all or, when it throws, none; waits until they are on the disk. */
  async append(frames: readonly Frame[]): Promise<void> {
    const [indexLength, blocksLength] = [this.#index.length, this.#blocks.length];
    const places = placesFrom(blocksLength, frames);
    const records = frames.map(({ hash }, i) => recordOf(hash, places[i] as Place));
    try {
      await this.#blocks.append(concatBytes(...frames.map(({ frame }) => frame)));
      await this.#blocks.sync();
      await this.#index.append(concatBytes(...records));
      await this.#index.sync();
    } catch (error) {
      await this.#index.truncate(indexLength);
      await this.#blocks.truncate(blocksLength);
      throw error;
    }
    for (const { hash } of frames) this.#hashes.push(hash);
    this.#places.push(...places);
  }

  /** Keeps the first `count` blocks, and nothing after them. */
  async cutTo(count: number): Promise<void> {
    const end = this.#places[count - 1]?.end ?? 0;
    if (this.#index.length > count * recordBytes) {
      await this.#index.truncate(count * recordBytes);
      await this.#index.sync();
    }
    if (this.#blocks.length > end) await this.#blocks.truncate(end);
    this.#hashes.cutTo(count);
    this.#places.length = count;
  }

  /**
   * Borsh of the blocks from height `from`: at most `count`, at most `maxBytes` in all, but at least one if there is
   * one. @throws StoreError `corrupt`
   */
  async read(from: number, count: number, maxBytes: number): Promise<Uint8Array[]> {
    const blocks: Uint8Array[] = [];
    const end = Math.min(from + count, this.count);
    let length = 0;
    for (let height = from; height < end; ) {
      const frames = await this.#readFrames(height, end);
      for (const frame of frames) {
        const bytes = decompressCapped(frame, acceptedBlockBytes);
        length += bytes.length;
        if (length > maxBytes && blocks.length > 0) return blocks;
        blocks.push(bytes);
      }
      height += frames.length;
    }
    return blocks;
  }

  /** Compressed blocks from height `from`, read at once; at least one. */
  async #readFrames(from: number, end: number): Promise<Uint8Array[]> {
    const first = this.#places[from] as Place;
    const places = [first];
    for (let height = from + 1; height < end; height++) {
      const place = this.#places[height] as Place;
      if (place.end - first.start > readBytes) break;
      places.push(place);
    }
    const last = places.at(-1) as Place;
    const bytes = await this.#blocks.read(first.start, last.end - first.start);
    return places.map((place) => bytes.subarray(place.start - first.start, place.end - first.start));
  }

  /** Takes the records as far as each follows the one before and its frame is there. */
  async #readIndex(): Promise<void> {
    const bytes = await this.#index.read(0, this.#index.length);
    let end = 0;
    for (let start = 0; start + recordBytes <= bytes.length; start += recordBytes) {
      const { hash, pos, size } = decode(recordCodec, bytes.subarray(start, start + recordBytes));
      if (pos < BigInt(end) || size === 0n || pos + size > BigInt(this.#blocks.length)) break;
      end = Number(pos + size);
      this.#hashes.push(hash);
      this.#places.push({ start: Number(pos), end });
    }
  }

  /**
   * What the index says wrong while the block is there is read from the block: one bad byte must not cost all that
   * follows. The index is then replaced, whole or not at all. @returns how many records were found again
   */
  async #findRecords(disk: Disk): Promise<number> {
    const missing = Math.floor(this.#index.length / recordBytes) - this.count;
    const start = this.#places.at(-1)?.end ?? 0;
    const found = await findFrames(this.#blocks, start, this.hashAt(this.count - 1), missing);
    if (found.length === 0) return 0;
    for (const { hash, place } of found) {
      this.#hashes.push(hash);
      this.#places.push(place);
    }
    const records = new Uint8Array(this.count * recordBytes);
    for (const [height, place] of this.#places.entries()) {
      records.set(recordOf(this.hashAt(height) as Hash, place), height * recordBytes);
    }
    await disk.replace('index.db', records);
    await this.#index.close();
    this.#index = await disk.open('index.db');
    return found.length;
  }

  /** How many blocks at the end are not what the index says, or do not follow each other. */
  async #tornBlocks(): Promise<number> {
    const lowest = Math.max(0, this.count - mostTornBlocks);
    let whole = this.count;
    for (let height = this.count - 1; height >= Math.max(lowest, whole - newestChecked); height--) {
      if (!(await this.#isWhole(height))) whole = height;
    }
    if (this.count - whole === mostTornBlocks) {
      throw new StoreError('corrupt', `none of the newest ${mostTornBlocks} blocks of ${this.count} can be read`);
    }
    return this.count - whole;
  }

  /** Down to the signature, which the hash does not cover: a tear may be there. */
  async #isWhole(height: number): Promise<boolean> {
    const block = await this.#readBlock(height);
    const hash = this.hashAt(height);
    if (block === undefined || hash === undefined) return false;
    const isNamed = equalBytes(block.hash, hash) && equalBytes(blockHash(block), hash);
    if (!isNamed || !isSameHash(block.parent, this.hashAt(height - 1))) return false;
    const [holds] = await this.#verifier.verify([blockCheck(block)]);
    return holds === true;
  }

  /** Undefined when what stands there is no block. */
  async #readBlock(height: number): Promise<Block | undefined> {
    try {
      const [bytes] = await this.read(height, 1, acceptedBlockBytes);
      return bytes === undefined ? undefined : decodeBlock(bytes);
    } catch (error) {
      if (error instanceof CodecError || (error instanceof StoreError && error.code === 'corrupt')) return undefined;
      throw error;
    }
  }
}

function placesFrom(start: number, frames: readonly Frame[]): Place[] {
  let end = start;
  return frames.map(({ frame }) => {
    const place = { start: end, end: end + frame.length };
    end = place.end;
    return place;
  });
}

function recordOf(hash: Hash, { start, end }: Place): Uint8Array {
  return encode(recordCodec, { hash, pos: BigInt(start), size: BigInt(end - start) });
}
