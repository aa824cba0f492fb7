/**
 * Which items stand in which block, and which of them are unverified: `items.db`, beside the reference's two files.
 *
 * One record for each block: its hash, how many items, their ids, and the places of the unverified ones. It only saves
 * reading the whole chain when opening: never synced, and rebuilt from the blocks where it is missing, torn or of
 * another chain.
 */
import { acceptedBlockBytes, decodeBlock } from '../../core/chain/block.ts';
import { dataCheck, itemIdOf } from '../../core/chain/data.ts';
import { equalBytes } from '../../core/codec/bytes.ts';
import { type Codec, decode, encode, fixedBytes, struct, u32, vector } from '../../core/codec/codec.ts';
import type { Verifier } from '../../core/crypto/curve.ts';
import { hashCodec } from '../../core/crypto/key-codecs.ts';
import type { Hash, ItemId } from '../../core/crypto/keys.ts';
import { CodecError, StoreError } from '../../core/errors.ts';
import type { BlockFiles } from './block-files.ts';
import type { Disk } from './disk.ts';
import { IdTable } from './id-table.ts';
import { RecordLog, recordBytes } from './record-log.ts';

/** What is kept of one block. */
export interface BlockItems {
  readonly hash: Hash;
  readonly items: readonly ItemId[];
  /** Places in `items`, ascending. */
  readonly unverified: readonly number[];
}

const hashBytes = 32;
const idBytes = 32;
const mostItems = Math.floor(acceptedBlockBytes / 100);
/** Blocks read at a time while rebuilding. */
const rebuiltBytes = 4 * 1024 * 1024;

const blockItemsCodec: Codec<BlockItems> = struct({
  hash: hashCodec,
  items: vector(fixedBytes<ItemId>(idBytes), mostItems),
  unverified: vector(u32, mostItems),
});

/** Where a block's part ends, in the table and in the file. */
interface End {
  readonly items: number;
  readonly bytes: number;
}

export class ItemsFile {
  readonly #log: RecordLog;
  readonly #table = new IdTable();
  readonly #ends: End[] = [];
  readonly #unverified = new Map<number, readonly number[]>();

  private constructor(log: RecordLog) {
    this.#log = log;
  }

  /** Takes what fits to the chain and makes the rest from its blocks. */
  static async open(disk: Disk, blocks: BlockFiles, verifier: Verifier): Promise<ItemsFile> {
    const { log, payloads } = await RecordLog.open(disk, 'items.db');
    const file = new ItemsFile(log);
    for (const payload of payloads) {
      const entry = parsed(payload);
      const hash = blocks.hashAt(file.#ends.length);
      if (entry === undefined || hash === undefined || !equalBytes(entry.hash, hash)) break;
      file.#take(entry, payload.length);
    }
    await file.cutTo(file.#ends.length);
    await file.#rebuild(blocks, verifier);
    return file;
  }

  contains(id: ItemId): boolean {
    return this.#table.find(id) !== undefined;
  }

  unverifiedAt(height: number): readonly number[] {
    return this.#unverified.get(height) ?? [];
  }

  /** All of them, or none. */
  async append(entries: readonly BlockItems[]): Promise<void> {
    const payloads = entries.map((entry) => encode(blockItemsCodec, entry));
    await this.#log.append(payloads);
    entries.forEach((entry, i) => {
      this.#take(entry, (payloads[i] as Uint8Array).length);
    });
  }

  /** Keeps what the first `count` blocks hold. */
  async cutTo(count: number): Promise<void> {
    const { items, bytes } = this.#ends[count - 1] ?? { items: 0, bytes: 0 };
    if (this.#log.length > bytes) await this.#log.truncate(bytes);
    for (let height = count; height < this.#ends.length; height++) this.#unverified.delete(height);
    this.#table.cutTo(items);
    this.#ends.length = count;
  }

  #take({ items, unverified }: BlockItems, payloadBytes: number): void {
    const height = this.#ends.length;
    const before = this.#ends[height - 1] ?? { items: 0, bytes: 0 };
    for (const id of items) this.#table.push(id);
    if (unverified.length > 0) this.#unverified.set(height, unverified);
    this.#ends.push({ items: before.items + items.length, bytes: before.bytes + recordBytes(payloadBytes) });
  }

  async #rebuild(blocks: BlockFiles, verifier: Verifier): Promise<void> {
    while (this.#ends.length < blocks.count) {
      const found = await blocks.read(this.#ends.length, blocks.count, rebuiltBytes);
      const entries: BlockItems[] = [];
      for (const bytes of found) entries.push(await itemsOf(bytes, verifier));
      await this.append(entries);
    }
  }
}

/** @throws StoreError `corrupt` */
async function itemsOf(bytes: Uint8Array, verifier: Verifier): Promise<BlockItems> {
  try {
    const { hash, data } = decodeBlock(bytes);
    const verified = await verifier.verify(data.map(dataCheck));
    const places = data.map((_, place) => place);
    return { hash, items: data.map(itemIdOf), unverified: places.filter((place) => verified[place] !== true) };
  } catch (error) {
    if (error instanceof CodecError) throw new StoreError('corrupt', 'a block in the middle of the chain is none');
    throw error;
  }
}

/** Undefined when it is not what this file holds. */
function parsed(payload: Uint8Array): BlockItems | undefined {
  if (payload.length < hashBytes) return undefined;
  try {
    return decode(blockItemsCodec, payload);
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}
