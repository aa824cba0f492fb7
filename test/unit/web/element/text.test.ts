import { describe, expect, it } from 'vitest';
import { clip, count, counted, readingOf, shortHex, size, spacedHex, timeOfDay } from '../../../../web/element/text.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);
const utf8 = (text: string) => new TextEncoder().encode(text);

describe('bytes', () => {
  it.each([
    'hello',
    'Ünïcödé 🧵',
    'two\nlines\tand a tab\r\n',
    '<img src=x onerror=alert(1)>',
    '\u202eturned',
    '\ufeffmarked',
  ])('that are UTF-8 read as the text %j, unchanged', (text) => {
    expect(readingOf(utf8(text))).toEqual({ kind: 'text', text });
  });

  it.each([
    ['a byte no UTF-8 has', bytes(0xff)],
    ['a character cut in half', utf8('ü').subarray(0, 1)],
    ['a character too long for itself', bytes(0xc0, 0x80)],
    ['half a surrogate pair', bytes(0xed, 0xa0, 0x80)],
    ['a zero', bytes(0x61, 0)],
    ['an escape', bytes(0x1b, 0x5b, 0x41)],
    ['a control character of the second row', utf8('\u0085')],
  ])('with %s are shown as bytes', (_, data) => {
    expect(readingOf(data)).toEqual({ kind: 'bytes', bytes: data });
  });

  it('that are none are said to be none', () => {
    expect(readingOf(bytes())).toEqual({ kind: 'empty' });
  });

  it('are written in groups of four', () => {
    expect(spacedHex(bytes())).toBe('');
    expect(spacedHex(bytes(0, 1, 0xfe, 0xff))).toBe('0001feff');
    expect(spacedHex(bytes(0, 1, 2, 3, 4))).toBe('00010203 04');
  });
});

describe('a clipped text', () => {
  it.each([
    ['abc', 3, 1, 'abc'],
    ['abcd', 3, 1, 'abc'],
    ['', 3, 1, ''],
    ['a\nb\nc', 99, 2, 'a\nb'],
    ['a\nb\nc', 99, 3, 'a\nb\nc'],
    ['a\n', 99, 1, 'a'],
    ['a\nbcdef', 4, 2, 'a\nbc'],
    ['ab🧵', 3, 1, 'ab'],
    ['ab🧵', 4, 1, 'ab🧵'],
  ])('of %j to %d units and %d lines is %j', (text, units, lines, clipped) => {
    expect(clip(text, units, lines)).toBe(clipped);
  });
});

describe('keys and numbers', () => {
  it('are short where the eye only compares', () => {
    expect(shortHex(`02${'ab'.repeat(31)}9f`)).toBe('02abab…ab9f');
    expect(shortHex('0123456789ab')).toBe('0123456789ab');
  });

  it('are grouped and take the right noun', () => {
    expect(count(10_204)).toBe('10,204');
    expect([counted(1, 'block'), counted(0, 'block'), counted(2, 'entry', 'entries')]).toEqual([
      '1 block',
      '0 blocks',
      '2 entries',
    ]);
  });

  it.each([
    [1, '1 byte'],
    [1_023, '1,023 bytes'],
    [1_536, '1.5 KiB'],
    [512 * 1_024, '512 KiB'],
    [64 * 1_024 * 1_024, '64 MiB'],
  ])('of %d bytes read %s', (number, said) => {
    expect(size(number)).toBe(said);
  });

  it('are hours and minutes of the reader’s clock', () => {
    const noon = new Date(2026, 10, 21, 14, 3);
    expect(timeOfDay(noon.getTime())).toBe('14:03');
  });
});
