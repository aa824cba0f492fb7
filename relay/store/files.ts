/**
 * A chain in a folder, as the reference keeps it (spec/wire.md, On disk), with what a restart needs beside it.
 *
 * `index.db` and `blocks.db` are the reference's; a folder of its is opened as it is and appended to. Ours are
 * `items.db` (can be made anew), `pending.db`, `journal.db`, `reorganisation.db` and `lock`. Calls are served one after
 * the other, in the order they come. Within a change: the journal, pending items that come, the chain, pending items
 * that go; so a crash between two of them loses no item and forgets no signature. When a change is done its
 * blocks are on the disk, whether or not it asked for it; what else it brought is there when it did. A crash meanwhile
 * may leave the first blocks of an append; of a cut and an append it leaves both or neither.
 *
 * When the disk is full a change is refused and the store goes on; after any other failure it refuses everything until
 * it is opened again, for nobody knows what is on the disk.
 */
import type { Verifier } from '../../core/crypto/curve.ts';
import type { Hash, ItemId } from '../../core/crypto/keys.ts';
import { invariant, StoreError } from '../../core/errors.ts';
import { firstFitting, SideTable } from '../../core/storage/side-table.ts';
import {
  type Change,
  type KeptBlock,
  type Note,
  type NoteName,
  type Opened,
  recentBlocks,
  type SideBlock,
  type Store,
  type StoredBlock,
} from '../../core/storage/store.ts';
import { BlockFiles, nothingTorn, type Torn } from './block-files.ts';
import { type Compress, loadCompressor } from './compressor.ts';
import type { Disk } from './disk.ts';
import { ItemsFile } from './items-file.ts';
import { JournalFile } from './journal-file.ts';
import { PendingFile } from './pending-file.ts';
import { finishReorganisation, reorganise } from './reorganisation.ts';

interface Parts {
  readonly compress: Compress;
  readonly blocks: BlockFiles;
  readonly items: ItemsFile;
  readonly pending: PendingFile;
  readonly journal: JournalFile;
  readonly side: SideTable<SideBlock>;
  readonly notes: Map<NoteName, Note>;
}

export class FileStore implements Store {
  readonly kind = 'disk';
  readonly #disk: Disk;
  readonly #verifier: Verifier;
  #parts: Parts | undefined;
  #torn: Torn = nothingTorn;
  /** The last call, settled or not; the next begins after it. */
  #last: Promise<unknown> = Promise.resolve();
  #broken: StoreError | undefined;
  #closing: Promise<void> | undefined;

  /** @param verifier for the newest blocks, and for all items where there is no `items.db`, as in the reference's folders */
  constructor(disk: Disk, verifier: Verifier) {
    this.#disk = disk;
    this.#verifier = verifier;
  }

  /** What a crash had torn and opening has put in order; zeros when all was whole. */
  get torn(): Torn {
    return this.#torn;
  }

