/**
 * A file that is written once and never replaced: it appears whole and on the disk, or not at all.
 */
import { randomUUID } from 'node:crypto';
import { link, open, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { syncFolder } from './disk.ts';

/**
 * What is there already stays, also when another process writes it at the same moment.
 * @param mode of the file, before the process's mask
 */
export async function writeFirst(path: string, text: string, mode = 0o666): Promise<void> {
  const own = `${path}.${randomUUID()}`;
  const file = await open(own, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
    await link(own, path);
    await syncFolder(dirname(resolve(path)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await file.close();
    await rm(own, { force: true });
  }
}
