/**
 * A chain as one file, to be carried from peer to peer: written and read as it streams (docs/protocol.md, Export).
 *
 * A header that names the network, zstd frames of blocks, oldest first, and an end that tells a whole file from one that
 * was cut or damaged on the way. It holds the main chain and never a key. Reading judges no block: chain/verification.ts
 * does. Memory holds one section, whatever a file announces. The digest is a plain SHA-256, which any machine has a
 * command for; nobody ever signs it.
 */
import { acceptedBlockBytes } from '../chain/block.ts';
import { concatBytes, equalBytes, utf8Bytes, utf8Text } from '../codec/bytes.ts';
import { byteVector, type Codec, decode, encode, fixedBytes, struct, text, u8, u64, vector } from '../codec/codec.ts';
import { isNetworkName } from '../config.ts';
import { RunningSha256 } from '../crypto/hash.ts';
import { type Hash, hashBytes } from '../crypto/keys.ts';
import { CodecError, StoreError, TransferError } from '../errors.ts';
import { decompressCapped, mostFrameBytes } from './zstd.ts';

export const exportVersion = 1;
/** Blocks go into a section until they are more than this; the first one always does. */
export const sectionBytes = 256 * 1024;

/** Makes one zstd frame. */
export type Compress = (bytes: Uint8Array) => Uint8Array;

export interface ExportSummary {
  readonly network: string;
  readonly blocks: number;
  /** Of the file. */
  readonly bytes: number;
}

/** The file's bytes, piece by piece. @param blocks Borsh of each, oldest first */
export async function* writeExport(
  network: string,
  blocks: AsyncIterable<Uint8Array>,
  compress: Compress,
): AsyncGenerator<Uint8Array, void> {
  const digest = new RunningSha256();
  const hashed = (bytes: Uint8Array): Uint8Array => {
    digest.update(bytes);
    return bytes;
  };
  yield hashed(concatBytes(magic, encode(headerCodec, { version: exportVersion, network })));
  let [section, bytes, count] = [[] as Uint8Array[], 0, 0n];
  for await (const block of blocks) {
    if (section.length > 0 && bytes + block.length > sectionBytes) {
      yield hashed(encodeSection(section, compress));
      [section, bytes] = [[], 0];
    }
    section.push(block);
    bytes += block.length;
    count++;
  }
  if (section.length > 0) yield hashed(encodeSection(section, compress));
  yield hashed(concatBytes(Uint8Array.of(kinds.end), encode(u64, count)));
  yield digest.digest();
}

/**
 * Reads a file to its end without looking into its frames: whether it is one, whole, and what it says of itself.
 * @throws TransferError `no-export`, `other-version`, `cut`, `damaged`
 */
export async function inspectExport(source: AsyncIterable<Uint8Array>): Promise<ExportSummary> {
  let network = '';
  for await (const part of partsOf(source)) {
    if (part.kind === 'header') network = part.network;
    if (part.kind === 'end') return { network, blocks: part.count, bytes: part.bytes };
  }
  throw new TransferError('cut', cutMessage);
}

/**
 * Borsh of the blocks, oldest first, a section at a time: what comes before a fault is given before it is thrown.
 * @throws TransferError `no-export`, `other-version`, `cut`, `damaged`
 */
