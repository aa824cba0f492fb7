/**
 * A second decoder of both dialects, written from spec/wire.md alone: nothing here comes from core/.
 *
 * One long walk with a DataView, no codecs; AES-CBC is Node's. It throws an Error for whatever is not exactly one
 * canonical frame or message, and gives messages in the form of the vectors, bytes as hex. The caps are those of
 * core/wire/messages.ts, for both must refuse the same. Any test may hold any frame against it; the models of the
 * reference (reference/) read with it, too.
 */
import { createDecipheriv } from 'node:crypto';
import { gcmsiv } from '@noble/ciphers/aes.js';

export type SecondDialect = 'cbc' | 'gcm-siv';

export interface SecondFrame {
  readonly iv: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** In the form of the vectors. */
export type SecondMessage = { readonly type: string } & Readonly<Record<string, unknown>>;

export interface SecondData {
  readonly data: string;
  readonly author: string;
  readonly sign: string;
}

export interface SecondBlock {
  readonly parent: string | null;
  readonly hash: string;
  readonly data: readonly SecondData[];
  readonly nextChoices: readonly string[];
  readonly author: string;
  readonly sign: string;
}

export interface SecondVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

export type SecondGreeting = {
  readonly pubkey: string;
  readonly listen: string;
  readonly root: string | null;
  readonly last: string | null;
  readonly count: bigint;
  readonly thin: boolean;
} & (
  | { readonly version: SecondVersion & { readonly target: string; readonly branch: string; readonly commit: string } }
  | { readonly version: SecondVersion; readonly known: readonly string[] }
);

/** The same as a `SecondMessage`, with counts that are exact. */
export type ExactMessage =
  | ({ readonly type: 'greeting' } & SecondGreeting)
  | { readonly type: 'keepAlive'; readonly pubkey: string; readonly count: bigint; readonly sign: string }
  | { readonly type: 'shareData'; readonly data: SecondData }
  | { readonly type: 'requestBlocks'; readonly start: string | null }
  | { readonly type: 'requestedBlock' | 'shareBlock'; readonly block: SecondBlock }
  | { readonly type: 'requestNeighbours'; readonly count: number; readonly exclude: readonly string[] }
  | { readonly type: 'introduceNeighbours'; readonly neighbours: readonly (readonly [string, string])[] }
  | { readonly type: 'announce' | 'leave'; readonly pubkey: string };

/** Which message each variant is. */
export const secondVariants: Readonly<Record<SecondDialect, readonly ExactMessage['type'][]>> = {
  cbc: [
    'greeting',
    'keepAlive',
    'shareData',
    'requestBlocks',
    'requestedBlock',
    'shareBlock',
    'requestNeighbours',
    'introduceNeighbours',
  ],
  'gcm-siv': [
    'greeting',
    'shareData',
    'requestBlocks',
    'requestedBlock',
    'shareBlock',
    'requestNeighbours',
    'introduceNeighbours',
    'announce',
    'leave',
  ],
};

/** What comes before the payload of a greeting, and before the ciphertext of another frame. */
export const secondHeaderBytes = { cbc: { greeting: 12, sealed: 20 }, 'gcm-siv': { greeting: 4, sealed: 24 } } as const;

/** The dialect of a greeting's frame, by its fifth byte. */
export function secondDialect(frame: Uint8Array): SecondDialect {
  if (frame[4] === 1) return 'cbc';
  if (frame[4] === 0) return 'gcm-siv';
  throw new Error('no greeting begins so');
}

/** The payload of a greeting's frame, which must be exactly one frame. */
export function secondGreetingPayload(frame: Uint8Array, dialect: SecondDialect = 'cbc'): Uint8Array {
  const view = viewOf(frame);
  const header = secondHeaderBytes[dialect].greeting;
  if (dialect === 'cbc' && view.getBigUint64(4, true) !== 1n) throw new Error('the nonce of a greeting is 1');
  if (frame.length !== header + view.getUint32(0, true)) throw new Error('not exactly one frame');
  return frame.slice(header);
}

/** Nonce and payload of a sealed frame, which must be exactly one frame. */
export function secondOpen(
  key: Uint8Array,
  frame: Uint8Array,
  dialect: SecondDialect = 'cbc',
): { nonce: bigint; payload: Uint8Array } {
  const view = viewOf(frame);
  const header = secondHeaderBytes[dialect].sealed;
  if (frame.length !== header + view.getUint32(0, true)) throw new Error('not exactly one frame');
  const ciphertext = frame.subarray(header);
  if (dialect === 'cbc') return secondDecrypt(key, { iv: frame.subarray(4, 20), ciphertext });
  // Nothing is authenticated beside the ciphertext: the plain nonce may be changed by anybody.
  return { nonce: view.getBigUint64(16, true), payload: gcmsiv(key, frame.slice(4, 16)).decrypt(ciphertext.slice()) };
}

/** Of the dialect `cbc`. */
export function secondDecrypt(key: Uint8Array, frame: SecondFrame): { nonce: bigint; payload: Uint8Array } {
  const decipher = createDecipheriv('aes-256-cbc', key, frame.iv);
  const plain = new Uint8Array(Buffer.concat([decipher.update(frame.ciphertext), decipher.final()]));
  if (plain.length < 8) throw new Error('no nonce');
  return { nonce: viewOf(plain).getBigUint64(0, true), payload: plain.slice(8) };
}

/** All that one side of a connection has sent, which must be whole frames; upgraded ones have the header of `cbc`. */
export function secondFrames(stream: Uint8Array): Uint8Array[] {
  const { greeting, sealed } = secondHeaderBytes[secondDialect(stream)];
  const frames: Uint8Array[] = [];
  for (let at = 0; at < stream.length; ) {
    const header = at === 0 ? greeting : sealed;
    if (at + header > stream.length) throw new Error('a header is cut');
    const end = at + header + viewOf(stream).getUint32(at, true);
    if (end > stream.length) throw new Error('a frame is cut');
    frames.push(stream.slice(at, end));
    at = end;
  }
  return frames;
}

/** One message that is all of the payload, its counts as the vectors write them: not exact past 2^53. */
export function secondMessage(payload: Uint8Array, dialect: SecondDialect = 'cbc'): SecondMessage {
  const message = exactMessage(payload, dialect);
  return 'count' in message ? { ...message, count: Number(message.count) } : message;
}

/** One message that is all of the payload. */
export function exactMessage(payload: Uint8Array, dialect: SecondDialect): ExactMessage {
  const walk = new Walk(payload);
  const variant = walk.int(1);
  const type = secondVariants[dialect][variant];
  if (type === undefined) throw new Error(`no variant ${variant}`);
  const message = messageAt(walk, type, dialect);
  if (walk.at !== payload.length) throw new Error('bytes are left over');
  return message;
}

function messageAt(walk: Walk, type: ExactMessage['type'], dialect: SecondDialect): ExactMessage {
  switch (type) {
    case 'greeting':
      return { type, ...greetingAt(walk, dialect) };
    case 'keepAlive':
      return { type, pubkey: walk.hex(33), count: walk.long(), sign: walk.hex(64) };
    case 'shareData':
      return { type, data: dataAt(walk) };
    case 'requestBlocks':
      return { type, start: hashOrNullAt(walk) };
    case 'requestedBlock':
    case 'shareBlock':
      return { type, block: blockAt(walk) };
    case 'requestNeighbours':
      return { type, count: walk.int(4), exclude: listAt(walk, 16_384, () => walk.hex(33)) };
    case 'introduceNeighbours':
      return { type, neighbours: listAt(walk, 4_096, () => [walk.hex(33), textAt(walk, 2_560)] as const) };
    case 'announce':
    case 'leave':
      return { type, pubkey: walk.hex(33) };
  }
}

function greetingAt(walk: Walk, dialect: SecondDialect): SecondGreeting {
  const pubkey = walk.hex(33);
  const listen = textAt(walk, 2_560);
  const root = hashOrNullAt(walk);
  const last = hashOrNullAt(walk);
  const count = walk.long();
  const thin = flagAt(walk) === 1;
  const numbers = { major: walk.int(2), minor: walk.int(2), patch: walk.int(2) };
  const common = { pubkey, listen, root, last, count, thin };
  if (dialect === 'gcm-siv') {
    return { ...common, version: numbers, known: listAt(walk, 31_775, () => walk.hex(33)) };
  }
  const [target, branch, commit] = [textAt(walk, 1_024), textAt(walk, 1_024), textAt(walk, 1_024)];
  return { ...common, version: { ...numbers, target, branch, commit } };
}

function blockAt(walk: Walk): SecondBlock {
  const parent = hashOrNullAt(walk);
  const hash = walk.hex(32);
  const data = listAt(walk, Number.POSITIVE_INFINITY, () => dataAt(walk));
  const nextChoices = listAt(walk, Number.POSITIVE_INFINITY, () => walk.hex(33));
  return { parent, hash, data, nextChoices, author: walk.hex(33), sign: walk.hex(64) };
}

function dataAt(walk: Walk): SecondData {
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

  long(): bigint {
    return viewOf(this.take(8)).getBigUint64(0, true);
  }

  hex(length: number): string {
    return Buffer.from(this.take(length)).toString('hex');
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
