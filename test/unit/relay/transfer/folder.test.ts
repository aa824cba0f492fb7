import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeBlock } from '../../../../core/chain/block.ts';
import { nodeVerifier } from '../../../../relay/curve.ts';
import { nothingTorn } from '../../../../relay/store/block-files.ts';
import { FileStore } from '../../../../relay/store/files.ts';
import { openDamagedChain, openFolderChain } from '../../../../relay/transfer/folder.ts';
import { noChange } from '../../../contract/material.ts';
import { ChainSigner } from '../../../model/chain-signer.ts';
import { RecordedDisk } from '../../../model/recorded-disk.ts';
import { storedBlocks } from '../../../model/stage.ts';
import { changeFile, referenceCopy, useFolder, writeFolder } from './chain-folder.ts';

const folderOf = useFolder();
const chain = new ChainSigner(1).chain(20);

async function bytesIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(folder)).sort();
  return new Map(
    await Promise.all(names.map(async (name) => [name, (await readFile(join(folder, name))).toString('hex')] as const)),
  );
}

describe('openFolderChain', () => {
  it('reads a folder of the reference, and leaves nothing in it', async () => {
    const folder = await referenceCopy(folderOf('reference'));
    const before = await bytesIn(folder);
    const { blocks, torn, close } = await openFolderChain(folder, nodeVerifier);
    expect([blocks.count, torn]).toEqual([4, nothingTorn]);
    await close();
    expect(await bytesIn(folder)).toEqual(before);
  });

  it('finds what the next opening will find, and changes nothing of it', async () => {
    const folder = folderOf('torn');
    await writeFolder(folder, chain);
    await changeFile(join(folder, 'blocks.db'), (bytes) => bytes.subarray(0, -5));
    await changeFile(join(folder, 'index.db'), (bytes) => bytes.fill(0, 48, 96));
    const before = await bytesIn(folder);
    const { blocks, torn, close } = await openFolderChain(folder, nodeVerifier);
    expect([blocks.count, torn.blocks, torn.found]).toEqual([19, 1, 18]);
    expect(await blocks.read(0, 99, 2 ** 30)).toEqual(chain.slice(0, 19).map(encodeBlock));
    await close();
    expect(await bytesIn(folder)).toEqual(before);
  });

  it('finds a reorganisation finished that was not', async () => {
    const disk = new RecordedDisk();
    const store = new FileStore(disk, nodeVerifier);
    await store.open();
    await store.change({ ...noChange, append: storedBlocks(chain) });
    const branch = new ChainSigner(2).chain(3, chain[4]);
    await store.change({ ...noChange, cutTo: 5, append: storedBlocks([...chain.slice(0, 5), ...branch]).slice(5) });
    const half = disk.operations.findIndex(({ kind, name }) => kind === 'truncate' && name === 'blocks.db');
    const folder = folderOf('between');
    await mkdir(folder);
    for (const [name, bytes] of disk.crashed(half)) await writeFile(join(folder, name), bytes);
    const before = await bytesIn(folder);
    expect([...before.keys()]).toContain('reorganisation.db');
    const { blocks, torn, close } = await openFolderChain(folder, nodeVerifier);
    expect(torn).toEqual(nothingTorn);
    expect(await blocks.read(0, 99, 2 ** 30)).toEqual([...chain.slice(0, 5), ...branch].map(encodeBlock));
    await close();
    for (const done of [half - 2, half]) {
      for (const [name, bytes] of disk.crashed(done)) await writeFile(join(folder, name), bytes);
      const looked = await openDamagedChain(folder, nodeVerifier);
      expect([looked.blocks.count, looked.named, looked.torn]).toEqual([8, 8, nothingTorn]);
      await looked.close();
    }
    for (const [name, bytes] of disk.crashed(half)) await writeFile(join(folder, name), bytes);
    expect(await bytesIn(folder)).toEqual(before);
  });

  it('says where there is no chain, and makes none', async () => {
    await expect(openFolderChain(folderOf('none'), nodeVerifier)).rejects.toMatchObject({ code: 'unavailable' });
    await mkdir(folderOf('empty'));
    await expect(openFolderChain(folderOf('empty'), nodeVerifier)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('no index.db'),
    });
    await writeFile(folderOf('file'), '');
    await expect(openFolderChain(folderOf('file'), nodeVerifier)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await readdir(folderOf('empty'))).toEqual([]);
  });

  it('is held by one at a time', async () => {
    const folder = folderOf('held');
    await writeFolder(folder, chain);
    const { close } = await openFolderChain(folder, nodeVerifier);
    await expect(openFolderChain(folder, nodeVerifier)).rejects.toMatchObject({ code: 'held' });
    await close();
    await (await openFolderChain(folder, nodeVerifier)).close();
  });
});

describe('openDamagedChain', () => {
  it('has every block that the index names, also where no peer would open the folder', async () => {
    const folder = folderOf('damaged');
    await writeFolder(folder, new ChainSigner(3).chain(70));
    await changeFile(join(folder, 'blocks.db'), (bytes) => bytes.fill(0));
    await expect(openFolderChain(folder, nodeVerifier)).rejects.toMatchObject({ name: 'StoreError', code: 'corrupt' });
    const before = await bytesIn(folder);
    const { blocks, torn, close } = await openDamagedChain(folder, nodeVerifier);
    expect([blocks.count, torn]).toEqual([70, nothingTorn]);
    await close();
    expect(await bytesIn(folder)).toEqual(before);
  });

  it('has the blocks that the next opening would cut, and says that it would', async () => {
    const folder = folderOf('torn');
    await writeFolder(folder, chain);
    await changeFile(join(folder, 'blocks.db'), (bytes) => bytes.fill(0, bytes.length - 10));
    const { blocks, torn, close } = await openDamagedChain(folder, nodeVerifier);
    expect([blocks.count, torn.blocks]).toEqual([20, 1]);
    await close();
    await expect(openDamagedChain(folderOf('none'), nodeVerifier)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
