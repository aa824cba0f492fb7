import { describe, expect, it } from 'vitest';
import { decodeBlock } from '../../../../core/chain/block.ts';
import { bytesToHex } from '../../../../core/codec/bytes.ts';
import type { Verifier } from '../../../../core/crypto/curve.ts';
import type { Hash } from '../../../../core/crypto/keys.ts';
import type { StoredBlock } from '../../../../core/storage/store.ts';
import { rawFrame } from '../../../../core/storage/zstd.ts';
import { BlockFiles, nothingTorn } from '../../../../relay/store/block-files.ts';
import { ChainMaker } from '../../../contract/material.ts';
import { RecordedDisk } from '../../../model/recorded-disk.ts';
import { allHold } from '../../../model/verifiers.ts';

const recordBytes = 48;
const unlimited = 64 * 1024 * 1024;
const framed = ({ hash, bytes }: StoredBlock) => ({ hash, frame: rawFrame(bytes) });

async function written(count: number) {
  const disk = new RecordedDisk();
  const chain = new ChainMaker(1).chain(count);
  const { files } = await BlockFiles.open(disk, allHold);
  await files.append(chain.map(framed));
  return { disk, chain, files };
}

/** Opens what is left after one of the files was changed. */
async function openedWith(disk: RecordedDisk, name: string, change: (bytes: Uint8Array) => Uint8Array) {
  const contents = new Map(disk.contents);
  contents.set(name, change((contents.get(name) as Uint8Array).slice()));
  const changed = new RecordedDisk(contents);
  return { disk: changed, ...(await BlockFiles.open(changed, allHold)) };
}

