/**
 * A chain in a folder, as the reference keeps it (spec/wire.md, On disk), with what a restart needs beside it.
 *
 * `index.db` and `blocks.db` are the reference's; a folder of its is opened as it is and appended to. Ours are
 * `items.db` (can be made anew), `pending.db`, `journal.db`, `side-branches.db`, `addresses.db`, `votes.db`,
 * `reorganisation.db` and `lock`. Calls are served one after the other, in the order they come. Within a change: the
 * journal, pending items and side blocks that come, notes, the chain, side blocks and pending items that go; so a crash
 * between two of them loses no item, no block that leaves the chain, and forgets no signature. When a change is done its
 * blocks are on the disk, whether or not it asked for it; what else it brought is there when it did. A crash meanwhile
 * may leave the first blocks of an append; of a cut and an append it leaves both or neither.
 *
 * When the disk is full a change is refused and the store goes on; after any other failure it refuses everything until
 * it is opened again, for nobody knows what is on the disk.
 */
import type { Verifier } from '../../core/crypto/curve.ts';
import type { Hash, ItemId } from '../../core/crypto/keys.ts';
import { invariant, StoreError } from '../../core/errors.ts';
import {
  type Change,
  type KeptBlock,
  type Opened,
  recentBlocks,
  type SideBlock,
  type Store,
  type StoredBlock,
} from '../../core/storage/store.ts';
import { BlockFiles, nothingTorn, type Torn } from './block-files.ts';
import { type Compress, loadCompressor } from './compressor.ts';
import { type Disk, isFull, unlessFull } from './disk.ts';
import { ItemsFile } from './items-file.ts';
import { JournalFile } from './journal-file.ts';
import { NoteFiles } from './note-files.ts';
import { PendingFile } from './pending-file.ts';
import type { Undo } from './record-log.ts';
import { finishReorganisation, reorganise } from './reorganisation.ts';
import { SideFile } from './side-file.ts';

interface Parts {
  readonly compress: Compress;
  readonly blocks: BlockFiles;
  readonly items: ItemsFile;
  readonly pending: PendingFile;
  readonly journal: JournalFile;
  readonly side: SideFile;
  readonly notes: NoteFiles;
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
    return this.#next(() => this.#whole().side.read(from, count, maxBytes));
  }

  sideBlock(hash: Hash): Promise<SideBlock | undefined> {
    return this.#next(() => this.#whole().side.find(hash));
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
    const side = await SideFile.open(this.#disk, compress, (hash) => blocks.heightOf(hash) !== undefined);
    const [journal, notes] = [await JournalFile.open(this.#disk), await NoteFiles.open(this.#disk)];
    return { compress, blocks, items, pending, journal, side, notes };
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
      notes: parts.notes.all(),
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
    const undos: Undo[] = [];
    try {
      await this.#write(parts, base, change, undos);
    } catch (error) {
      if (isFull(error) && (await isTakenBack(undos))) throw error;
      this.#broken = failed(error);
      throw this.#broken;
    }
  }

  /** @param undos gets what takes back each step, as long as the chain was not moved */
  async #write(parts: Parts, base: number, change: Change, undos: Undo[]): Promise<void> {
    const { journal, pending, side, notes, blocks } = parts;
    const durable = change.durable || base < blocks.count;
    if (change.signed !== undefined) undos.push(await journal.append(change.signed, change.durable));
    undos.push(await pending.add(change.pendingAdded, durable));
    undos.push(await side.add(change.sideAdded, durable));
    for (const note of change.notes) undos.push(await notes.write(note));
    await this.#moveChain(parts, base, change.append);
    await unlessFull(() => side.remove(change.sideRemoved));
    await unlessFull(() => pending.remove(change.pendingRemoved));
    for (const file of [pending, journal, side]) await unlessFull(() => file.tidy());
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

/** The newest first. @returns false when one of them failed, so that nobody knows what is on the disk */
async function isTakenBack(undos: readonly Undo[]): Promise<boolean> {
  try {
    for (const undo of undos.toReversed()) await undo();
    return true;
  } catch (error) {
    if (error instanceof StoreError) return false;
    throw error;
  }
}

function failed(error: unknown): StoreError {
  if (error instanceof StoreError && error.code === 'failed') return error;
  return new StoreError('failed', error instanceof Error ? error.message : String(error), { cause: error });
}
