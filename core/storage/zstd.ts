/**
 * zstd frames as stores keep blocks in (spec/wire.md, On disk): read under a cap, written uncompressed.
 *
 * A frame is parsed here down to its blocks and only then given to fzstd, under a header that asks for no more window
 * than the frame can fill: the reference announces 8 MiB for 300 bytes. One frame, no dictionary, nothing after it;
 * the checksum is not looked at, for a block's hash says more. Real compression is the platform's (WASM in a tab and
 * in Node); `rawFrame` serves until it is loaded. Format: RFC 8878, 3.1.1.
 */
import { Decompress } from 'fzstd';
import { concatBytes } from '../codec/bytes.ts';
import { Reader, Writer } from '../codec/cursor.ts';
import { CodecError, StoreError } from '../errors.ts';

/**
 * The frame's content, of at most `maxBytes`; memory follows what comes out, never what the header announces.
 * @throws StoreError `corrupt`
 */
export function decompressCapped(frame: Uint8Array, maxBytes: number): Uint8Array {
  const { blocks, windowBytes, contentBytes } = parsed(frame, maxBytes);
  const parts: Uint8Array[] = [];
  let length = 0;
  const stream = new Decompress((part) => {
    length += part.length;
    if (length > maxBytes) throw corrupt(`more than ${maxBytes} bytes in a frame`);
    parts.push(part);
  });
  try {
    stream.push(concatBytes(frameHeader(singleSegment, windowBytes), blocks), true);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError('corrupt', 'a zstd frame cannot be decompressed', { cause: error });
  }
  if (contentBytes !== undefined && contentBytes !== length) {
    throw corrupt(`a frame says ${contentBytes} bytes and holds ${length}`);
  }
  return concatBytes(...parts);
}

/** A zstd frame of raw blocks, with its content size: 12 bytes more than the content for each 128 KiB at most. */
export function rawFrame(bytes: Uint8Array): Uint8Array {
  const parts = [frameHeader(smallestWindow, bytes.length)];
  for (let start = 0; start === 0 || start < bytes.length; start += blockBytes) {
    const block = bytes.subarray(start, start + blockBytes);
    const last = start + blockBytes >= bytes.length;
    parts.push(blockHeader({ kind: blockKinds.raw, size: block.length, last }), block);
  }
  return concatBytes(...parts);
}

/** How long a frame of so much content can be: compressors store as it is what they cannot make smaller. */
export function mostFrameBytes(contentBytes: number): number {
  return contentBytes + blockHeaderBytes * (Math.ceil(contentBytes / blockBytes) + 1) + mostHeadAndSumBytes;
}

/** How many of these bytes are the frame that they begin with; undefined when that is none, or not all of it is here. */
export function frameLength(bytes: Uint8Array): number | undefined {
  try {
    const reader = new Reader(bytes);
    const { checksumBytes } = readFrameHeader(reader);
    skipBlocks(reader);
    reader.raw(checksumBytes);
    return bytes.length - reader.left;
  } catch (error) {
    if (error instanceof CodecError || error instanceof StoreError) return undefined;
    throw error;
  }
}

const magic = 0xfd2fb528;
/** Block_Maximum_Size, whatever the window. */
const blockBytes = 128 * 1024;
const blockHeaderBytes = 3;
/** Magic, descriptor, window, content size, checksum. */
const mostHeadAndSumBytes = 4 + 1 + 1 + 8 + 4;
const blockKinds = { raw: 0, repeated: 1, compressed: 2 } as const;

/** The bits of Frame_Header_Descriptor that say "content size in 4 bytes", and the byte that follows it if any. */
const singleSegment = Uint8Array.of(0xa0);
const smallestWindow = Uint8Array.of(0x80, (17 - 10) << 3);

interface ParsedFrame {
  /** All blocks with their headers. */
  readonly blocks: Uint8Array;
  /**
   * As far as a match can reach back, and one byte more than there may be: fzstd drops what a block holds past its
   * window without a word, and that byte shows it.
   */
  readonly windowBytes: number;
  readonly contentBytes: number | undefined;
}

interface BlockHeader {
  readonly kind: number;
  readonly size: number;
  readonly last: boolean;
}

function parsed(frame: Uint8Array, maxBytes: number): ParsedFrame {
  try {
    const reader = new Reader(frame);
    const { announcedWindow, contentBytes, checksumBytes } = readFrameHeader(reader);
    if ((contentBytes ?? 0) > maxBytes) throw corrupt(`a frame of ${contentBytes} bytes, at most ${maxBytes} may be`);
    const start = frame.length - reader.left;
    const mostContent = skipBlocks(reader);
    const end = frame.length - reader.left;
    reader.raw(checksumBytes);
    if (reader.left > 0) throw corrupt(`${reader.left} bytes after a frame`);
    const windowBytes = Math.min(Math.max(announcedWindow, blockBytes), mostContent, (contentBytes ?? maxBytes) + 1);
    return { blocks: frame.subarray(start, end), windowBytes, contentBytes };
  } catch (error) {
    if (error instanceof CodecError) throw corrupt('a zstd frame ends early');
    throw error;
  }
}

function readFrameHeader(reader: Reader) {
  if (reader.u32() !== magic) throw corrupt('not a zstd frame');
  const descriptor = reader.u8();
  if ((descriptor & 0b1011) !== 0) throw corrupt('a zstd frame with a dictionary or a reserved bit');
  const single = (descriptor & 0x20) !== 0;
  const window = single ? undefined : reader.u8();
  const contentBytes = readContentBytes(reader, descriptor >> 6, single);
  return {
    announcedWindow: window === undefined ? (contentBytes as number) : windowOf(window),
    contentBytes,
    checksumBytes: (descriptor & 0x04) === 0 ? 0 : 4,
  };
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function readContentBytes(reader: Reader, form: number, single: boolean): number | undefined {
  if (form === 0) return single ? reader.u8() : undefined;
  if (form === 1) return reader.u16() + 256;
  return form === 2 ? reader.u32() : Number(reader.u64());
}

/** Up to and with the last block; answers how many bytes they can hold at most. */
function skipBlocks(reader: Reader): number {
  for (let most = 0; ; ) {
    const { kind, size, last } = readBlockHeader(reader);
    if (size > blockBytes) throw corrupt(`a zstd block of ${size} bytes`);
    reader.raw(kind === blockKinds.repeated ? 1 : size);
    most += kind === blockKinds.compressed ? blockBytes : size;
    if (last) return most;
  }
}

function readBlockHeader(reader: Reader): BlockHeader {
  const header = reader.u16() | (reader.u8() << 16);
  return { kind: (header >> 1) & 3, size: header >> 3, last: (header & 1) === 1 };
}

function blockHeader({ kind, size, last }: BlockHeader): Uint8Array {
  const header = (size << 3) | (kind << 1) | (last ? 1 : 0);
  const bytes = new Uint8Array(blockHeaderBytes);
  for (let i = 0; i < blockHeaderBytes; i++) bytes[i] = header >> (8 * i);
  return bytes;
}

function frameHeader(descriptor: Uint8Array, contentBytes: number): Uint8Array {
  const writer = new Writer();
  writer.u32(magic);
  writer.raw(descriptor);
  writer.u32(contentBytes);
  return writer.finish();
}

function corrupt(message: string): StoreError {
  return new StoreError('corrupt', message);
}
