/**
 * What makes a cut and the blocks that take its place one change: `reorganisation.db`, written and synced before the
 * chain is touched.
 *
 * After a crash the chain is the old one, or the file says how to finish the new one. It names the tip it replaces, so
 * that one left behind by a finished change does nothing to the new chain; and it is removed for good before the change
 * is done, for later the blocks that were cut may come back.
 */
import { acceptedBlockBytes } from '../../core/chain/block.ts';
import { equalBytes } from '../../core/codec/bytes.ts';
import { byteVector, type Codec, decode, encode, struct, u32, vector } from '../../core/codec/codec.ts';
import { hashCodec } from '../../core/crypto/key-codecs.ts';
import type { Hash } from '../../core/crypto/keys.ts';
import { CodecError, StoreError } from '../../core/errors.ts';
import type { BlockFiles, Frame } from './block-files.ts';
import type { Disk } from './disk.ts';
import { encodeRecords, readRecords } from './record-log.ts';

interface Reorganisation {
  /** Blocks of the chain that is replaced, and the hash of its newest. */
  readonly count: number;
  readonly tip: Hash;
  readonly cutTo: number;
  readonly append: readonly Frame[];
}

const name = 'reorganisation.db';
const mostFrames = 2 ** 20;
const frameCodec: Codec<Frame> = struct({ hash: hashCodec, frame: byteVector(2 * acceptedBlockBytes) });
const reorganisationCodec: Codec<Reorganisation> = struct({
  count: u32,
  tip: hashCodec,
  cutTo: u32,
  append: vector(frameCodec, mostFrames),
});

/** Cuts and appends. When it throws `full`, nothing was done; after `failed` the chain must be opened again. */
export async function reorganise(
  disk: Disk,
  blocks: BlockFiles,
  cutTo: number,
  append: readonly Frame[],
): Promise<void> {
  const tip = blocks.hashAt(blocks.count - 1);
  // A mere cut is written down too: one before it may still lie there, and would put back what is cut now.
  if (tip !== undefined) {
    const payload = encode(reorganisationCodec, { count: blocks.count, tip, cutTo, append });
    await disk.replace(name, encodeRecords([payload]));
  }
  try {
    await finish(blocks, cutTo, append);
    await disk.remove(name);
  } catch (error) {
    throw new StoreError('failed', 'a reorganisation was begun and not finished', { cause: error });
  }
}

/** Called when opening, before anything reads the chain. @returns whether there was something to finish */
export async function finishReorganisation(disk: Disk, blocks: BlockFiles): Promise<boolean> {
  const written = await readReorganisation(disk);
  const isUnfinished = written !== undefined && isBetween(blocks, written);
  if (isUnfinished) await finish(blocks, written.cutTo, written.append);
  await disk.remove(name);
  return isUnfinished;
}

async function finish(blocks: BlockFiles, cutTo: number, append: readonly Frame[]): Promise<void> {
  await blocks.cutTo(cutTo);
  await blocks.append(append);
}

/** The chain is as it was before, or cut, or some of the new blocks are there. */
function isBetween(blocks: BlockFiles, { count, tip, cutTo, append }: Reorganisation): boolean {
  if (blocks.count === count && isAt(blocks, count - 1, tip)) return true;
  if (blocks.count < cutTo || blocks.count >= cutTo + append.length) return false;
  return append.slice(0, blocks.count - cutTo).every(({ hash }, i) => isAt(blocks, cutTo + i, hash));
}

function isAt(blocks: BlockFiles, height: number, hash: Hash): boolean {
  const there = blocks.hashAt(height);
  return there !== undefined && equalBytes(there, hash);
}

async function readReorganisation(disk: Disk): Promise<Reorganisation | undefined> {
  const { payloads } = readRecords(await disk.read(name));
  try {
    return payloads[0] === undefined ? undefined : decode(reorganisationCodec, payloads[0]);
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}
