/**
 * Verifies the chain of a folder from its first block to its last: `mccloud verify`.
 *
 * Every rule that a block from a neighbour must keep (core/chain/verification.ts), and that the index names each block
 * rightly. Says what it found; changes and mends nothing.
 */
import type { Authoring } from '../../core/authoring/authoring.ts';
import { type ChainFault, ChainVerification, nothingHeld, type VerifiedBlock } from '../../core/chain/verification.ts';
import { equalBytes } from '../../core/codec/bytes.ts';
import { StoreError } from '../../core/errors.ts';
import { nodeVerifier } from '../curve.ts';
import type { BlockFiles, Torn } from '../store/block-files.ts';
import { authoringOf } from './authoring.ts';
import { batch, openDamagedChain, type Progressed } from './folder.ts';

export interface VerifyOptions {
  /** Whether an author that its parent does not name may write; on by default, as in the reference. */
  readonly forcedRestart?: boolean;
  readonly progressed?: Progressed;
}

export interface FolderReport {
  /** Blocks from the first one on that are whole and verified. */
  readonly blocks: number;
  readonly items: number;
  /** Items whose author's signature does not hold: nobody's word, in blocks that are valid all the same. */
  readonly unverifiedItems: number;
  /** Blocks by an author that their parent does not name. */
  readonly forcedBlocks: number;
  /** The first block that is wrong. */
  readonly fault: Pick<ChainFault, 'height' | 'why'> | undefined;
  /** What the next opening will put in order. That it cuts blocks is a fault too, for the index names them. */
  readonly torn: Torn;
}

/** @throws StoreError `unavailable` when there is no chain, `held` */
export async function verifyFolder(folder: string, options: VerifyOptions = {}): Promise<FolderReport> {
  const { forcedRestart = true, progressed = () => undefined } = options;
  const { blocks, torn, named, close } = await openDamagedChain(folder, nodeVerifier);
  try {
    const sums = new Sums();
    const found = await verifyBlocks(blocks, authoringOf(forcedRestart), (verified) => {
      for (const block of verified) sums.add(block);
      progressed(sums.blocks, blocks.count);
    });
    const missing =
      blocks.count < named ? { height: blocks.count, why: 'the index names it, and it is not there' } : undefined;
    const fault = found ?? missing;
    const { items, unverifiedItems, forcedBlocks } = sums;
    return { blocks: sums.blocks, items, unverifiedItems, forcedBlocks, fault, torn };
  } finally {
    await close();
  }
}

type Fault = FolderReport['fault'];

class Sums {
  blocks = 0;
  items = 0;
  unverifiedItems = 0;
  forcedBlocks = 0;

  add({ verified, forced }: VerifiedBlock): void {
    this.blocks++;
    this.items += verified.length;
    this.unverifiedItems += verified.filter((holds) => !holds).length;
    if (forced) this.forcedBlocks++;
  }
}

async function verifyBlocks(
  blocks: BlockFiles,
  authoring: Pick<Authoring, 'accepts'>,
  found: (verified: readonly VerifiedBlock[]) => void,
): Promise<Fault> {
  const verification = new ChainVerification(authoring, nothingHeld);
  for (let height = 0; height < blocks.count; ) {
    const { read, fault: unreadable } = await readBatch(blocks, height);
    const { checks, judge } = verification.inspect(read);
    const { blocks: verified, fault } = judge(await nodeVerifier.verify(checks));
    const named = verified.findIndex(({ block, height: at }) => !isNamed(blocks, at, block.hash));
    found(named < 0 ? verified : verified.slice(0, named));
    if (named >= 0) return { height: height + named, why: 'the index names it by another hash' };
    if (fault !== undefined) return { height: fault.height, why: fault.why };
    if (unreadable !== undefined) return unreadable;
    height += read.length;
  }
  return undefined;
}

/** Up to the first that cannot be read. */
async function readBatch(blocks: BlockFiles, from: number): Promise<{ read: Uint8Array[]; fault: Fault }> {
  try {
    return { read: await blocks.read(from, batch.blocks, batch.bytes), fault: undefined };
  } catch (error) {
    if (!isCorrupt(error)) throw error;
  }
  const read: Uint8Array[] = [];
  for (;;) {
    try {
      read.push(...(await blocks.read(from + read.length, 1, batch.bytes)));
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      return { read, fault: { height: from + read.length, why: error.message } };
    }
  }
}

function isNamed(blocks: BlockFiles, height: number, hash: Uint8Array): boolean {
  const named = blocks.hashAt(height);
  return named !== undefined && equalBytes(named, hash);
}

function isCorrupt(error: unknown): error is StoreError {
  return error instanceof StoreError && error.code === 'corrupt';
}
