import { describe, expect, it } from 'vitest';
import { printable } from '../../../relay/printable.ts';

describe('printable', () => {
  it.each(['', 'hello, world', 'Straße', '日本語', 'שלום', '👩‍💻', 'می‌خواهم', 'a\\u001b'])(
    'leaves %j as it is',
    (text) => {
      expect(printable(text)).toBe(text);
    },
  );

  it.each([
    ['an escape', '\u001b[31m', '\\u001b[31m'],
    ['the one-byte form of it', '\u009b31m', '\\u009b31m'],
    ['a line end', 'a\nb', 'a\\u000ab'],
    ['a carriage return', 'safe\revil', 'safe\\u000devil'],
    ['a bell', '\u0007', '\\u0007'],
    ['delete', '\u007f', '\\u007f'],
    ['a turned direction', 'a\u202eb', 'a\\u202eb'],
    ['an isolate', '\u2066', '\\u2066'],
    ['a separator of lines', '\u2028', '\\u2028'],
    ['what is not seen', 'a\u200bb\ufeff', 'a\\u200bb\\ufeff'],
    ['half a character', 'a\ud800', 'a\\ud800'],
    ['an invisible tag', '\u{e0041}', '\\udb40\\udc41'],
  ])('writes out %s', (_, text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  it('changes nothing in what JSON means', () => {
    const value = { text: 'a\u009b\u202e\u{e0041}\u001b\n"\\' };
    expect(JSON.parse(printable(JSON.stringify(value)))).toEqual(value);
  });
});
