/**
 * Files of exported chains laid out by hand (docs/protocol.md, Export): what the reader and the writer are held against,
 * and how files come to be that no writer would write. Shares no code with core/storage/export.ts.
 */
import { createHash } from 'node:crypto';

/** zstd frame of raw blocks under a header without content size, as RFC 8878 has it. */
export function storedFrame(content: Uint8Array): Buffer {
  const most = 128 * 1024;
  const parts = [Buffer.from('28b52ffd0068', 'hex')];
  for (let start = 0; start === 0 || start < content.length; start += most) {
    const piece = content.subarray(start, start + most);
    const header = (piece.length << 3) | (start + most >= content.length ? 1 : 0);
    parts.push(Buffer.of(header & 0xff, (header >> 8) & 0xff, header >> 16), Buffer.from(piece));
  }
  return Buffer.concat(parts);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function exportHeader(network = 'main', version = 1): Buffer {
  const name = Buffer.from(network);
  return Buffer.concat([Buffer.from('mccloud\x1a'), Buffer.of(version), u32(name.length), name]);
}

export function exportSection(blocks: readonly Uint8Array[], frameOf = storedFrame): Buffer {
  const counted = blocks.flatMap((block) => [u32(block.length), block]);
  return frameSection(frameOf(Buffer.concat([u32(blocks.length), ...counted])));
}

export function frameSection(frame: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(0), u32(frame.length), frame]);
}

/** Header and sections, closed by an end that is right for them. */
export function exportFile(count: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const number = Buffer.alloc(8);
  number.writeBigUInt64LE(BigInt(count));
  const bytes = Buffer.concat([...parts, Buffer.of(1), number]);
  return Uint8Array.from(Buffer.concat([bytes, createHash('sha256').update(bytes).digest()]));
}

/** A file that holds these blocks, in one section. */
export function exportOf(blocks: readonly Uint8Array[], network = 'main'): Uint8Array {
  return exportFile(blocks.length, exportHeader(network), ...(blocks.length > 0 ? [exportSection(blocks)] : []));
}

/** Bytes as they stream. */
export async function* streamed(...pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void> {
  yield* pieces;
}
