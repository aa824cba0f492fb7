import { describe, expect, it } from 'vitest';
import { Lines } from '../../../../relay/control/lines.ts';
import { Seeded } from '../../../model/seeded.ts';

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const texts = (lines: readonly Uint8Array[]) => lines.map((line) => Buffer.from(line).toString());

describe('Lines', () => {
  it('come out when they end', () => {
    const lines = new Lines(100);
    expect(texts(lines.push(bytes('a')))).toEqual([]);
    expect(texts(lines.push(bytes('b\nc\n\nd')))).toEqual(['ab', 'c', '']);
    expect(texts(lines.push(bytes('\n')))).toEqual(['d']);
  });

  it('are the same however they were cut', () => {
    const seeded = new Seeded(29);
    const text = 'one\ntwo three\n\nfour\nfive and six\n';
    for (let round = 0; round < 200; round++) {
      const lines = new Lines(20);
      const found: string[] = [];
      for (let at = 0; at < text.length; ) {
        const next = at + 1 + seeded.below(12);
        found.push(...texts(lines.push(bytes(text.slice(at, next)))));
        at = next;
      }
      expect(found).toEqual(text.split('\n').slice(0, -1));
    }
  });

  it.each([
    ['in one piece', ['123456\n']],
    ['without an end', ['123456']],
    ['in many pieces', ['12', '34', '5', '6']],
    ['after one that fits', ['12345\n123', '456']],
  ])('over the limit are refused %s', (_, pieces) => {
    const lines = new Lines(5);
    expect(() => {
      for (const piece of pieces) lines.push(bytes(piece));
    }).toThrow(expect.objectContaining({ name: 'ControlError', code: 'too-long' }));
  });

  it('as long as the limit are taken', () => {
    expect(texts(new Lines(5).push(bytes('12345\n')))).toEqual(['12345']);
  });
});
