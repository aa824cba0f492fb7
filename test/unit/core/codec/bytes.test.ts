/**
 * core/codec/bytes.ts against the platform: TextEncoder, TextDecoder and Buffer are the oracles.
 */
import { describe, expect, it } from 'vitest';
import {
  bytesToHex,
  bytesToHexSlowly,
  compareBytes,
  concatBytes,
  equalBytes,
  hexToBytes,
  utf8Bytes,
  utf8Text,
} from '../../../../core/codec/bytes.ts';
import { CodecError } from '../../../../core/errors.ts';
import { randomText } from '../../../model/random-values.ts';
import { Seeded } from '../../../model/seeded.ts';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What `utf8Text` makes of bytes, or the code of its error. */
function outcome(bytes: Uint8Array): string {
  try {
    return `text ${utf8Text(bytes)}`;
  } catch (error) {
    if (error instanceof CodecError) return error.code;
    throw error;
  }
}

function platformOutcome(bytes: Uint8Array): string {
  try {
    return `text ${strict.decode(bytes)}`;
  } catch {
    return 'bad-utf8';
  }
}

describe('UTF-8', () => {
  it('is read as the platform reads it for every form of one and two bytes', () => {
    for (let a = 0; a < 256; a++) {
      expect(outcome(Uint8Array.of(a))).toBe(platformOutcome(Uint8Array.of(a)));
      for (let b = 0; b < 256; b++) {
        const bytes = Uint8Array.of(a, b);
        if (outcome(bytes) !== platformOutcome(bytes)) expect.fail(`differs for ${bytesToHex(bytes)}`);
      }
    }
  });

  it('is read as the platform reads it at every edge of three and four bytes', () => {
    const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xed, 0xf4, 0xff];
    let valid = 0;
    for (let first = 0xe0; first < 256; first++) {
      for (const b of edges) {
        for (const c of edges) {
          for (const rest of [[], ...edges.map((d) => [d])]) {
            const bytes = Uint8Array.of(first, b, c, ...rest);
            const ours = outcome(bytes);
            if (ours !== platformOutcome(bytes)) expect.fail(`differs for ${bytesToHex(bytes)}`);
            if (ours !== 'bad-utf8') valid++;
          }
        }
      }
    }
    expect(valid).toBeGreaterThan(100);
  });

  it('is read as the platform reads it for 20,000 random and half-valid byte strings', () => {
    const seeded = new Seeded(1);
    for (let i = 0; i < 20_000; i++) {
      const bytes = seeded.chance(0.5) ? seeded.bytes(seeded.below(8)) : utf8Bytes(randomText(seeded));
      if (bytes.length > 0 && seeded.chance(0.5)) bytes[seeded.below(bytes.length)] = seeded.below(256);
      if (outcome(bytes) !== platformOutcome(bytes)) expect.fail(`differs for ${bytesToHex(bytes)}`);
    }
  });

  it.each([
    ['an overlong NUL', 'c080'],
    ['an overlong slash', 'e080af'],
    ['a surrogate', 'eda080'],
    ['a code point past the last', 'f4908080'],
    ['a lone continuation', '80'],
    ['a form of five bytes', 'f888808080'],
    ['a form cut short', 'e282'],
  ])('refuses %s', (_, hex) => {
    expect(() => utf8Text(hexToBytes(hex))).toThrow(expect.objectContaining({ code: 'bad-utf8' }));
  });

  it('keeps a byte order mark', () => {
    expect(utf8Text(hexToBytes('efbbbf61'))).toBe('\ufeffa');
  });

  it('is written as the platform writes it, lone surrogates too', () => {
    const seeded = new Seeded(2);
    for (let i = 0; i < 2_000; i++) {
      const text = randomText(seeded);
      expect(bytesToHex(utf8Bytes(text))).toBe(bytesToHex(new TextEncoder().encode(text)));
      expect(utf8Text(utf8Bytes(text))).toBe(text);
    }
    for (const lone of ['\ud800', 'a\udfffb', '\udc00\ud800']) {
      expect(utf8Bytes(lone)).toEqual(new TextEncoder().encode(lone));
    }
  });
});

describe('hex', () => {
  it('is written and read as Buffer does it', () => {
    const seeded = new Seeded(3);
    for (let length = 0; length < 100; length++) {
      const bytes = seeded.bytes(length);
      const hex = Buffer.from(bytes).toString('hex');
      expect(bytesToHex(bytes)).toBe(hex);
      expect(bytesToHexSlowly(bytes)).toBe(hex);
      expect(hexToBytes(hex)).toEqual(bytes);
    }
  });

  it.each(['0', '0g', 'AB', 'a ', '0x', '–a', '/0', ':0', '`0'])('refuses %j: one value, one string', (hex) => {
    expect(() => hexToBytes(hex)).toThrow(expect.objectContaining({ code: 'bad-hex' }));
  });
});

describe('byte strings', () => {
  it('are joined into an array of their own', () => {
    const part = Uint8Array.of(1, 2);
    const whole = concatBytes(part, new Uint8Array(0), Uint8Array.of(3));
    expect(whole).toEqual(Uint8Array.of(1, 2, 3));
    whole[0] = 9;
    expect(part[0]).toBe(1);
    expect(concatBytes()).toEqual(new Uint8Array(0));
  });

  it.each([
    ['', '', 0],
    ['', '00', -1],
    ['01', '00ff', 1],
    ['00ff', '01', -1],
    ['7f', '80', -1],
    ['0102', '0102', 0],
    ['0102', '010200', -1],
  ])('%s and %s are in the order of their bytes', (a, b, sign) => {
    expect(Math.sign(compareBytes(hexToBytes(a), hexToBytes(b)))).toBe(sign);
    expect(Math.sign(compareBytes(hexToBytes(b), hexToBytes(a)))).toBe(sign === 0 ? 0 : -sign);
    expect(equalBytes(hexToBytes(a), hexToBytes(b))).toBe(sign === 0);
  });
});