export async function* readExport(source: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Uint8Array[], void> {
  let count = 0;
  for await (const part of partsOf(source)) {
    if (part.kind === 'blocks') {
      const blocks = decodeSection(part.frame);
      count += blocks.length;
      yield blocks;
    } else if (part.kind === 'end' && part.count !== count) {
      throw damaged(`it says ${part.count} blocks and holds ${count}`);
    }
  }
}

/** "mccloud" and a byte that no text has. */
const magic = Uint8Array.of(...utf8Bytes('mccloud'), 0x1a);
const networkBytes = 64;
const headerCodec = struct({ version: u8, network: text(networkBytes) });
const kinds = { blocks: 0, end: 1 } as const;

/** One block of the largest size, with the number of blocks and its length before it. */
export const mostContentBytes = 4 + 4 + acceptedBlockBytes;
/** Borsh of a block without parent, items and candidates: bounds how many fit. */
const leastBlockBytes = 138;
const sectionCodec: Codec<Uint8Array[]> = vector(
  byteVector(acceptedBlockBytes),
  Math.floor(mostContentBytes / (4 + leastBlockBytes)),
);
const endCodec = struct({ count: u64, digest: fixedBytes<Hash>(hashBytes) });

type Part =
  | { readonly kind: 'header'; readonly network: string }
  | { readonly kind: 'blocks'; readonly frame: Uint8Array }
  /** `bytes` of the whole file. */
  | { readonly kind: 'end'; readonly count: number; readonly bytes: number };

function encodeSection(blocks: readonly Uint8Array[], compress: Compress): Uint8Array {
  const frame = compress(encode(sectionCodec, [...blocks]));
  return concatBytes(Uint8Array.of(kinds.blocks), encode(byteVector(mostFrameBytes(mostContentBytes)), frame));
}

function decodeSection(frame: Uint8Array): readonly Uint8Array[] {
  try {
    const blocks = decode(sectionCodec, decompressCapped(frame, mostContentBytes));
    if (blocks.length === 0) throw damaged('a section of it is empty');
    return blocks;
  } catch (error) {
    if (error instanceof CodecError || error instanceof StoreError) throw damaged(error.message, error);
    throw error;
  }
}

/** The file's parts in order; the digest was held against what came before it when `end` is given. */
async function* partsOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Part, void> {
  const incoming = new Incoming(source);
  try {
    yield { kind: 'header', network: await readHeader(incoming) };
    for (;;) {
      const [kind] = await incoming.take(1);
      if (kind === kinds.end) {
        yield await readEnd(incoming);
        return;
      }
      if (kind !== kinds.blocks) throw damaged(`it has a part of an unknown kind, ${kind}`);
      const length = lengthOf(await incoming.take(4));
      if (length > mostFrameBytes(mostContentBytes)) throw damaged(`it announces a frame of ${length} bytes`);
      yield { kind: 'blocks', frame: await incoming.take(length) };
    }
  } finally {
    await incoming.close();
  }
}

async function readHeader(incoming: Incoming): Promise<string> {
  const beginning = await incoming.upTo(magic.length);
  if (!equalBytes(beginning, magic)) throw new TransferError('no-export', 'This is no file of an exported chain.');
  const [version] = await incoming.take(1);
  if (version !== exportVersion) {
    const versions = `Its format has version ${version}; version ${exportVersion} is read here`;
    throw new TransferError('other-version', `The file was made by another version of the program. ${versions}.`);
  }
  const length = lengthOf(await incoming.take(4));
  const name = length > networkBytes ? undefined : textOf(await incoming.take(length));
  if (name === undefined || !isNetworkName(name)) throw damaged('what it names is no network');
  return name;
}

async function readEnd(incoming: Incoming): Promise<Part> {
  const countBytes = await incoming.take(8);
  const made = incoming.digest();
  const { count, digest } = decode(endCodec, concatBytes(countBytes, await incoming.take(hashBytes)));
  if (!equalBytes(made, digest)) throw damaged('its bytes are not those that were written');
  if ((await incoming.upTo(1)).length > 0) throw damaged('something follows its end');
  return { kind: 'end', count: Number(count), bytes: incoming.taken };
}

/** What has come of a file and was not taken yet. Memory follows what comes, never what is asked for. */
class Incoming {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #digest = new RunningSha256();
  #isDigested = false;
  #held: Uint8Array = new Uint8Array(0);
  taken = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** @throws TransferError `cut` when fewer are left */
  async take(length: number): Promise<Uint8Array> {
    const bytes = await this.upTo(length);
    if (bytes.length < length) throw new TransferError('cut', cutMessage);
    return bytes;
  }

  /** As many as are left, at most so many. */
  async upTo(length: number): Promise<Uint8Array> {
    const chunks = [this.#held];
    let held = this.#held.length;
    while (held < length) {
      const { done, value } = await this.#chunks.next();
      if (done === true) break;
      chunks.push(value);
      held += value.length;
    }
    const whole = chunks.length === 1 ? this.#held : joined(chunks, held);
    const bytes = whole.subarray(0, length);
    this.#held = whole.subarray(bytes.length);
    this.taken += bytes.length;
    if (!this.#isDigested) this.#digest.update(bytes);
    return bytes;
  }

  /** Of all that was taken so far; what is taken afterwards does not count. */
  digest(): Hash {
    this.#isDigested = true;
    return this.#digest.digest();
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

/** As `concatBytes`, for more chunks than a call may have arguments. */
function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

function lengthOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8Text(bytes);
  } catch {
    return undefined;
  }
}

const cutMessage = 'The file is cut: its end is missing.';

function damaged(why: string, cause?: unknown): TransferError {
  return new TransferError('damaged', `The file is damaged: ${why}.`, { cause });
}
