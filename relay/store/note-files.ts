/**
 * The notes of a peer, a file for each, mode 600 and replaced as a whole: `addresses.db`, `votes.db`.
 *
 * One record with the bytes, so that damage is told from what was written. A damaged address book is none; damaged votes
 * are refused, for who has forgotten them may vote against itself.
 */
import { byteVector, decode, encode, struct } from '../../core/codec/codec.ts';
import { CodecError, StoreError } from '../../core/errors.ts';
import { mostNoteBytes, type Note, type NoteName, noteNames } from '../../core/storage/store.ts';
import type { Disk } from './disk.ts';
import { encodeRecords, readRecords, type Undo } from './record-log.ts';

/** They say whom the owner of the folder knows. */
const ownerOnly = 0o600;

const noteCodec = struct({ bytes: byteVector(mostNoteBytes) });

export class NoteFiles {
  readonly #disk: Disk;
  readonly #notes = new Map<NoteName, Note>();

  private constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** @throws StoreError `corrupt` */
  static async open(disk: Disk): Promise<NoteFiles> {
    const files = new NoteFiles(disk);
    for (const name of noteNames) {
      const note = await readNote(disk, name);
      if (note !== undefined) files.#notes.set(name, note);
    }
    return files;
  }

  all(): Note[] {
    return [...this.#notes.values()];
  }

  /** It is on the disk when this is done. */
  async write(note: Note): Promise<Undo> {
    const { name } = note;
    const before = this.#notes.get(name);
    await this.#replace(note);
    return async () => {
      if (before !== undefined) return await this.#replace(before);
      await this.#disk.remove(fileOf(name));
      this.#notes.delete(name);
    };
  }

  async #replace(note: Note): Promise<void> {
    const payload = encode(noteCodec, { bytes: note.bytes });
    await this.#disk.replace(fileOf(note.name), encodeRecords([payload]), ownerOnly);
    this.#notes.set(note.name, note);
  }
}

function fileOf(name: NoteName): string {
  return `${name}.db`;
}

async function readNote(disk: Disk, name: NoteName): Promise<Note | undefined> {
  const file = await disk.read(fileOf(name));
  if (file.length === 0) return undefined;
  const { payloads } = readRecords(file);
  try {
    if (payloads[0] !== undefined) return { name, bytes: decode(noteCodec, payloads[0]).bytes };
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
  }
  if (name === 'addresses') return undefined;
  throw new StoreError('corrupt', `${fileOf(name)} is damaged; move it away if this key votes nowhere`);
}
