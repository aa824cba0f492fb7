import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeBlock } from '../../../../core/chain/block.ts';
import { bytesToHex } from '../../../../core/codec/bytes.ts';
import { inspectExport, readExport } from '../../../../core/storage/export.ts';
import { nothingTorn } from '../../../../relay/store/block-files.ts';
import { keepNetworkName } from '../../../../relay/store/network-name.ts';
import { exportFolder } from '../../../../relay/transfer/export.ts';
import { ChainSigner } from '../../../model/chain-signer.ts';
import { streamed } from '../../../model/export-maker.ts';
import { folderVector } from '../../../model/vectors.ts';
import { changeFile, referenceCopy, useFolder, writeFolder } from './chain-folder.ts';

const folderOf = useFolder();
const chain = new ChainSigner(1).chain(300);

async function blocksIn(file: string): Promise<Uint8Array[]> {
  const blocks: Uint8Array[] = [];
  for await (const part of readExport(streamed(Uint8Array.from(await readFile(file))))) blocks.push(...part);
  return blocks;
}

describe('exportFolder', () => {
  it('writes the chain of a folder of the reference, byte for byte, and leaves nothing in it', async () => {
    const reference = await referenceCopy(folderOf('reference'));
    const file = folderOf('chain.mccloud');
    const report = await exportFolder(reference, file);
    const bytes = await readFile(file);
    expect(report).toEqual({ network: 'main', blocks: 4, bytes: bytes.length, torn: nothingTorn });
    expect((await blocksIn(file)).map(bytesToHex)).toEqual(folderVector().map(({ borsh }) => borsh));
    expect(await inspectExport(streamed(Uint8Array.from(bytes)))).toMatchObject({ network: 'main', blocks: 4 });
    expect((await readdir(reference)).sort()).toEqual(['blocks.db', 'index.db']);
  });

  it('writes a chain of ours, in order, tells how far it is, and leaves nothing beside the file', async () => {
    await writeFolder(folderOf('chain'), chain);
    const told: number[] = [];
    await exportFolder(folderOf('chain'), folderOf('file'), { progressed: (blocks) => told.push(blocks) });
    expect(await blocksIn(folderOf('file'))).toEqual(chain.map(encodeBlock));
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(300);
    expect((await readdir(folderOf(''))).sort()).toEqual(['chain', 'file']);
  });

  it('names the network that the folder says, or the one it is told where the folder says none', async () => {
    await writeFolder(folderOf('ours'), chain.slice(0, 2));
    await keepNetworkName(folderOf('ours'), 'second');
    const networkOf = async (folder: string, options = {}) =>
      (await exportFolder(folder, folderOf('file'), options)).network;
    expect(await networkOf(folderOf('ours'))).toBe('second');
    expect(await networkOf(folderOf('ours'), { network: 'second' })).toBe('second');
    const reference = await referenceCopy(folderOf('reference'));
    expect(await networkOf(reference)).toBe('main');
    expect(await networkOf(reference, { network: 'third' })).toBe('third');
    await expect(networkOf(folderOf('ours'), { network: 'third' })).rejects.toMatchObject({ code: 'other-network' });
  });

  it('writes what is whole of a torn chain, and says how much was torn', async () => {
    await writeFolder(folderOf('chain'), chain);
    await changeFile(join(folderOf('chain'), 'blocks.db'), (bytes) => bytes.subarray(0, -1));
    const { blocks, torn } = await exportFolder(folderOf('chain'), folderOf('file'));
    expect([blocks, torn.blocks]).toEqual([299, 1]);
    expect(await blocksIn(folderOf('file'))).toEqual(chain.slice(0, 299).map(encodeBlock));
  });

  it('takes the place of a file that is there, and only when the new one is whole', async () => {
    await writeFile(folderOf('file'), 'before');
    await writeFolder(folderOf('chain'), chain);
    await changeFile(join(folderOf('chain'), 'blocks.db'), (bytes) => bytes.fill(0, 30_000, 30_400));
    await expect(exportFolder(folderOf('chain'), folderOf('file'))).rejects.toMatchObject({ code: 'corrupt' });
    expect(await readFile(folderOf('file'), 'utf8')).toBe('before');
    expect((await readdir(folderOf(''))).sort()).toEqual(['chain', 'file']);
    await exportFolder(await referenceCopy(folderOf('reference')), folderOf('file'));
    expect(await blocksIn(folderOf('file'))).toHaveLength(4);
  });

  it('refuses a chain whose blocks do not follow each other', async () => {
    const blocks = chain.map((block, at) => (at === 100 ? new ChainSigner(2).block(undefined) : block));
    await writeFolder(folderOf('chain'), blocks);
    await expect(exportFolder(folderOf('chain'), folderOf('file'))).rejects.toMatchObject({
      code: 'corrupt',
      message: 'the block at height 100 does not follow the one before it',
    });
  });

  it('says where it cannot write, and where there is nothing to write', async () => {
    await writeFolder(folderOf('chain'), chain.slice(0, 2));
    const file = folderOf('no/file');
    await expect(exportFolder(folderOf('chain'), file)).rejects.toMatchObject({ code: 'unavailable' });
    await mkdir(folderOf('empty'));
    await expect(exportFolder(folderOf('empty'), folderOf('file'))).rejects.toMatchObject({ code: 'unavailable' });
    expect((await readdir(folderOf(''))).sort()).toEqual(['chain', 'empty']);
  });
});
