/**
 * Which network's chain a folder holds: a file `network` with its name, so that no folder is taken for another's.
 *
 * Blocks name no network (spec/wire.md, Data and Block), and the folders of the reference have no such file.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isNetworkName } from '../../core/config.ts';
import { StoreError } from '../../core/errors.ts';
import { guarded } from './disk.ts';
import { writeFirst } from './first-written.ts';

/** Undefined when the folder does not say. @throws StoreError `corrupt`, `unavailable` */
export function networkNameOf(folder: string): Promise<string | undefined> {
  return guarded('unavailable', () => read(join(folder, 'network')));
}

/** Writes the name into a folder that does not say yet. @throws StoreError `other-network` when it says another one */
export async function keepNetworkName(folder: string, network: string): Promise<void> {
  const path = join(folder, 'network');
  const kept = await guarded('unavailable', async () => (await read(path)) ?? (await write(path, network)));
  if (kept === network) return;
  throw new StoreError('other-network', `the folder ${folder} holds the network ${kept}, not ${network}`);
}

async function read(path: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const name = text.trim();
  if (!isNetworkName(name)) throw new StoreError('corrupt', `${path} names no network; move it away`);
  return name;
}

/** @returns what stands there */
async function write(path: string, network: string): Promise<string | undefined> {
  await writeFirst(path, `${network}\n`);
  return await read(path);
}
