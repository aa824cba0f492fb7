/**
 * Our own items that wait for a block, in a file that is only appended to: `pending.db`.
 *
 * One record for each item that came and each that went; written anew when most of it is about what is gone.
 */
import { acceptedDataBytes } from '../../core/chain/data.ts';
import { byteVector, type Codec, decode, encode, fixedBytes, struct, union } from '../../core/codec/codec.ts';
import { type ItemId, type ItemIdHex, itemIdHex } from '../../core/crypto/keys.ts';
import { CodecError } from '../../core/errors.ts';
import type { PendingItem } from '../../core/storage/store.ts';
import type { Disk } from './disk.ts';
import { orUndo, RecordLog, type Undo } from './record-log.ts';

type Step =
  | { readonly kind: 'added'; readonly id: ItemId; readonly bytes: Uint8Array }
  | { readonly kind: 'removed'; readonly id: ItemId };

const idCodec = fixedBytes<ItemId>(32);
/** Borsh of a Data: its bytes, their length, a key and a signature. */
const itemBytes = acceptedDataBytes + 4 + 33 + 64;

const stepCodec: Codec<Step> = union({
  added: { number: 0, codec: struct({ id: idCodec, bytes: byteVector(itemBytes) }) },
  removed: { number: 1, codec: struct({ id: idCodec }) },
});

/** Below this a file is not worth writing anew. */
const smallBytes = 256 * 1024;

export class PendingFile {
  readonly #log: RecordLog;
  readonly #items = new Map<ItemIdHex, PendingItem>();
  /** Bytes of the items that are there. */
  #bytes = 0;

  private constructor(log: RecordLog) {
    this.#log = log;
  }

  /** @param isStale items that stand in a block by now: a crash came between the block and their removal */
  static async open(disk: Disk, isStale: (id: ItemId) => boolean): Promise<PendingFile> {
    const { log, payloads } = await RecordLog.open(disk, 'pending.db');
    const file = new PendingFile(log);
    for (const payload of payloads) {
      const step = parsed(payload);
      if (step !== undefined) file.#apply(step);
    }
    const stale = file.items().filter(({ id }) => isStale(id));
    if (stale.length > 0) await file.remove(stale.map(({ id }) => id));
    return file;
  }

  /** Oldest first. */
  items(): PendingItem[] {
    return [...this.#items.values()];
  }

  /** All of them, or none. */
  async add(items: readonly PendingItem[], durable: boolean): Promise<Undo> {
    const before = items.map(({ id }) => [id, this.#items.get(itemIdHex(id))] as const);
    const cut = await this.#record(items.map(({ id, bytes }) => ({ kind: 'added', id, bytes })));
    const undo = async (): Promise<void> => {
      await cut();
      for (const [id, item] of before) this.#apply(item ? { kind: 'added', ...item } : { kind: 'removed', id });
    };
    if (durable && items.length > 0) await orUndo(undo, () => this.#log.sync());
    return undo;
  }

  async remove(ids: readonly ItemId[]): Promise<void> {
    await this.#record(ids.map((id) => ({ kind: 'removed', id })));
  }

  /** Writes the file anew when that is worth it. */
  async tidy(): Promise<void> {
    if (this.#log.length < smallBytes || this.#log.length < 4 * this.#bytes) return;
    const steps = this.items().map(({ id, bytes }): Step => ({ kind: 'added', id, bytes }));
    await this.#log.rewrite(steps.map((step) => encode(stepCodec, step)));
  }

  async #record(steps: readonly Step[]): Promise<Undo> {
    const cut = await this.#log.append(steps.map((step) => encode(stepCodec, step)));
    for (const step of steps) this.#apply(step);
    return cut;
  }

  #apply(step: Step): void {
    const key = itemIdHex(step.id);
    this.#bytes -= this.#items.get(key)?.bytes.length ?? 0;
    if (step.kind === 'removed') {
      this.#items.delete(key);
      return;
    }
    this.#items.set(key, { id: step.id, bytes: step.bytes });
    this.#bytes += step.bytes.length;
  }
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
