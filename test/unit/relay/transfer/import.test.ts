import { readdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type Block, encodeBlock } from '../../../../core/chain/block.ts';
import type { Signature } from '../../../../core/crypto/keys.ts';
import { nodeVerifier } from '../../../../relay/curve.ts';
import { nothingTorn } from '../../../../relay/store/block-files.ts';
import { folderDisk } from '../../../../relay/store/disk.ts';
import { FileStore } from '../../../../relay/store/files.ts';
import { networkNameOf } from '../../../../relay/store/network-name.ts';
import { exportFolder } from '../../../../relay/transfer/export.ts';
import { importFile } from '../../../../relay/transfer/import.ts';
import { verifyFolder } from '../../../../relay/transfer/verify.ts';
import { ChainSigner } from '../../../model/chain-signer.ts';
import { exportFile, exportHeader, exportOf, exportSection } from '../../../model/export-maker.ts';
import { blocksOf, referenceCopy, useFolder, writeFolder } from './chain-folder.ts';

const folderOf = useFolder();
const chain = new ChainSigner(1).chain(200);

/** In sections of 50 blocks. */
async function fileOf(blocks: readonly Block[], network = 'main'): Promise<string> {
  const sections: Uint8Array[] = [];
  for (let start = 0; start < blocks.length; start += 50) {
    sections.push(exportSection(blocks.slice(start, start + 50).map(encodeBlock)));
  }
  const file = folderOf('file.mccloud');
  await writeFile(file, exportFile(blocks.length, exportHeader(network), ...sections));
  return file;
}

