/**
 * Bytes: joining, comparing, hex and UTF-8, without DOM or Node.
 *
 * UTF-8 is read strictly (no overlong forms, no surrogates, nothing past U+10FFFF), as Borsh strings must be; the
 * platform's TextDecoder is the oracle in the tests, for the core has no platform.
 */
import { CodecError } from '../errors.ts';

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Negative, zero or positive, as for `sort`: byte by byte, the shorter first when one begins the other. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Newer platforms bring it: a chain that is read makes a hundred such strings for each block. */
const nativeToHex = (Uint8Array.prototype as { toHex?: () => string }).toHex;

export function bytesToHex(bytes: Uint8Array): string {
  return nativeToHex === undefined ? bytesToHexSlowly(bytes) : nativeToHex.call(bytes);
}

/**
 * Where the platform has no `toHex`. In one piece, for a string put together digit by digit is a tree of strings, and
 * from a plain array: an argument list out of a typed one is made seven times as slowly.
 */
export function bytesToHexSlowly(bytes: Uint8Array): string {
  let hex = '';
  for (let from = 0; from < bytes.length; from += hexPieceBytes) {
    const length = Math.min(hexPieceBytes, bytes.length - from);
    const codes = new Array<number>(2 * length);
    for (let i = 0; i < length; i++) {
      const byte = bytes[from + i] as number;
      codes[2 * i] = hexDigitCodes[byte >> 4] as number;
      codes[2 * i + 1] = hexDigitCodes[byte & 15] as number;
    }
    hex += String.fromCharCode(...codes);
  }
  return hex;
}

/** What an argument list takes in any engine. */
const hexPieceBytes = 1_024;

const hexDigitCodes = [...'0123456789abcdef'].map((digit) => digit.charCodeAt(0));

/** @throws CodecError `bad-hex` for an odd length or anything but 0–9 a–f (lower case: one value, one string). */
export function hexToBytes(hex: string): Uint8Array {
  if (hex.length % 2 !== 0) throw new CodecError('bad-hex', 'hex has an even number of digits');
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (hexDigit(hex.charCodeAt(2 * i)) << 4) | hexDigit(hex.charCodeAt(2 * i + 1));
  }
  return bytes;
}

/** A lone surrogate becomes U+FFFD, as everywhere on the platform. */
export function utf8Bytes(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    const scalar = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
    if (scalar < 0x80) bytes.push(scalar);
    else if (scalar < 0x800) bytes.push(0xc0 | (scalar >> 6), continuation(scalar));
    else if (scalar < 0x10000) bytes.push(0xe0 | (scalar >> 12), continuation(scalar >> 6), continuation(scalar));
    else bytes.push(0xf0 | (scalar >> 18), continuation(scalar >> 12), continuation(scalar >> 6), continuation(scalar));
  }
  return Uint8Array.from(bytes);
}

/** @throws CodecError `bad-utf8` */
export function utf8Text(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    const first = bytes[i] as number;
    const form = utf8Form(first);
    if (form === undefined || i + form.length > bytes.length) throw malformed(i);
    let point = first & form.mask;
    for (let k = 1; k < form.length; k++) {
      const next = bytes[i + k] as number;
      if ((next & 0xc0) !== 0x80) throw malformed(i);
      point = (point << 6) | (next & 0x3f);
    }
    if (point < form.smallest || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) throw malformed(i);
    text += String.fromCodePoint(point);
    i += form.length;
  }
  return text;
}

interface Utf8Form {
  readonly length: number;
  readonly mask: number;
  /** The least code point that needs this many bytes: smaller ones would be overlong. */
  readonly smallest: number;
}

const oneByte: Utf8Form = { length: 1, mask: 0x7f, smallest: 0 };
const twoBytes: Utf8Form = { length: 2, mask: 0x1f, smallest: 0x80 };
const threeBytes: Utf8Form = { length: 3, mask: 0x0f, smallest: 0x800 };
const fourBytes: Utf8Form = { length: 4, mask: 0x07, smallest: 0x10000 };

function utf8Form(first: number): Utf8Form | undefined {
  if (first < 0x80) return oneByte;
  if (first >> 5 === 0b110) return twoBytes;
  if (first >> 4 === 0b1110) return threeBytes;
  if (first >> 3 === 0b11110) return fourBytes;
  return undefined;
}

function continuation(value: number): number {
  return 0x80 | (value & 0x3f);
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x61 && code <= 0x66) return code - 0x57;
  throw new CodecError('bad-hex', 'hex digits are 0–9 and a–f');
}

function malformed(offset: number): CodecError {
  return new CodecError('bad-utf8', `malformed UTF-8 at byte ${offset}`);
}
