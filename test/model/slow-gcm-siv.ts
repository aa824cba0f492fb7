/**
 * The slow, obvious twin of core/crypto/gcm-siv.ts: AES-GCM-SIV with a key of 256 bits and no associated data, as
 * RFC 8452 puts it (sections 3 to 5), on big integers and Node's AES of single blocks.
 */
import { createCipheriv } from 'node:crypto';

const blockBytes = 16;
/** x^128 + x^127 + x^126 + x^121 + 1, a coefficient for each bit. */
const polynomial = (1n << 128n) | (1n << 127n) | (1n << 126n) | (1n << 121n) | 1n;
const highestBit = 1n << 127n;

/** The ciphertext, and its tag behind it. */
export function slowSeal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Uint8Array {
  const keys = keysFor(key, nonce);
  const tag = tagOf(keys, nonce, plain);
  return new Uint8Array(Buffer.concat([counted(keys.encryption, tag, plain), tag]));
}

/** Undefined when the tag is not that of what the ciphertext opens to. */
export function slowOpen(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < blockBytes) return undefined;
  const keys = keysFor(key, nonce);
  const tag = sealed.slice(-blockBytes);
  const plain = counted(keys.encryption, tag, sealed.slice(0, -blockBytes));
  return Buffer.from(tagOf(keys, nonce, plain)).equals(tag) ? plain : undefined;
}

interface Keys {
  readonly authentication: bigint;
  readonly encryption: Uint8Array;
}

/** Two keys for each nonce: the first halves of six encrypted blocks, numbered. */
function keysFor(key: Uint8Array, nonce: Uint8Array): Keys {
  const halves = [0, 1, 2, 3, 4, 5].map((number) => aes(key, Buffer.concat([u32(number), nonce])).subarray(0, 8));
  return { authentication: integer(Buffer.concat(halves.slice(0, 2))), encryption: Buffer.concat(halves.slice(2)) };
}

function tagOf({ authentication, encryption }: Keys, nonce: Uint8Array, plain: Uint8Array): Uint8Array {
  let hash = 0n;
  for (let at = 0; at < plain.length; at += blockBytes) {
    hash = dot(hash ^ integer(plain.subarray(at, at + blockBytes)), authentication);
  }
  // The lengths in bits: of what there is none of, and of the plain text.
  hash = dot(hash ^ (BigInt(8 * plain.length) << 64n), authentication);
  const masked = (hash ^ integer(nonce)) & ~highestBit;
  return aes(encryption, block(masked));
}

/** Counts in the first four bytes, which go round and carry nothing. */
function counted(key: Uint8Array, tag: Uint8Array, input: Uint8Array): Uint8Array {
  const output = new Uint8Array(input.length);
  const first = integer(tag) | highestBit;
  for (let at = 0; at < input.length; at += blockBytes) {
    const count = ((first & 0xffffffffn) + BigInt(at / blockBytes)) & 0xffffffffn;
    const stream = aes(key, block((first & ~0xffffffffn) | count));
    for (let i = at; i < Math.min(at + blockBytes, input.length); i++) {
      output[i] = (input[i] as number) ^ (stream[i - at] as number);
    }
  }
  return output;
}

/** a · b · x^-128 modulo the polynomial. */
function dot(a: bigint, b: bigint): bigint {
  let sum = 0n;
  for (let bit = 0n; bit < 128n; bit++) {
    if ((b >> bit) & 1n) sum ^= a;
    if (sum & 1n) sum ^= polynomial;
    sum >>= 1n;
  }
  return sum;
}

function aes(key: Uint8Array, input: Uint8Array): Uint8Array {
  return createCipheriv('aes-256-ecb', key, null).update(input);
}

function integer(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function block(value: bigint): Uint8Array {
  return Uint8Array.from({ length: blockBytes }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