describe('BlockFiles', () => {
  it('knows each block by height and hash, and reads runs of them', async () => {
    const { chain, files } = await written(30);
    expect(files.count).toBe(30);
    for (const { height, hash } of chain) {
      expect(files.hashAt(height)).toEqual(hash);
      expect(files.heightOf(hash)).toBe(height);
    }
    expect(await files.read(3, 5, unlimited)).toEqual(chain.slice(3, 8).map(({ bytes }) => bytes));
    expect(files.hashAt(30)).toBeUndefined();
    expect(files.hashAt(-1)).toBeUndefined();
  });

  it('reads more than it reads at once', async () => {
    const disk = new RecordedDisk();
    const maker = new ChainMaker(2);
    const { files } = await BlockFiles.open(disk, allHold);
    const root = maker.block(undefined, [maker.data(700_000)]);
    const large = maker.block(root, [maker.data(700_000)]);
    const larger = maker.block(large, [maker.data(1_500_000)]);
    await files.append([root, large, larger].map(framed));
    const read = await files.read(0, 3, unlimited);
    expect(read.map(({ length }) => length)).toEqual([root, large, larger].map(({ bytes }) => bytes.length));
  });

  it('writes nothing when it opens what is whole', async () => {
    const { disk } = await written(15);
    const again = await openedWith(disk, 'index.db', (bytes) => bytes);
    expect(again.torn).toEqual(nothingTorn);
    expect(again.disk.operations).toEqual([]);
  });

  it.each([
    ['half a record at the end', 'index.db', (bytes: Uint8Array) => Uint8Array.of(...bytes, 1, 2, 3), 20, 1],
    ['a record cut', 'index.db', (bytes: Uint8Array) => bytes.slice(0, -1), 19, 1],
    ['a record that is missing', 'index.db', (bytes: Uint8Array) => bytes.slice(0, -recordBytes), 19, 0],
    [
      'another hash in the last record',
      'index.db',
      (bytes: Uint8Array) => bytes.fill(1, 19 * recordBytes, 19 * 48 + 9),
      19,
      1,
    ],
    ['frames that are cut', 'blocks.db', (bytes: Uint8Array) => bytes.slice(0, -600), 18, 2],
    ['frames of zeros', 'blocks.db', (bytes: Uint8Array) => bytes.fill(0, bytes.length - 600), 18, 2],
    [
      'a byte changed in the last item',
      'blocks.db',
      (bytes: Uint8Array) => bytes.fill(7, bytes.length - 150, bytes.length - 149),
      19,
      1,
    ],
    ['bytes after the last frame', 'blocks.db', (bytes: Uint8Array) => Uint8Array.of(...bytes, 0, 0), 20, 0],
  ] as const)('cuts %s', async (_, name, change, count, cut) => {
    const { disk, chain } = await written(20);
    const { files, torn, disk: changed } = await openedWith(disk, name, change);
    expect(files.count).toBe(count);
    expect(torn.blocks).toBe(cut);
    expect(torn.bytes).toBeGreaterThan(0);
    expect(changed.contents.get('index.db')).toHaveLength(count * recordBytes);
    expect(await files.read(0, 20, unlimited)).toEqual(chain.slice(0, count).map(({ bytes }) => bytes));
    await files.append(chain.slice(count).map(framed));
    expect(await files.read(0, 20, unlimited)).toEqual(chain.map(({ bytes }) => bytes));
  });

  it.each([
    ['zeros at the end', (bytes: Uint8Array) => bytes.fill(0, 15 * recordBytes), 5],
    ['zeros in the middle', (bytes: Uint8Array) => bytes.fill(0, 96, 144), 18],
    ['zeros all over', (bytes: Uint8Array) => bytes.fill(0), 20],
    [
      'one bit changed in a size',
      (bytes: Uint8Array) => bytes.fill(0xff, 3 * recordBytes + 46, 3 * recordBytes + 47),
      17,
    ],
    ['half a record after zeros', (bytes: Uint8Array) => Uint8Array.of(...bytes.fill(0, 96), 1, 2, 3), 18],
  ])('finds again, from the blocks, what the index has lost to %s', async (_, change, found) => {
    const { disk, chain } = await written(20);
    const before = disk.contents.get('index.db')?.slice();
    const { files, torn, disk: changed } = await openedWith(disk, 'index.db', change);
    expect([files.count, torn.blocks > 1, torn.found]).toEqual([20, false, found]);
    expect(changed.contents.get('index.db')).toEqual(before);
    expect(await files.read(0, 20, unlimited)).toEqual(chain.map(({ bytes }) => bytes));
    for (const { height, hash } of chain) expect(files.heightOf(hash)).toBe(height);
    const again = await BlockFiles.open(new RecordedDisk(changed.contents), allHold);
    expect(again.torn).toEqual(nothingTorn);
  });

  it('finds no frames again that a cut has left behind: the index tells how many there are', async () => {
    const { disk, chain, files } = await written(12);
    const frames = disk.contents.get('blocks.db') as Uint8Array;
    await files.cutTo(8);
    const contents = new Map(disk.contents).set('blocks.db', frames);
    const { files: again, torn } = await BlockFiles.open(new RecordedDisk(contents), allHold);
    expect([again.count, torn.found]).toEqual([8, 0]);
    expect(again.heightOf(chain[8]?.hash as Hash)).toBeUndefined();
  });

  it('can be opened without anything being cut', async () => {
    const { disk } = await written(6);
    const contents = new Map(disk.contents);
    contents.set('blocks.db', (contents.get('blocks.db') as Uint8Array).slice().fill(0, 100));
    const damaged = new RecordedDisk(contents);
    const { files, found } = await BlockFiles.openUncut(damaged, allHold);
    expect([files.count, found, damaged.operations]).toEqual([6, 0, []]);
    await expect(files.read(5, 1, unlimited)).rejects.toMatchObject({ name: 'StoreError', code: 'corrupt' });
  });

  it('cuts a block whose signature alone is torn', async () => {
    const { disk, chain } = await written(12);
    const signatures = chain.map(({ bytes }) => bytesToHex(decodeBlock(bytes).sign));
    const honest: Verifier = {
      verify: async (checks) => checks.map(({ signature }) => signatures.includes(bytesToHex(signature))),
    };
    const contents = new Map(disk.contents);
    const blocks = contents.get('blocks.db') as Uint8Array;
    contents.set('blocks.db', blocks.slice().fill(0, blocks.length - 10));
    const { files, torn } = await BlockFiles.open(new RecordedDisk(contents), honest);
    expect([files.count, torn.blocks]).toEqual([11, 1]);
  });

  it('lets frames lie apart, as another writer may have left them', async () => {
    const { disk } = await written(2);
    const contents = new Map(disk.contents);
    const [index, blocks] = [contents.get('index.db') as Uint8Array, contents.get('blocks.db') as Uint8Array];
    const second = new DataView(index.buffer, index.byteOffset + recordBytes + 32);
    const at = Number(second.getBigUint64(0, true));
    second.setBigUint64(0, BigInt(at + 5), true);
    contents.set('blocks.db', Uint8Array.of(...blocks.slice(0, at), 9, 9, 9, 9, 9, ...blocks.slice(at)));
    const { files, torn } = await BlockFiles.open(new RecordedDisk(contents), allHold);
    expect(torn).toEqual(nothingTorn);
    expect(await files.read(0, 9, unlimited)).toHaveLength(2);
  });
});
