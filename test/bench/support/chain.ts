/**
 * A chain on disk for benchmarks: signed blocks by three authors in turn, each naming the next.
 */
import { mkdir } from 'node:fs/promises';
import { createBlock, encodeBlock } from '../../../core/chain/block.ts';
import { createData, itemIdOf } from '../../../core/chain/data.ts';
import { sha256 } from '../../../core/crypto/hash.ts';
import { type Hash, secretKeyFrom } from '../../../core/crypto/keys.ts';
import { noChange, type StoredBlock } from '../../../core/storage/store.ts';
import { nodeCurve, nodeVerifier } from '../../../relay/curve.ts';
import { folderDisk } from '../../../relay/store/disk.ts';
import { FileStore } from '../../../relay/store/files.ts';
import { Seeded } from '../../model/seeded.ts';

export interface ChainShape {
  readonly blocks: number;
  readonly items: number;
  readonly itemBytes: number;
}

export async function writeChain(folder: string, { blocks, items, itemBytes }: ChainShape): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { random } = new Seeded(7);
  const authors = [1, 2, 3].map((place) => {
    const secret = secretKeyFrom(sha256(Uint8Array.of(place)));
    return { secret, key: nodeCurve.publicKey(secret) };
  });
  const store = new FileStore(folderDisk(folder), nodeVerifier);
  await store.open();
  let parent: Hash | undefined;
  const batch: StoredBlock[] = [];
  for (let height = 0; height < blocks; height++) {
    const author = authors[height % authors.length];
    const following = authors[(height + 1) % authors.length];
    if (author === undefined || following === undefined) throw new Error('there are three authors');
    const data = Array.from({ length: items }, () =>
      createData(nodeCurve, random, author.key, author.secret, random(itemBytes)),
    );
    const block = createBlock(nodeCurve, random, author.secret, {
      parent,
      data,
      nextChoices: [following.key],
      author: author.key,
    });
    parent = block.hash;
    batch.push({ height, hash: block.hash, items: data.map(itemIdOf), bytes: encodeBlock(block), unverified: [] });
  }
  await store.change({ ...noChange, durable: true, append: batch });
  await store.close();
}
