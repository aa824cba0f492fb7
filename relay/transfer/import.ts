/**
 * Takes an exported chain over into a folder: `mccloud import` (docs/protocol.md, Export).
 *
 * The file is read twice: first whether it is whole, so that one that is cut or damaged changes nothing; then its blocks,
 * each verified before it is written. The folder's own chain must be the file's beginning, or empty. An import that is
 * killed leaves a beginning of the chain, and the next one goes on from there.
 */
import { createReadStream } from 'node:fs';
import { decodeBlock } from '../../core/chain/block.ts';
import { storedBlock } from '../../core/chain/body.ts';
import type { HeldChain } from '../../core/chain/verification.ts';
import { TransferError } from '../../core/errors.ts';
import { inspectExport, readExport } from '../../core/storage/export.ts';
import { importBlocks } from '../../core/storage/import.ts';
import { noChange, type Opened } from '../../core/storage/store.ts';
import { nodeVerifier } from '../curve.ts';
import type { Torn } from '../store/block-files.ts';
import { folderDisk, guarded } from '../store/disk.ts';
import { FileStore } from '../store/files.ts';
import { keepNetworkName, networkNameOf } from '../store/network-name.ts';
import { authoringOf } from './authoring.ts';
import type { Progressed } from './folder.ts';

export interface ImportOptions {
  /** The network that is wanted; by default the one the folder says, or the file if the folder does not. */
  readonly network?: string;
  /** As of `VerifyOptions`. */
  readonly forcedRestart?: boolean;
  readonly progressed?: Progressed;
}

export interface ImportReport {
  readonly network: string;
  /** In the folder now. */
  readonly blocks: number;
  /** Of them from the file. */
  readonly imported: number;
  /** What of the folder was torn and was put in order first. */
  readonly torn: Torn;
}

/**
 * Makes the folder if it is not there.
 * @throws TransferError, also when blocks before the fault were imported; StoreError `held`, `full`, `unavailable`, …
 */
export async function importFile(file: string, folder: string, options: ImportOptions = {}): Promise<ImportReport> {
  const { forcedRestart = true, progressed = () => undefined } = options;
  const { network, blocks: count } = await inspectExport(bytesOf(file));
  expectNetwork(network, options.network ?? (await networkNameOf(folder)));
  const disk = folderDisk(folder);
  const store = new FileStore(disk, nodeVerifier);
  const opened = await store.open();
  try {
    await keepNetworkName(folder, network);
    const held = heldChain(opened);
    let blocks = held.count;
    const rules = { authoring: authoringOf(forcedRestart), verifier: nodeVerifier };
    const imported = await importBlocks(readExport(bytesOf(file)), held, rules, async (verified) => {
      const append = verified.map(storedBlock);
      await store.change({ ...noChange, durable: true, append });
      blocks += append.length;
      progressed(blocks, count);
    });
    return { network, blocks, imported, torn: store.torn };
  } finally {
    await store.close();
  }
}

function expectNetwork(network: string, wanted: string | undefined): void {
  if (wanted === undefined || network === wanted) return;
  throw new TransferError('other-network', `The file is of the network ${network}, not of ${wanted}.`);
}

function heldChain({ count, root, recent }: Opened): HeldChain {
  const tip = recent.at(-1);
  return { count, root, tip: tip === undefined ? undefined : decodeBlock(tip.bytes) };
}

async function* bytesOf(file: string): AsyncGenerator<Uint8Array, void> {
  const chunks = createReadStream(file)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await guarded('unavailable', () => chunks.next());
      if (done === true) return;
      const { buffer, byteOffset, length } = value as Buffer;
      // Plain bytes: a Buffer's `slice` would share what it is to copy.
      yield new Uint8Array(buffer, byteOffset, length);
    }
  } finally {
    await chunks.return?.();
  }
}
