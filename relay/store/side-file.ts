/**
 * The blocks beside the main chain, in a file that is only appended to: `side-branches.db`.
 *
 * One record for each block that came, with a zstd frame of it, and one for each that went; memory holds where each
 * lies. What a reorganisation takes from the main chain is synced here before it is cut there (files.ts), so that a
 * crash finds it in one of the two places. The file is written anew when most of it is about what is gone.
 */
import { acceptedBlockBytes } from '../../core/chain/block.ts';
import { byteVector, type Codec, decode, encode, struct, u32, union, vector } from '../../core/codec/codec.ts';
import { hashCodec } from '../../core/crypto/key-codecs.ts';
import { type Hash, type HashHex, hashHex } from '../../core/crypto/keys.ts';
import { CodecError, invariant } from '../../core/errors.ts';
import { inSideOrder } from '../../core/storage/side-order.ts';
import type { SideBlock } from '../../core/storage/store.ts';
import { decompressCapped } from '../../core/storage/zstd.ts';
import type { Compress } from './compressor.ts';
import { type Disk, unlessFull } from './disk.ts';
import { orUndo, RecordLog, recordBytes, type Undo } from './record-log.ts';

/** Where a block's record lies in the file. */
interface Place {
  readonly hash: Hash;
  readonly height: number;
  readonly position: number;
  readonly payloadBytes: number;
}

interface AddedBlock {
  readonly hash: Hash;
  readonly parent: Hash;
  readonly height: number;
  readonly unverified: readonly number[];
  /** A zstd frame of the Borsh Block. */
  readonly frame: Uint8Array;
}

type Step = ({ readonly kind: 'added' } & AddedBlock) | { readonly kind: 'removed'; readonly hash: Hash };

/** As many as a block can have at most: an item is 101 bytes at least. */
const mostItems = Math.floor(acceptedBlockBytes / 101);
const addedCodec: Codec<AddedBlock> = struct({
  hash: hashCodec,
  parent: hashCodec,
  height: u32,
  unverified: vector(u32, mostItems),
  frame: byteVector(2 * acceptedBlockBytes),
});
const stepCodec: Codec<Step> = union({
  added: { number: 0, codec: addedCodec },
  removed: { number: 1, codec: struct({ hash: hashCodec }) },
});

/** Below this a file is not worth writing anew. */
const smallBytes = 1024 * 1024;

export class SideFile {
  readonly #log: RecordLog;
  readonly #compress: Compress;
  #places = new Map<HashHex, Place>();
  /** Until the next change: a peer that opens reads all of them, a few at a time. */
  #ordered: readonly Place[] | undefined;
  /** Bytes of the records of blocks that are there. */
  #bytes = 0;

  private constructor(log: RecordLog, compress: Compress) {
    this.#log = log;
    this.#compress = compress;
  }

