/**
 * Writes the chain of a folder into one file: `mccloud export` (docs/protocol.md, Export).
 *
 * The file appears under its name when it is whole and on the disk, and not before. The folder is not changed. That
 * each block follows the one before is looked at; signatures are for who imports.
 */
import { open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { decodeBlock } from '../../core/chain/block.ts';
import { isSameHash } from '../../core/crypto/keys.ts';
import { CodecError, StoreError } from '../../core/errors.ts';
import { writeExport } from '../../core/storage/export.ts';
import { nodeVerifier } from '../curve.ts';
import type { BlockFiles, Torn } from '../store/block-files.ts';
import { loadCompressor } from '../store/compressor.ts';
import { guarded, syncFolder } from '../store/disk.ts';
import { networkNameOf } from '../store/network-name.ts';
import { batch, openFolderChain, type Progressed } from './folder.ts';

export interface ExportOptions {
  /** What a folder of the reference does not say itself; `main` by default. */
  readonly network?: string;
  readonly progressed?: Progressed;
}

export interface ExportReport {
  readonly network: string;
  readonly blocks: number;
  /** Of the file. */
  readonly bytes: number;
  /** What of the folder was torn and is not in the file. */
  readonly torn: Torn;
}

/**
 * Takes the place of a file that is there.
 * @throws StoreError `unavailable` when there is no chain, `held`, `corrupt`, `full`, and `other-network` when the
 * folder says that it holds another one than was asked for
 */
export async function exportFolder(folder: string, file: string, options: ExportOptions = {}): Promise<ExportReport> {
  const { progressed = () => undefined } = options;
  const { blocks, torn, close } = await openFolderChain(folder, nodeVerifier);
  try {
    const network = await networkOf(folder, options.network);
    const pieces = writeExport(network, chainOf(blocks, progressed), await loadCompressor());
    return { network, blocks: blocks.count, bytes: await writeWhole(file, pieces), torn };
  } finally {
    await close();
  }
}

/** @returns how many bytes were written */
async function writeWhole(file: string, pieces: AsyncIterable<Uint8Array>): Promise<number> {
  const part = `${file}.part`;
  const handle = await guarded('unavailable', () => open(part, 'w'));
  let bytes = 0;
  try {
    for await (const piece of pieces) {
      await guarded('failed', () => handle.writeFile(piece));
      bytes += piece.length;
    }
    await guarded('failed', () => handle.sync());
    await handle.close();
    await guarded('failed', () => rename(part, file));
    await syncFolder(dirname(resolve(file)));
    return bytes;
  } catch (error) {
    await handle.close();
    await rm(part, { force: true });
    throw error;
  }
}

async function networkOf(folder: string, asked: string | undefined): Promise<string> {
  const kept = await networkNameOf(folder);
  if (kept !== undefined && asked !== undefined && kept !== asked) {
    throw new StoreError('other-network', `the folder ${folder} holds the network ${kept}, not ${asked}`);
  }
  return kept ?? asked ?? 'main';
}

/** Borsh of each block. @throws StoreError `corrupt` for one that does not follow the one before */
async function* chainOf(blocks: BlockFiles, progressed: Progressed): AsyncGenerator<Uint8Array, void> {
  for (let height = 0; height < blocks.count; ) {
    for (const bytes of await blocks.read(height, batch.blocks, batch.bytes)) {
      if (!follows(blocks, height, bytes)) {
        throw new StoreError('corrupt', `the block at height ${height} does not follow the one before it`);
      }
      yield bytes;
      height++;
    }
    progressed(height, blocks.count);
  }
}

function follows(blocks: BlockFiles, height: number, bytes: Uint8Array): boolean {
  try {
    const { parent, hash } = decodeBlock(bytes);
    return isSameHash(hash, blocks.hashAt(height)) && isSameHash(parent, blocks.hashAt(height - 1));
  } catch (error) {
    if (error instanceof CodecError) return false;
    throw error;
  }
}