  open(): Promise<Opened> {
    return this.#next(async () => {
      await this.#disk.acquire();
      try {
        this.#parts = await this.#openParts();
        return await this.#opened(this.#parts);
      } catch (error) {
        await this.#disk.release();
        throw error;
      }
    });
  }

  change(change: Change): Promise<void> {
    return this.#next(() => this.#apply(this.#whole(), change));
  }

  blocks(from: number, count: number, maxBytes: number): Promise<KeptBlock[]> {
    return this.#next(() => this.#read(this.#whole(), from, count, maxBytes));
  }

  heightOf(hash: Hash): Promise<number | undefined> {
    return this.#next(async () => this.#whole().blocks.heightOf(hash));
  }

  containsItems(ids: readonly ItemId[]): Promise<boolean[]> {
    return this.#next(async () => {
      const { items } = this.#whole();
      return ids.map((id) => items.contains(id));
    });
  }

  sideBlocks(from: number, count: number, maxBytes: number): Promise<SideBlock[]> {
    return this.#next(async () =>
      firstFitting(this.#whole().side.ordered(), ({ bytes }) => bytes.length, { from, count, maxBytes }),
    );
  }

  sideBlock(hash: Hash): Promise<SideBlock | undefined> {
    return this.#next(async () => this.#whole().side.find(hash));
  }

  close(): Promise<void> {
    this.#closing ??= this.#last.then(() => this.#end());
    return this.#closing;
  }

  #next<T>(run: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) return Promise.reject(new StoreError('closed', 'the store is closed'));
    const result = this.#last.then(run);
    this.#last = result.catch(() => undefined);
    return result;
  }

  #whole(): Parts {
    if (this.#broken !== undefined) throw this.#broken;
    invariant(this.#parts !== undefined, 'a store is opened before it is used');
    return this.#parts;
  }

  async #openParts(): Promise<Parts> {
    const compress = await loadCompressor();
    const { files: blocks, torn } = await BlockFiles.open(this.#disk, this.#verifier);
    this.#torn = (await finishReorganisation(this.#disk, blocks)) ? nothingTorn : torn;
    const items = await ItemsFile.open(this.#disk, blocks, this.#verifier);
    const pending = await PendingFile.open(this.#disk, (id) => items.contains(id));
    const journal = await JournalFile.open(this.#disk);
    return { compress, blocks, items, pending, journal, side: new SideTable(), notes: new Map() };
  }

  async #opened(parts: Parts): Promise<Opened> {
    const { blocks, pending, journal } = parts;
    const from = Math.max(0, blocks.count - recentBlocks);
    return {
      count: blocks.count,
      root: blocks.hashAt(0),
      recent: await this.#read(parts, from, recentBlocks, Number.MAX_SAFE_INTEGER),
      pending: pending.items(),
      journal: journal.entries(),
      lastSigned: journal.lastSigned,
      notes: [...parts.notes.values()],
    };
  }

  async #read({ blocks, items }: Parts, from: number, count: number, maxBytes: number): Promise<KeptBlock[]> {
    const found = await blocks.read(from, count, maxBytes);
    return found.map((bytes, i) => ({ bytes, unverified: items.unverifiedAt(from + i) }));
  }

  async #apply(parts: Parts, change: Change): Promise<void> {
    const base = change.cutTo ?? parts.blocks.count;
    invariant(base <= parts.blocks.count, 'a cut leaves no more blocks than there are');
    change.append.forEach(({ height }, i) => {
      invariant(height === base + i, 'appended blocks follow those that stay');
    });
    try {
      if (change.signed !== undefined) await parts.journal.append(change.signed, change.durable);
      await parts.pending.add(change.pendingAdded, change.durable || base < parts.blocks.count);
      await this.#moveChain(parts, base, change.append);
      for (const block of change.sideAdded) parts.side.set(block);
      for (const note of change.notes) parts.notes.set(note.name, note);
      for (const hash of change.sideRemoved) parts.side.delete(hash);
      await unlessFull(() => parts.pending.remove(change.pendingRemoved));
      await unlessFull(() => parts.pending.tidy());
      await unlessFull(() => parts.journal.tidy());
    } catch (error) {
      if (isFull(error)) throw error;
      this.#broken = failed(error);
      throw this.#broken;
    }
  }

  async #moveChain(parts: Parts, base: number, append: readonly StoredBlock[]): Promise<void> {
    const { blocks, items, compress } = parts;
    const frames = append.map(({ hash, bytes }) => ({ hash, frame: compress(bytes) }));
    if (base < blocks.count) {
      await reorganise(this.#disk, blocks, base, frames);
      await items.cutTo(base);
      await items.append(append).catch((error: unknown) => {
        throw failed(error);
      });
    } else if (frames.length > 0) {
      await items.append(append);
      try {
        await blocks.append(frames);
      } catch (error) {
        await items.cutTo(base);
        throw error;
      }
    }
  }

  async #end(): Promise<void> {
    this.#parts = undefined;
    await this.#disk.release();
  }
}

/** For what is made up for when opening: a removal that is not recorded, a file that is longer than it need be. */
async function unlessFull(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!isFull(error)) throw error;
  }
}

function isFull(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'full';
}

function failed(error: unknown): StoreError {
  if (error instanceof StoreError && error.code === 'failed') return error;
  return new StoreError('failed', error instanceof Error ? error.message : String(error), { cause: error });
}
