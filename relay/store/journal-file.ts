/**
 * The signing journal in a file that is synced before the block it is about is written: `journal.db`.
 *
 * One record for each block this identity signed, whole; when the file grows large it is written anew, with the blocks'
 * bytes for the newest only. Which entries stay is for core/storage/journal.ts.
 */
import { acceptedBlockBytes } from '../../core/chain/block.ts';
import { byteVector, type Codec, decode, encode, option, struct } from '../../core/codec/codec.ts';
import { hashCodec } from '../../core/crypto/key-codecs.ts';
import { CodecError } from '../../core/errors.ts';
import { type JournalEntry, keptEntries } from '../../core/storage/journal.ts';
import { journalEntries, type SignedBlock } from '../../core/storage/store.ts';
import type { Disk } from './disk.ts';
import { orUndo, RecordLog, type Undo } from './record-log.ts';

/** `bytes` is empty for all but the newest after the file was written anew. */
const entryCodec: Codec<SignedBlock> = struct({
  parent: option(hashCodec),
  hash: hashCodec,
  bytes: byteVector(acceptedBlockBytes),
});

const largeBytes = 16 * 1024 * 1024;

export class JournalFile {
  readonly #log: RecordLog;
  /** Up to twice as many as are kept, so that they are not moved at every block. */
  #entries: JournalEntry[] = [];
  #last: SignedBlock | undefined;
  /** The file is written anew past this length. */
  #mostBytes = largeBytes;

  private constructor(log: RecordLog) {
    this.#log = log;
  }

  static async open(disk: Disk): Promise<JournalFile> {
    const { log, payloads } = await RecordLog.open(disk, 'journal.db');
    const file = new JournalFile(log);
    for (const payload of payloads) {
      const signed = parsed(payload);
      if (signed !== undefined) file.#take(signed);
    }
    return file;
  }

  /** Oldest first. */
  entries(): JournalEntry[] {
    return keptEntries(this.#entries);
  }

  /** Borsh of the newest. */
  get lastSigned(): Uint8Array | undefined {
    return this.#last?.bytes;
  }

  async append(signed: SignedBlock, durable: boolean): Promise<Undo> {
    const last = this.#last;
    const cut = await this.#log.append([encode(entryCodec, signed)]);
    if (durable) await orUndo(cut, () => this.#log.sync());
    this.#take(signed);
    return async () => {
      await cut();
      this.#entries.pop();
      this.#last = last;
    };
  }

  /** Writes the file anew when that is worth it. */
  async tidy(): Promise<void> {
    if (this.#log.length < this.#mostBytes || this.#last === undefined) return;
    const older = this.entries().slice(0, -1);
    const nothing = new Uint8Array(0);
    const kept = [...older.map((entry): SignedBlock => ({ ...entry, bytes: nothing })), this.#last];
    await this.#log.rewrite(kept.map((entry) => encode(entryCodec, entry)));
    this.#mostBytes = Math.max(largeBytes, 2 * this.#log.length);
  }

  #take(signed: SignedBlock): void {
    this.#entries.push({ parent: signed.parent, hash: signed.hash });
    this.#last = signed;
    if (this.#entries.length > 2 * journalEntries) this.#entries = keptEntries(this.#entries);
  }
}

/** A record of a later version is passed over. */
function parsed(payload: Uint8Array): SignedBlock | undefined {
  try {
    return decode(entryCodec, payload);
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}
