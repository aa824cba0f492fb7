/**
 * Folders with chains on the real curve, for the tests of transfers: written, copied, spoilt.
 */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach } from 'vitest';
import type { Block } from '../../../../core/chain/block.ts';
import { nodeVerifier } from '../../../../relay/curve.ts';
import { folderDisk } from '../../../../relay/store/disk.ts';
import { FileStore } from '../../../../relay/store/files.ts';
import { ChainMaker, noChange } from '../../../contract/material.ts';
import { storedBlocks } from '../../../model/stage.ts';

const reference = fileURLToPath(new URL('../../../vectors/folder-reference', import.meta.url));

/** A folder for each test of the file; it is gone after it. */
export function useFolder(): (name: string) => string {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mccloud-transfer-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  return (name) => join(folder, name);
}

/** With a branch that lost, and votes: neither is part of what is verified or exported. */
export async function writeFolder(folder: string, chain: readonly Block[]): Promise<void> {
  const store = new FileStore(folderDisk(folder), nodeVerifier);
  await store.open();
  const [root] = chain;
  const maker = new ChainMaker(1);
  const sideAdded = root === undefined ? [] : maker.branch(2, { ...maker.block(undefined), hash: root.hash });
  const notes = [{ name: 'votes', bytes: maker.bytes(9) }] as const;
  await store.change({ ...noChange, append: storedBlocks(chain), sideAdded, notes });
  await store.close();
}

/** Borsh of the blocks of a folder, as a peer that opens it finds them. */
export async function blocksOf(folder: string): Promise<Uint8Array[]> {
  const store = new FileStore(folderDisk(folder), nodeVerifier);
  await store.open();
  const kept = await store.blocks(0, 1_000_000, Number.MAX_SAFE_INTEGER);
  await store.close();
  return kept.map(({ bytes }) => bytes);
}

/** A folder with the two files of the reference and nothing else: others hold the one of the vectors. */
export async function referenceCopy(folder: string): Promise<string> {
  await mkdir(folder);
  for (const name of ['index.db', 'blocks.db']) await cp(join(reference, name), join(folder, name));
  return folder;
}

export async function changeFile(path: string, change: (bytes: Buffer) => Uint8Array): Promise<void> {
  await writeFile(path, change(await readFile(path)));
}
