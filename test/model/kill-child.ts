/**
 * The process that is killed: keeps a folder busy, and says what it begins and what is done, in lines of JSON.
 *
 * `append FOLDER SEED`: blocks arrive and branches win, for ever; those that lose are kept. `import FOLDER FILE`: a file is imported. What it says is
 * in the pipe before the next step begins, so whoever killed it knows what was committed.
 */
import { readFileSync, writeSync } from 'node:fs';
import { type Block, decodeBlock, encodeBlock } from '../../core/chain/block.ts';
import { encodeData, itemIdOf } from '../../core/chain/data.ts';
import { bytesToHex } from '../../core/codec/bytes.ts';
import { hashHex } from '../../core/crypto/keys.ts';
import { noChange, type SideBlock } from '../../core/storage/store.ts';
import { nodeVerifier } from '../../relay/curve.ts';
import { folderDisk } from '../../relay/store/disk.ts';
import { FileStore } from '../../relay/store/files.ts';
import { importFile } from '../../relay/transfer/import.ts';
import { ChainSigner } from './chain-signer.ts';
import { Seeded } from './seeded.ts';
import { storedBlocks } from './stage.ts';

/** What is said. A step that was begun and is not done may have been done in part, or not at all. */
export type Said =
  | { readonly kind: 'opened'; readonly count: number }
  /** Blocks that stay, hashes of those that follow, ids of own items that wait. */
  | {
      readonly kind: 'begun';
      readonly cutTo: number;
      readonly append: readonly string[];
      readonly pending: readonly string[];
    }
  | { readonly kind: 'done' }
  | { readonly kind: 'imported'; readonly blocks: number };

const [mode, folder = '', third = ''] = process.argv.slice(2);
// Until somebody closes its input: it may be started long before it is wanted.
readFileSync(0);
if (mode === 'append') await append(folder, Number(third));
if (mode === 'import') {
  const { blocks } = await importFile(third, folder, {
    progressed: (count) => say({ kind: 'imported', blocks: count }),
  });
  say({ kind: 'opened', count: blocks });
}

function say(said: Said): void {
  writeSync(1, `${JSON.stringify(said)}\n`);
}

async function append(folder: string, seed: number): Promise<void> {
  const seeded = new Seeded(seed);
  const signer = new ChainSigner(seed);
  const store = new FileStore(folderDisk(folder), nodeVerifier);
  const { count } = await store.open();
  const chain: Block[] = (await store.blocks(0, count, Number.MAX_SAFE_INTEGER)).map(({ bytes }) => decodeBlock(bytes));
  say({ kind: 'opened', count });
  for (;;) {
    const cutTo = seeded.chance(0.2) ? Math.max(0, chain.length - seeded.between(1, 6)) : chain.length;
    const made = signer.chain(seeded.between(1, 4), chain[cutTo - 1]);
    const item = signer.item();
    const pending = seeded.chance(0.3) ? [{ id: itemIdOf(item), bytes: encodeData(item) }] : [];
    const ids = pending.map(({ id }) => bytesToHex(id));
    say({ kind: 'begun', cutTo, append: made.map(({ hash }) => hashHex(hash)), pending: ids });
    const blocks = storedBlocks([...chain.slice(0, cutTo), ...made]).slice(cutTo);
    const [first] = blocks;
    const isOwn = first !== undefined && cutTo === chain.length && seeded.chance(0.3);
    await store.change({
      ...noChange,
      durable: isOwn || pending.length > 0,
      signed: isOwn ? { parent: chain.at(-1)?.hash, hash: first.hash, bytes: first.bytes } : undefined,
      cutTo: cutTo < chain.length ? cutTo : undefined,
      append: blocks,
      sideAdded: leaving(chain, cutTo),
      pendingAdded: pending,
    });
    say({ kind: 'done' });
    chain.splice(cutTo, chain.length, ...made);
  }
}

/** What a cut takes, but for a root. */
function leaving(chain: readonly Block[], cutTo: number): SideBlock[] {
  return chain.slice(cutTo).flatMap((block, place) => {
    const { hash, parent } = block;
    return parent === undefined
      ? []
      : [{ hash, parent, height: cutTo + place, bytes: encodeBlock(block), unverified: [] }];
  });
}
