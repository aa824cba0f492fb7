import { describe, expect, it, vi } from 'vitest';
import { createBlock, encodeBlock } from '../../../../core/chain/block.ts';
import { createData, itemIdOf } from '../../../../core/chain/data.ts';
import type { ItemId, SecretKey } from '../../../../core/crypto/keys.ts';
import { nobleCurve, nobleVerifier } from '../../../../core/crypto/noble-curve.ts';
import { rawFrame } from '../../../../core/storage/zstd.ts';
import { BlockFiles } from '../../../../relay/store/block-files.ts';
import { ItemsFile } from '../../../../relay/store/items-file.ts';
import { ChainMaker } from '../../../contract/material.ts';
import { RecordedDisk } from '../../../model/recorded-disk.ts';
import { Seeded } from '../../../model/seeded.ts';
import { allHold } from '../../../model/verifiers.ts';

const verifyNothing = { verify: vi.fn(async () => []) };

/** A chain of signed blocks, the second item of the first of which is nobody's word. */
async function signedChain() {
  const { random } = new Seeded(1);
  const secret = random(32) as SecretKey;
  const author = nobleCurve.publicKey(secret);
  const data = [0, 1, 2].map(() => createData(nobleCurve, random, author, secret, random(10)));
  data[1] = { ...(data[1] as (typeof data)[number]), data: random(10) };
  const root = createBlock(nobleCurve, random, secret, { parent: undefined, author, nextChoices: [], data });
  const next = createBlock(nobleCurve, random, secret, {
    parent: root.hash,
    author,
    nextChoices: [],
    data: data.slice(0, 1),
  });
  const disk = new RecordedDisk();
  const { files } = await BlockFiles.open(disk, allHold);
  await files.append([root, next].map((block) => ({ hash: block.hash, frame: rawFrame(encodeBlock(block)) })));
  return { disk, files, root, next, ids: data.map(itemIdOf) as [ItemId, ItemId, ItemId] };
}

describe('ItemsFile', () => {
  it('is made from the blocks where there is none, with every signature checked', async () => {
    const { disk, files, ids } = await signedChain();
    const items = await ItemsFile.open(disk, files, nobleVerifier);
    expect(ids.map((id) => items.contains(id))).toEqual([true, true, true]);
    expect(items.contains(new Uint8Array(32) as ItemId)).toBe(false);
    expect([items.unverifiedAt(0), items.unverifiedAt(1), items.unverifiedAt(2)]).toEqual([[1], [], []]);
  });

  it('is read, not made again, where there is one', async () => {
    const { disk, files, ids } = await signedChain();
    await ItemsFile.open(disk, files, nobleVerifier);
    const items = await ItemsFile.open(disk, files, verifyNothing);
    expect(verifyNothing.verify).not.toHaveBeenCalled();
    expect(ids.map((id) => items.contains(id))).toEqual([true, true, true]);
    expect(items.unverifiedAt(0)).toEqual([1]);
  });

  it('is completed where it is short', async () => {
    const { disk, files, ids } = await signedChain();
    const items = await ItemsFile.open(disk, files, nobleVerifier);
    const whole = disk.contents.get('items.db');
    await items.cutTo(1);
    expect(ids.map((id) => items.contains(id))).toEqual([true, true, true]);
    await ItemsFile.open(disk, files, nobleVerifier);
    expect(disk.contents.get('items.db')).toEqual(whole);
    await (await ItemsFile.open(disk, files, nobleVerifier)).cutTo(0);
    expect(disk.contents.get('items.db')).toHaveLength(0);
  });

  it('forgets what is cut, and takes what is appended in its place', async () => {
    const { disk, files, ids } = await signedChain();
    const items = await ItemsFile.open(disk, files, nobleVerifier);
    const other = new ChainMaker(2).block(undefined);
    await items.cutTo(0);
    expect(ids.map((id) => items.contains(id))).toEqual([false, false, false]);
    await items.append([other]);
    expect(items.contains(other.items[0] as ItemId)).toBe(true);
    expect(items.unverifiedAt(0)).toEqual(other.unverified);
  });

  it('does not believe a list of another chain, nor of more blocks than there are', async () => {
    const { disk, files, root, ids } = await signedChain();
    await ItemsFile.open(disk, files, nobleVerifier);
    const foreign = new RecordedDisk(new Map([['items.db', disk.contents.get('items.db') as Uint8Array]]));
    const stranger = new ChainMaker(2).block(undefined);
    const { files: strange } = await BlockFiles.open(foreign, allHold);
    await strange.append([{ hash: stranger.hash, frame: rawFrame(stranger.bytes) }]);
    const items = await ItemsFile.open(foreign, strange, nobleVerifier);
    expect(ids.some((id) => items.contains(id))).toBe(false);
    expect(items.contains(stranger.items[0] as ItemId)).toBe(true);

    await files.cutTo(1);
    const shorter = await ItemsFile.open(disk, files, verifyNothing);
    expect(shorter.contains(itemIdOf(root.data[2] as (typeof root.data)[number]))).toBe(true);
    await shorter.cutTo(0);
    expect(ids.some((id) => shorter.contains(id))).toBe(false);
  });
});
