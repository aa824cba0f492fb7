import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Block } from '../../../../core/chain/block.ts';
import type { Signature } from '../../../../core/crypto/keys.ts';
import { nodeVerifier } from '../../../../relay/curve.ts';
import { nothingTorn } from '../../../../relay/store/block-files.ts';
import { folderDisk } from '../../../../relay/store/disk.ts';
import { FileStore } from '../../../../relay/store/files.ts';
import { verifyFolder } from '../../../../relay/transfer/verify.ts';
import { ChainSigner } from '../../../model/chain-signer.ts';
import { changeFile, referenceCopy, useFolder, writeFolder } from './chain-folder.ts';

const folderOf = useFolder();
const chain = new ChainSigner(1).chain(300);
const whole = { unverifiedItems: 0, forcedBlocks: 0, fault: undefined, torn: nothingTorn };

/** The store judges nothing, so it keeps what no peer would. */
async function kept(blocks: readonly Block[], name = 'chain'): Promise<string> {
  await writeFolder(folderOf(name), blocks);
  return folderOf(name);
}

describe('verifyFolder', () => {
  it('finds the folder of the reference whole, and leaves nothing in it', async () => {
    const folder = await referenceCopy(folderOf('reference'));
    expect(await verifyFolder(folder)).toEqual({ ...whole, blocks: 4, items: 5 });
    expect((await readdir(folder)).sort()).toEqual(['blocks.db', 'index.db']);
  });

  it('finds a chain whole, tells how far it is, and that there may be no block', async () => {
    const told: number[] = [];
    const report = await verifyFolder(await kept(chain), {
      progressed: (blocks, of) => {
        expect(of).toBe(300);
        told.push(blocks);
      },
    });
    expect(report).toEqual({ ...whole, blocks: 300, items: 300 });
    expect(told.length).toBeGreaterThan(1);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(300);
    expect(await verifyFolder(await kept([], 'empty'))).toEqual({ ...whole, blocks: 0, items: 0 });
  });

  const noSignature = { sign: new Uint8Array(64) as Signature };
  it.each<[string, number, RegExp, (signer: ChainSigner) => readonly Block[]]>([
    [
      'a signature that does not hold',
      150,
      /signature does not hold/,
      () => chain.map((block, at) => (at === 150 ? { ...block, ...noSignature } : block)),
    ],
    [
      'a block of another chain',
      200,
      /parent is not/,
      (signer) => chain.map((block, at) => (at === 200 ? signer.block(undefined) : block)),
    ],
    [
      'a hash that is not that of its content',
      10,
      /not the hash/,
      (signer) => chain.map((block, at) => (at === 10 ? { ...block, data: [signer.item()] } : block)),
    ],
  ])('finds the first fault: %s', async (_, height, why, blocks) => {
    const report = await verifyFolder(await kept(blocks(new ChainSigner(2))));
    expect(report).toMatchObject({ blocks: height, items: height, fault: { height, why: expect.stringMatching(why) } });
  });

  it('finds a block that cannot be read', async () => {
    const folder = await kept(chain);
    await changeFile(join(folder, 'blocks.db'), (bytes) => bytes.fill(0, bytes.length >> 1, (bytes.length >> 1) + 400));
    const { blocks, fault } = await verifyFolder(folder);
    expect(blocks).toBeGreaterThan(100);
    expect(blocks).toBeLessThan(200);
    expect(fault).toEqual({ height: blocks, why: expect.stringMatching(/frame/) });
  });

  it('finds a block that the index names by another hash', async () => {
    const folder = await kept(chain);
    await changeFile(join(folder, 'index.db'), (bytes) => bytes.fill(7, 140 * 48, 140 * 48 + 4));
    const { blocks, fault } = await verifyFolder(folder);
    expect([blocks, fault]).toEqual([140, { height: 140, why: 'the index names it by another hash' }]);
  });

  it('finds where the damage begins that no opening would accept', async () => {
    const folder = await kept(chain);
    await changeFile(join(folder, 'blocks.db'), (bytes) => bytes.fill(0, Math.floor(bytes.length / 3)));
    const { blocks, fault, torn } = await verifyFolder(folder);
    expect([fault?.height, torn]).toEqual([blocks, nothingTorn]);
    expect(blocks).toBeGreaterThan(90);
    expect(blocks).toBeLessThan(110);
  });

  it('finds a fault in the newest block too, and tells that the next opening cuts it', async () => {
    const folder = await kept(chain);
    await changeFile(join(folder, 'blocks.db'), (bytes) => bytes.subarray(0, -10));
    const { blocks, fault, torn } = await verifyFolder(folder);
    expect([blocks, torn.blocks]).toEqual([299, 1]);
    expect(fault).toEqual({ height: 299, why: 'the index names it, and it is not there' });
    expect(torn.bytes).toBeGreaterThan(48);
    await changeFile(join(folder, 'blocks.db'), (bytes) => Buffer.concat([bytes, Buffer.alloc(10)]));
    expect((await verifyFolder(folder)).fault?.height).toBe(299);
  });

  it.each<[string, string, (bytes: Buffer) => Uint8Array]>([
    ['a record', 'index.db', (bytes) => Buffer.concat([bytes, Buffer.alloc(20)])],
    ['a frame', 'blocks.db', (bytes) => Buffer.concat([bytes, Buffer.alloc(20, 0x28)])],
  ])('takes the beginning of %s that a crash has left behind the last block for no fault', async (_, name, change) => {
    const folder = await kept(chain);
    await changeFile(join(folder, name), change);
    const { blocks, fault, torn } = await verifyFolder(folder);
    expect([blocks, fault, torn.bytes]).toEqual([300, undefined, 20]);
  });

  it('verifies what the index names wrongly as the next opening will find it', async () => {
    const folder = await kept(chain);
    await changeFile(join(folder, 'index.db'), (bytes) => bytes.fill(0, 100 * 48, 200 * 48));
    expect(await verifyFolder(folder)).toEqual({
      ...whole,
      blocks: 300,
      items: 300,
      torn: { ...nothingTorn, found: 200 },
    });
  });

  it('counts items that nobody signed, and blocks by authors that were not named', async () => {
    const signer = new ChainSigner(3);
    const stranger = new ChainSigner(4);
    const unsigned = { ...signer.item(), ...noSignature };
    const root = signer.block(undefined, [signer.item(), unsigned]);
    const forced = stranger.block(root, []);
    const folder = await kept([root, forced, stranger.block(forced)]);
    const report = await verifyFolder(folder);
    expect(report).toEqual({ ...whole, blocks: 3, items: 3, unverifiedItems: 1, forcedBlocks: 1 });
    expect(await verifyFolder(folder, { forcedRestart: false })).toMatchObject({
      blocks: 1,
      fault: { height: 1, why: 'its author was not chosen' },
    });
  });

  it('is refused while a peer holds the folder', async () => {
    const folder = await kept(chain.slice(0, 3));
    const store = new FileStore(folderDisk(folder), nodeVerifier);
    await store.open();
    await expect(verifyFolder(folder)).rejects.toMatchObject({ name: 'StoreError', code: 'held' });
    await store.close();
    expect((await verifyFolder(folder)).blocks).toBe(3);
  });
});