  /** @param isOnMain blocks that a crash found on both sides: they stay where they went */
  static async open(disk: Disk, compress: Compress, isOnMain: (hash: Hash) => boolean): Promise<SideFile> {
    const { log, payloads } = await RecordLog.open(disk, 'side-branches.db');
    const file = new SideFile(log, compress);
    let position = 0;
    for (const payload of payloads) {
      const step = parsed(payload);
      if (step?.kind === 'added') file.#set({ ...step, position, payloadBytes: payload.length });
      if (step?.kind === 'removed') file.#delete(step.hash);
      position += recordBytes(payload.length);
    }
    const moved = [...file.#places.values()].filter(({ hash }) => isOnMain(hash));
    await unlessFull(() => file.remove(moved.map(({ hash }) => hash)));
    return file;
  }

  /** All of them, or none. @param durable waits until they, and those before them, are on the disk */
  async add(blocks: readonly SideBlock[], durable: boolean): Promise<Undo> {
    const before = blocks.map(({ hash }) => [hash, this.#places.get(hashHex(hash))] as const);
    const undo = await this.#append(blocks, durable);
    return async () => {
      await undo();
      for (const [hash, place] of before) {
        this.#delete(hash);
        if (place !== undefined) this.#set(place);
      }
    };
  }

  /** They are gone even when that could not be written down; then they are there again after the next opening. */
  async remove(hashes: readonly Hash[]): Promise<void> {
    const held = hashes.filter((hash) => this.#delete(hash));
    if (held.length > 0) await this.#log.append(held.map((hash) => encode(stepCodec, { kind: 'removed', hash })));
  }

  /** As `Store.sideBlocks` says. @throws StoreError `corrupt` */
  async read(from: number, count: number, maxBytes: number): Promise<SideBlock[]> {
    const blocks: SideBlock[] = [];
    let length = 0;
    this.#ordered ??= inSideOrder(this.#places.values());
    for (const place of this.#ordered.slice(from, from + count)) {
      const block = await this.#readBlock(place);
      length += block.bytes.length;
      if (length > maxBytes && blocks.length > 0) break;
      blocks.push(block);
    }
    return blocks;
  }

  /** @throws StoreError `corrupt` */
  async find(hash: Hash): Promise<SideBlock | undefined> {
    const place = this.#places.get(hashHex(hash));
    return place === undefined ? undefined : await this.#readBlock(place);
  }

  /** Writes the file anew when that is worth it; all blocks that are there are in memory meanwhile, compressed. */
  async tidy(): Promise<void> {
    if (this.#log.length < smallBytes || this.#log.length < 2 * this.#bytes) return;
    const places = [...this.#places.values()];
    const payloads: Uint8Array[] = [];
    for (const { position, payloadBytes } of places) payloads.push(await this.#log.read(position, payloadBytes));
    await this.#log.rewrite(payloads);
    this.#places = new Map(movedTogether(places).map((place) => [hashHex(place.hash), place]));
    this.#ordered = undefined;
  }

  async #append(blocks: readonly SideBlock[], durable: boolean): Promise<Undo> {
    const payloads = blocks.map(({ hash, parent, height, unverified, bytes }) =>
      encode(stepCodec, { kind: 'added', hash, parent, height, unverified, frame: this.#compress(bytes) }),
    );
    let position = this.#log.length;
    const undo = await this.#log.append(payloads);
    if (durable) await orUndo(undo, () => this.#log.sync());
    for (const [place, { hash, height }] of blocks.entries()) {
      const payloadBytes = payloads[place]?.length ?? 0;
      this.#set({ hash, height, position, payloadBytes });
      position += recordBytes(payloadBytes);
    }
    return undo;
  }

  async #readBlock({ position, payloadBytes }: Place): Promise<SideBlock> {
    const step = parsed(await this.#log.read(position, payloadBytes));
    invariant(step?.kind === 'added', 'a place is where a block was added');
    const { hash, parent, height, unverified, frame } = step;
    return { hash, parent, height, unverified, bytes: decompressCapped(frame, acceptedBlockBytes) };
  }

  #set({ hash, height, position, payloadBytes }: Place): void {
    this.#delete(hash);
    this.#places.set(hashHex(hash), { hash, height, position, payloadBytes });
    this.#bytes += recordBytes(payloadBytes);
    this.#ordered = undefined;
  }

  /** @returns whether it was there */
  #delete(hash: Hash): boolean {
    const place = this.#places.get(hashHex(hash));
    if (place === undefined) return false;
    this.#places.delete(hashHex(hash));
    this.#bytes -= recordBytes(place.payloadBytes);
    this.#ordered = undefined;
    return true;
  }
}

/** The places in a file that holds these records one after the other. */
function movedTogether(places: readonly Place[]): Place[] {
  let end = 0;
  return places.map((place) => {
    const position = end;
    end += recordBytes(place.payloadBytes);
    return { ...place, position };
  });
}

/** A record of a later version is passed over. */
function parsed(payload: Uint8Array): Step | undefined {
  try {
    return decode(stepCodec, payload);
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}
