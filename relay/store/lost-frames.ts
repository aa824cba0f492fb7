/**
 * Finds frames in `blocks.db` that the index does not name rightly: one after the other, each a block on the one before.
 *
 * A zstd frame says itself where it ends, and a block what its hash is, so the index can be made anew from here. Stops
 * at the first that is no block or follows another one; it never guesses.
 */
import { acceptedBlockBytes, blockHash, decodeBlock } from '../../core/chain/block.ts';
import { equalBytes } from '../../core/codec/bytes.ts';
import { type Hash, isSameHash } from '../../core/crypto/keys.ts';
import { CodecError, StoreError } from '../../core/errors.ts';
import { decompressCapped, frameLength, mostFrameBytes } from '../../core/storage/zstd.ts';
import type { DiskFile } from './disk.ts';

/** Where a frame lies in `blocks.db`. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

interface FoundFrame {
  readonly hash: Hash;
  readonly place: Place;
}

/** Read at once; most frames are far smaller, none is larger than the second. */
const readBytes = [1024 * 1024, mostFrameBytes(acceptedBlockBytes)] as const;

/** @param parent hash of the block before `start`; undefined when the first block is looked for */
export async function findFrames(
  blocks: DiskFile,
  start: number,
  parent: Hash | undefined,
  most: number,
): Promise<FoundFrame[]> {
  const found: FoundFrame[] = [];
  const frames = new Frames(blocks);
  let [next, last] = [start, parent];
  while (found.length < most && next < blocks.length) {
    const frame = await frames.at(next);
    const hash = frame === undefined ? undefined : hashOf(frame, last);
    if (frame === undefined || hash === undefined) break;
    found.push({ hash, place: { start: next, end: next + frame.length } });
    next += frame.length;
    last = hash;
  }
  return found;
}

/** Reads many frames at a time. */
class Frames {
  readonly #blocks: DiskFile;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(blocks: DiskFile) {
    this.#blocks = blocks;
  }

  /** Undefined when no whole frame begins there. */
  async at(start: number): Promise<Uint8Array | undefined> {
    for (const most of [0, ...readBytes]) {
      if (most > 0) await this.#read(start, most);
      const bytes = this.#bytes.subarray(start - this.#start);
      const length = frameLength(bytes);
      if (length !== undefined) return bytes.subarray(0, length);
    }
    return undefined;
  }

  async #read(start: number, most: number): Promise<void> {
    this.#bytes = await this.#blocks.read(start, Math.min(most, this.#blocks.length - start));
    this.#start = start;
  }
}

/** Undefined when the frame holds no block, or one that does not follow `parent`. */
function hashOf(frame: Uint8Array, parent: Hash | undefined): Hash | undefined {
  try {
    const block = decodeBlock(decompressCapped(frame, acceptedBlockBytes));
    return isSameHash(block.parent, parent) && equalBytes(blockHash(block), block.hash) ? block.hash : undefined;
  } catch (error) {
    if (error instanceof CodecError || (error instanceof StoreError && error.code === 'corrupt')) return undefined;
    throw error;
  }
}
