/**
 * A second decoder of the dialect `cbc`, written from spec/wire.md alone: nothing here comes from core/.
 *
 * One long walk with a DataView, no codecs; AES is Node's. It throws an Error for whatever is not exactly one
 * canonical frame or message, and gives messages in the form of the vectors. The caps are those of core/wire/messages.ts,
 * for both must refuse the same.
 */
import { createDecipheriv } from 'node:crypto';

export interface SecondFrame {
  readonly iv: Uint8Array;
  readonly ciphertext: Uint8Array;
}

export type SecondMessage = { readonly type: string } & Readonly<Record<string, unknown>>;

/** The payload of a greeting's frame, which must be exactly one frame. */
export function secondGreetingPayload(frame: Uint8Array): Uint8Array {
  const view = viewOf(frame);
  const length = view.getUint32(0, true);
  if (view.getBigUint64(4, true) !== 1n) throw new Error('the nonce of a greeting is 1');
  if (frame.length !== 12 + length) throw new Error('not exactly one frame');
  return frame.slice(12);
}

/** Nonce and payload of a sealed frame, which must be exactly one frame. */
export function secondOpen(key: Uint8Array, frame: Uint8Array): { nonce: bigint; payload: Uint8Array } {
  const length = viewOf(frame).getUint32(0, true);
  if (frame.length !== 20 + length) throw new Error('not exactly one frame');
  return secondDecrypt(key, { iv: frame.subarray(4, 20), ciphertext: frame.subarray(20) });
}

export function secondDecrypt(key: Uint8Array, frame: SecondFrame): { nonce: bigint; payload: Uint8Array } {
  const decipher = createDecipheriv('aes-256-cbc', key, frame.iv);
  const plain = new Uint8Array(Buffer.concat([decipher.update(frame.ciphertext), decipher.final()]));
  if (plain.length < 8) throw new Error('no nonce');
  return { nonce: viewOf(plain).getBigUint64(0, true), payload: plain.slice(8) };
}

/** One message that is all of the payload. */
export function secondMessage(payload: Uint8Array): SecondMessage {
  const walk = new Walk(payload);
  const message = messageAt(walk);
  if (walk.at !== payload.length) throw new Error('bytes are left over');
  return message;
}

function messageAt(walk: Walk): SecondMessage {
  const variant = walk.int(1);
  if (variant === 0) return { type: 'greeting', ...greetingAt(walk) };
  if (variant === 1) return { type: 'keepAlive', pubkey: walk.hex(33), count: walk.long(), sign: walk.hex(64) };
  if (variant === 2) return { type: 'shareData', data: dataAt(walk) };
  if (variant === 3) return { type: 'requestBlocks', start: hashOrNullAt(walk) };
  if (variant === 4) return { type: 'requestedBlock', block: blockAt(walk) };
  if (variant === 5) return { type: 'shareBlock', block: blockAt(walk) };
  if (variant === 6) {
    const count = walk.int(4);
    return { type: 'requestNeighbours', count, exclude: listAt(walk, 16_384, () => walk.hex(33)) };
  }
  if (variant === 7) {
    return { type: 'introduceNeighbours', neighbours: listAt(walk, 4_096, () => [walk.hex(33), textAt(walk, 2_560)]) };
  }
  throw new Error(`no variant ${variant}`);
}

function greetingAt(walk: Walk) {
  const pubkey = walk.hex(33);
  const listen = textAt(walk, 2_560);
  const root = hashOrNullAt(walk);
  const last = hashOrNullAt(walk);
  const count = walk.long();
  const thin = flagAt(walk) === 1;
  const version = {
    major: walk.int(2),
    minor: walk.int(2),
    patch: walk.int(2),
    target: textAt(walk, 1_024),
    branch: textAt(walk, 1_024),
    commit: textAt(walk, 1_024),
  };
  return { pubkey, listen, root, last, count, thin, version };
}

function blockAt(walk: Walk) {
  const parent = hashOrNullAt(walk);
  const hash = walk.hex(32);
  const data = listAt(walk, Number.POSITIVE_INFINITY, () => dataAt(walk));
  const nextChoices = listAt(walk, Number.POSITIVE_INFINITY, () => walk.hex(33));
  return { parent, hash, data, nextChoices, author: walk.hex(33), sign: walk.hex(64) };
}

function dataAt(walk: Walk) {
  const length = walk.int(4);
  return { data: walk.hex(length), author: walk.hex(33), sign: walk.hex(64) };
}

function hashOrNullAt(walk: Walk): string | null {
  return flagAt(walk) === 1 ? walk.hex(32) : null;
}

function flagAt(walk: Walk): number {
  const flag = walk.int(1);
  if (flag > 1) throw new Error('a flag is 0 or 1');
  return flag;
}

function listAt<T>(walk: Walk, most: number, item: () => T): T[] {
  const length = walk.int(4);
  if (length > most) throw new Error('too many');
  const items: T[] = [];
  while (items.length < length) items.push(item());
  return items;
}

function textAt(walk: Walk, most: number): string {
  const length = walk.int(4);
  if (length > most) throw new Error('too long');
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(walk.take(length));
}

class Walk {
  at = 0;
  constructor(readonly bytes: Uint8Array) {}

  take(length: number): Uint8Array {
    if (this.at + length > this.bytes.length) throw new Error('too short');
    this.at += length;
    return this.bytes.slice(this.at - length, this.at);
  }

  int(length: number): number {
    return this.take(length).reduceRight((value, byte) => value * 256 + byte, 0);
  }

  /** A u64 as the vectors write it: a number. Not exact past 2^53. */
  long(): number {
    return Number(viewOf(this.take(8)).getBigUint64(0, true));
  }

  hex(length: number): string {
    return Buffer.from(this.take(length)).toString('hex');
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
