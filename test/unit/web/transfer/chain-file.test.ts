import { describe, expect, it } from 'vitest';
import type { Block } from '../../../../core/chain/block.ts';
import { encodeBlock } from '../../../../core/chain/block.ts';
import { bytesToHex } from '../../../../core/codec/bytes.ts';
import type { PublicKey, Signature } from '../../../../core/crypto/keys.ts';
import type { BlockView, PeerFace } from '../../../../core/face.ts';
import { inspectExport, readExport } from '../../../../core/storage/export.ts';
import { MemoryStore } from '../../../../core/storage/memory.ts';
import { rawFrame } from '../../../../core/storage/zstd.ts';
import { exportBlob, importBlob } from '../../../../web/transfer/chain-file.ts';
import { FakePeer, itemOf } from '../../../browser/element/stage/fake-peer.ts';
import { noChange } from '../../../contract/material.ts';
import { Author } from '../../../model/author.ts';
import { exportOf } from '../../../model/export-maker.ts';
import { House } from '../../../model/house.ts';
import { storedBlocks } from '../../../model/stage.ts';

const author = new Author(9);
const chain = author.chain(300);
const nothing = () => undefined;

async function peerWith(blocks: readonly Block[]): Promise<PeerFace> {
  const store = new MemoryStore();
  await store.change({ ...noChange, append: storedBlocks(blocks) });
  return (await new House().open('a', new Author(1), store)).peer;
}

async function* bytesIn(blob: Blob): AsyncGenerator<Uint8Array, void> {
  yield new Uint8Array(await blob.arrayBuffer());
}

async function blocksIn(blob: Blob): Promise<string[]> {
  const blocks: string[] = [];
  for await (const part of readExport(bytesIn(blob))) blocks.push(...part.map(bytesToHex));
  return blocks;
}

const hexOf = (blocks: readonly Block[]) => blocks.map((block) => bytesToHex(encodeBlock(block)));
const blobOf = (blocks: readonly Block[], network = 'test') =>
  new Blob([Uint8Array.from(exportOf(blocks.map(encodeBlock), network))]);

describe('exporting', () => {
  it('makes a file of every block as it came, byte for byte, and tells how far it is', async () => {
    const told: [number, number][] = [];
    const file = await exportBlob(await peerWith(chain), rawFrame, (...progress) => told.push(progress));
    expect([file.name, file.blocks]).toEqual(['test-300.mccloud', 300]);
    expect(await blocksIn(file.blob)).toEqual(hexOf(chain));
    expect(await inspectExport(bytesIn(file.blob))).toEqual({ network: 'test', blocks: 300, bytes: file.blob.size });
    expect([told[0], told.at(-1)]).toEqual([
      [1, 300],
      [300, 300],
    ]);
  });

  it('keeps what came as it came: keys that are none, items that nobody signed, no candidates', async () => {
    const strange = new Uint8Array(33).fill(9) as PublicKey;
    const item = { data: new Uint8Array(0), author: strange, sign: new Uint8Array(64) as Signature };
    const root = author.block(undefined, [strange, author.key], [item, author.item('twice'), author.item('twice')]);
    const blocks = [root, author.block(root, [], [])];
    const { blob } = await exportBlob(await peerWith(blocks), rawFrame, nothing);
    expect(await blocksIn(blob)).toEqual(hexOf(blocks));
  });

  it('makes a file without blocks of a chain without blocks', async () => {
    const { blob, blocks } = await exportBlob(await peerWith([]), rawFrame, nothing);
    expect([blocks, await blocksIn(blob)]).toEqual([0, []]);
  });

  it('makes a file of more than it gathers at once', async () => {
    const large = author.block(undefined, [author.key], [author.item('', 3_000_000)]);
    const blocks = [large, author.block(large, [author.key], [author.item('', 3_000_000)])];
    const { blob } = await exportBlob(await peerWith(blocks), rawFrame, nothing);
    expect(await blocksIn(blob)).toEqual(hexOf(blocks));
  });

  it('begins again when the chain leaves a branch meanwhile, and makes a file of one chain', async () => {
    const peer = new FakePeer('test');
    peer.stand(Array.from({ length: 40 }, (_, at) => [itemOf(`item ${at}`, 1)]));
    const changed = changing(peer, 1);
    const { blob, name } = await exportBlob(changed, rawFrame, nothing);
    const parents: (string | undefined)[] = [];
    for await (const part of readExport(bytesIn(blob))) {
      for (const bytes of part) parents.push(bytes[0] === 0 ? undefined : bytesToHex(bytes.subarray(1, 33)));
    }
    expect(parents).toEqual(peer.chain.map(({ parent }) => parent));
    expect(name).toBe(`test-${peer.chain.length}.mccloud`);
  });

  it('gives up when the chain never holds still, and says so', async () => {
    const peer = new FakePeer('test');
    peer.stand(Array.from({ length: 40 }, () => []));
    await expect(exportBlob(changing(peer, 99), rawFrame, nothing)).rejects.toMatchObject({
      name: 'TransferError',
      code: 'unsettled',
    });
  });
});

/** Leaves a branch in the middle of so many readings. */
function changing(peer: FakePeer, times: number): PeerFace {
  let left = times;
  const read = peer.blocks.bind(peer);
  peer.blocks = async function* (options): AsyncGenerator<BlockView, void> {
    for await (const block of read(options)) {
      if (block.height === 20 && left-- > 0) {
        peer.revert(30);
        peer.stand(Array.from({ length: 31 }, () => []));
        yield* read({ from: 20, to: 40 });
        return;
      }
      yield block;
    }
  };
  return peer;
}

describe('importing', () => {
  it('brings every block into another peer, and tells how far it is', async () => {
    const { blob } = await exportBlob(await peerWith(chain), rawFrame, nothing);
    const peer = await peerWith([]);
    const told: [number, number][] = [];
    expect(await importBlob(peer, blob, (...progress) => told.push(progress))).toBe(300);
    expect(peer.status).toMatchObject({ height: 300, tip: bytesToHex(chain[299]?.hash as Uint8Array) });
    expect(told.at(-1)).toEqual([300, 300]);
    const again = await exportBlob(peer, rawFrame, nothing);
    expect(await blocksIn(again.blob)).toEqual(hexOf(chain));
  });

  it('goes on from the beginning that a peer holds, and brings nothing twice', async () => {
    const peer = await peerWith(chain.slice(0, 120));
    expect(await importBlob(peer, blobOf(chain), nothing)).toBe(180);
    expect(await importBlob(peer, blobOf(chain), nothing)).toBe(0);
  });

  it('leaves the peer as it was for a file that is none, cut, of another network or of another chain', async () => {
    const peer = await peerWith(chain.slice(0, 20));
    const whole = blobOf(chain);
    for (const [file, code, why] of [
      [new Blob(['no chain at all']), 'no-export', /no file of an exported chain/],
      [whole.slice(0, -1), 'cut', /is cut: its end is missing/],
      [whole.slice(0, 50_000), 'cut', /is cut/],
      [new Blob([whole.slice(0, 100), 'x', whole.slice(101)]), 'damaged', /is damaged/],
      [blobOf(chain, 'other'), 'other-network', /^The file is of the network other, and this is test\.$/],
      [blobOf(new Author(4).chain(30)), 'other-chain', /holds another chain than the one that is here/],
      [blobOf(chain.slice(0, 10)), 'shorter', /nothing to import/],
    ] as const) {
      await expect(importBlob(peer, file, nothing)).rejects.toMatchObject({
        name: 'TransferError',
        code,
        message: expect.stringMatching(why),
      });
      expect(peer.status.height).toBe(20);
    }
  });
});