describe('importFile', () => {
  it('makes a folder of the chain, in which every block is verified and every item found', async () => {
    const file = await fileOf(chain);
    const told: string[] = [];
    const progressed = (blocks: number, of: number) => told.push(`${blocks} of ${of}`);
    const report = await importFile(file, folderOf('new/folder'), { progressed });
    expect(report).toEqual({ network: 'main', blocks: 200, imported: 200, torn: nothingTorn });
    expect(told).toEqual(['50 of 200', '100 of 200', '150 of 200', '200 of 200']);
    expect(await verifyFolder(folderOf('new/folder'))).toMatchObject({ blocks: 200, fault: undefined });
    expect(await blocksOf(folderOf('new/folder'))).toEqual(chain.map(encodeBlock));
    expect(await networkNameOf(folderOf('new/folder'))).toBe('main');
    expect(await readdir(folderOf('new/folder'))).not.toContain('identity');
  });

  it('carries the chain of the reference to a folder of ours, and from there into a folder of the same', async () => {
    const theirs = await referenceCopy(folderOf('theirs'));
    await exportFolder(theirs, folderOf('one'));
    await importFile(folderOf('one'), folderOf('ours'));
    await exportFolder(folderOf('ours'), folderOf('two'));
    expect(await readFile(folderOf('two'))).toEqual(await readFile(folderOf('one')));
    const { imported, blocks } = await importFile(folderOf('two'), theirs);
    expect([imported, blocks]).toEqual([0, 4]);
  });

  it.each([0, 1, 49, 50, 51, 199, 200])('goes on from %i blocks that the folder holds', async (count) => {
    await writeFolder(folderOf('chain'), chain.slice(0, count));
    const { imported, blocks } = await importFile(await fileOf(chain), folderOf('chain'));
    expect([imported, blocks]).toEqual([200 - count, 200]);
    expect(await blocksOf(folderOf('chain'))).toEqual(chain.map(encodeBlock));
  });

  it('refuses another chain, and one that is shorter, and says why; the folder stays as it was', async () => {
    const held = chain.slice(0, 60);
    await writeFolder(folderOf('chain'), held);
    const branch = [...chain.slice(0, 59), ...new ChainSigner(2).chain(20, chain[58])];
    for (const [blocks, code, why] of [
      [new ChainSigner(3).chain(90), 'other-chain', /another chain .* begins with another block/],
      [branch, 'other-chain', /another chain .* height 59 is another/],
      [chain.slice(0, 30), 'shorter', /nothing to import: the file holds 30 blocks, and 60 are here already/],
    ] as const) {
      await expect(importFile(await fileOf(blocks), folderOf('chain'))).rejects.toMatchObject({
        name: 'TransferError',
        code,
        message: expect.stringMatching(why),
      });
      expect(await blocksOf(folderOf('chain'))).toEqual(held.map(encodeBlock));
    }
  });

  it('changes nothing for a file that is none, cut or damaged, and makes no folder for it', async () => {
    const whole = await readFile(await fileOf(chain));
    for (const [bytes, code] of [
      [Buffer.from('a text'), 'no-export'],
      [whole.subarray(0, -1), 'cut'],
      [whole.subarray(0, whole.length / 2), 'cut'],
      [Buffer.from(whole).fill(1, 5_000, 5_001), 'damaged'],
    ] as const) {
      await writeFile(folderOf('bad'), bytes);
      await expect(importFile(folderOf('bad'), folderOf('chain'))).rejects.toMatchObject({ code });
    }
    expect(await readdir(folderOf(''))).toEqual(['bad', 'file.mccloud']);
  });

  it('keeps what stood before a block that is not valid, says so, and goes on from there with a good file', async () => {
    const broken = chain.map((block, at) => (at === 120 ? { ...block, sign: new Uint8Array(64) as Signature } : block));
    await expect(importFile(await fileOf(broken), folderOf('chain'))).rejects.toMatchObject({
      code: 'bad-block',
      message: expect.stringMatching(/height 120 .*120 blocks, is whole/),
    });
    expect(await verifyFolder(folderOf('chain'))).toMatchObject({ blocks: 120, fault: undefined });
    expect((await importFile(await fileOf(chain), folderOf('chain'))).imported).toBe(80);
  });

  it('accepts an author that nobody named only where that is allowed', async () => {
    const root = chain[0] as Block;
    const file = await fileOf([root, new ChainSigner(5).block(root)]);
    await expect(importFile(file, folderOf('strict'), { forcedRestart: false })).rejects.toMatchObject({
      code: 'bad-block',
      message: expect.stringContaining('author was not chosen'),
    });
    expect((await importFile(file, folderOf('free'))).blocks).toBe(2);
  });

  it('keeps of items that nobody signed that they are unverified', async () => {
    const signer = new ChainSigner(6);
    const unsigned = { ...signer.item(), sign: new Uint8Array(64) as Signature };
    await importFile(await fileOf([signer.block(undefined, [signer.item(), unsigned])]), folderOf('chain'));
    const store = new FileStore(folderDisk(folderOf('chain')), nodeVerifier);
    const { recent } = await store.open();
    await store.close();
    expect(recent.map(({ unverified }) => unverified)).toEqual([[1]]);
  });

  it('refuses a file of another network than the folder holds or is wanted', async () => {
    await importFile(await fileOf(chain.slice(0, 3)), folderOf('chain'));
    const other = await fileOf(chain, 'second');
    const refused = { name: 'TransferError', code: 'other-network' };
    await expect(importFile(other, folderOf('chain'))).rejects.toMatchObject(refused);
    await expect(importFile(other, folderOf('new'), { network: 'main' })).rejects.toMatchObject({
      ...refused,
      message: 'The file is of the network second, not of main.',
    });
    await expect(importFile(other, folderOf('chain'), { network: 'second' })).rejects.toMatchObject({
      name: 'StoreError',
      code: 'other-network',
    });
    expect(await blocksOf(folderOf('chain'))).toHaveLength(3);
  });

  it('is refused while somebody holds the folder, and says who', async () => {
    const store = new FileStore(folderDisk(folderOf('chain')), nodeVerifier);
    await store.open();
    await expect(importFile(await fileOf(chain), folderOf('chain'))).rejects.toMatchObject({
      code: 'held',
      message: expect.stringContaining('in use by this process'),
    });
    await store.close();
  });

  it('says which file is not there', async () => {
    await expect(importFile(folderOf('none'), folderOf('chain'))).rejects.toMatchObject({
      name: 'StoreError',
      code: 'unavailable',
      message: expect.stringContaining(folderOf('none')),
    });
  });

  it('takes a chain without blocks for what it is', async () => {
    await writeFile(folderOf('empty'), exportOf([]));
    expect(await importFile(folderOf('empty'), folderOf('chain'))).toMatchObject({ blocks: 0, imported: 0 });
  });
});
