/**
 * Messages and frames of both dialects as bytes, for the models of the reference: the other half of second-decoder.ts.
 *
 * Written from spec/wire.md alone, and without a check: a model may have to send what no honest peer sends. Bytes are
 * hex, as there. Layouts: spec/wire.md, Frames, Greeting, Messages.
 */
import { createCipheriv } from 'node:crypto';
import { gcmsiv } from '@noble/ciphers/aes.js';
import {
  type ExactMessage,
  type SecondBlock,
  type SecondData,
  type SecondDialect,
  type SecondGreeting,
  secondVariants,
} from '../second-decoder.ts';

/** Of a sealed frame, random for each. */
export const ivBytes: Readonly<Record<SecondDialect, number>> = { cbc: 16, 'gcm-siv': 12 };

/** @throws Error when the dialect has no such message */
export function encodeMessage(message: ExactMessage, dialect: SecondDialect): Uint8Array {
  const variant = secondVariants[dialect].indexOf(message.type);
  if (variant < 0) throw new Error(`${dialect} has no ${message.type}`);
  return joined([Uint8Array.of(variant), ...fieldsOf(message)]);
}

export function encodeGreetingFrame(payload: Uint8Array, dialect: SecondDialect): Uint8Array {
  return joined([u32(payload.length), ...(dialect === 'cbc' ? [u64(1n)] : []), payload]);
}

/** @param iv of `ivBytes` */
export function encodeSealedFrame(
  { key, iv, nonce }: { readonly key: Uint8Array; readonly iv: Uint8Array; readonly nonce: bigint },
  payload: Uint8Array,
  dialect: SecondDialect,
): Uint8Array {
  if (dialect === 'gcm-siv') {
    const sealed = gcmsiv(key, iv).encrypt(Uint8Array.from(payload));
    return joined([u32(sealed.length), iv, u64(nonce), sealed]);
  }
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const sealed = joined([cipher.update(u64(nonce)), cipher.update(payload), cipher.final()]);
  return joined([u32(sealed.length), iv, sealed]);
}

export function u64(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

export function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

function fieldsOf(message: ExactMessage): Uint8Array[] {
  switch (message.type) {
    case 'greeting':
      return greetingFields(message);
    case 'keepAlive':
      return [bytesOf(message.pubkey), u64(message.count), bytesOf(message.sign)];
    case 'shareData':
      return dataFields(message.data);
    case 'requestBlocks':
      return [option(message.start)];
    case 'requestedBlock':
    case 'shareBlock':
      return blockFields(message.block);
    case 'requestNeighbours':
      return [u32(message.count), ...list(message.exclude, (key) => [bytesOf(key)])];
    case 'introduceNeighbours':
      return list(message.neighbours, ([key, listen]) => [bytesOf(key), text(listen)]);
    case 'announce':
    case 'leave':
      return [bytesOf(message.pubkey)];
  }
}

function greetingFields(greeting: SecondGreeting): Uint8Array[] {
  const { pubkey, listen, root, last, count, thin, version } = greeting;
  const { major, minor, patch } = version;
  const chain = [option(root), option(last), u64(count), Uint8Array.of(thin ? 1 : 0)];
  const numbers = [major, minor, patch].map((number) => u32(number).subarray(0, 2));
  const rest =
    'known' in greeting
      ? list(greeting.known, (key) => [bytesOf(key)])
      : [text(greeting.version.target), text(greeting.version.branch), text(greeting.version.commit)];
  return [bytesOf(pubkey), text(listen), ...chain, ...numbers, ...rest];
}

function blockFields({ parent, hash, data, nextChoices, author, sign }: SecondBlock): Uint8Array[] {
  const lists = [...list(data, dataFields), ...list(nextChoices, (key) => [bytesOf(key)])];
  return [option(parent), bytesOf(hash), ...lists, bytesOf(author), bytesOf(sign)];
}

function dataFields({ data, author, sign }: SecondData): Uint8Array[] {
  const bytes = bytesOf(data);
  return [u32(bytes.length), bytes, bytesOf(author), bytesOf(sign)];
}

function list<T>(items: readonly T[], fields: (item: T) => Uint8Array[]): Uint8Array[] {
  return [u32(items.length), ...items.flatMap(fields)];
}

function option(hex: string | null): Uint8Array {
  return hex === null ? Uint8Array.of(0) : joined([Uint8Array.of(1), bytesOf(hex)]);
}

function text(value: string): Uint8Array {
  const bytes = Buffer.from(value);
  return joined([u32(bytes.length), bytes]);
}

/** A plain array: whoever gets a Buffer and calls its `slice` has no copy. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
