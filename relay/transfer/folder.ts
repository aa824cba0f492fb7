/**
 * The chain of a folder as the next opening will find it, held and read without a byte of it changed.
 *
 * Works on a folder of the reference as it is. What a crash has torn is told, not cut; that is for who opens the folder
 * to go on with it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Verifier } from '../../core/crypto/curve.ts';
import { StoreError } from '../../core/errors.ts';
import { BlockFiles, nothingTorn, recordBytes, type Torn } from '../store/block-files.ts';
import type { Disk } from '../store/disk.ts';
import { finishReorganisation } from '../store/reorganisation.ts';
import { untouchedDisk } from '../store/untouched-disk.ts';

export interface FolderChain {
  readonly blocks: BlockFiles;
  readonly torn: Torn;
  /** Lets the folder go. */
  close(): Promise<void>;
}

/** Told now and then. */
export type Progressed = (blocks: number, of: number) => void;

/** Blocks read at a time. */
export const batch = { blocks: 128, bytes: 1024 * 1024 } as const;

/**
 * @throws StoreError `unavailable` when there is no chain, `held`, and `corrupt` when more is wrong than a crash can
 * explain, so that no peer would open it
 */
export async function openFolderChain(folder: string, verifier: Verifier): Promise<FolderChain> {
  const disk = await acquired(folder);
  try {
    const { blocks, torn } = await asOpened(disk, verifier);
    return { blocks, torn, close: () => disk.release() };
  } catch (error) {
    await disk.release();
    throw error;
  }
}

export interface DamagedChain extends FolderChain {
  /** Blocks that the index names, whether or not they are there. */
  readonly named: number;
}

/**
 * The same with the blocks that an opening would cut, or would not open for.
 * @throws StoreError `unavailable`, `held`
 */
export async function openDamagedChain(folder: string, verifier: Verifier): Promise<DamagedChain> {
  const disk = await acquired(folder);
  const close = () => disk.release();
  try {
    const records = Math.floor((await disk.open('index.db')).length / recordBytes);
    const opened = await asOpened(disk, verifier).catch((error: unknown) => {
      if (error instanceof StoreError && error.code === 'corrupt') return undefined;
      throw error;
    });
    if (opened?.isFinished === true) return { ...opened, named: opened.blocks.count, close };
    if (opened?.torn.blocks === 0) return { ...opened, named: records, close };
    // What was cut for the first look was cut in memory only.
    await disk.release();
    await disk.acquire();
    const { files, found } = await BlockFiles.openUncut(disk, verifier);
    return { blocks: files, torn: opened?.torn ?? { ...nothingTorn, found }, named: records, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function acquired(folder: string): Promise<Disk> {
  if (!existsSync(folder)) throw new StoreError('unavailable', `there is no folder ${folder}`);
  const disk = untouchedDisk(folder);
  await disk.acquire();
  if (existsSync(join(folder, 'index.db'))) return disk;
  await disk.release();
  throw new StoreError('unavailable', `there is no chain in ${folder}: it has no index.db`);
}

/** `isFinished`: a reorganisation was not over, and the index named the chain before it, or less. */
async function asOpened(disk: Disk, verifier: Verifier) {
  const { files, torn } = await BlockFiles.open(disk, verifier);
  const isFinished = await finishReorganisation(disk, files);
  return { blocks: files, torn: isFinished ? nothingTorn : torn, isFinished };
}
