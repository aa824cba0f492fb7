import { describe, expect, it } from 'vitest';
import { utf8Bytes } from '../../../../core/codec/bytes.ts';
import type { BlockView, Item } from '../../../../core/face.ts';
import { blockJsonLine, blockText, counted, dataText, shortHex } from '../../../../relay/cli/block-text.ts';

const key = `02${'ab'.repeat(31)}cd` as BlockView['author'];
const hash = `11${'00'.repeat(30)}22` as BlockView['hash'];

function item(data: Uint8Array, found: Partial<Item> = {}): Item {
  return { id: hash as never, data, author: key, signature: '33' as never, verified: true, repeated: false, ...found };
}

function block(...items: readonly Item[]): BlockView {
  return { height: 7, hash, parent: undefined, author: key, nextChoices: [key], items, signature: '44' as never };
}

describe('the data of an item', () => {
  it.each([
    ['', '""'],
    ['hello', '"hello"'],
    ['say "x"', '"say \\"x\\""'],
    ['two\nlines\tand\r', '"two\\nlines\\tand\\r"'],
    ['back\\slash', '"back\\\\slash"'],
    ['日本語 👩‍💻', '"日本語 👩‍💻"'],
    ['a\u202eb', '"a\\u202eb"'],
    ['\ufeffx', '"\\ufeffx"'],
  ])('is text in quotes: %j', (text, shown) => {
    expect(dataText(utf8Bytes(text))).toBe(shown);
  });

  it.each([
    ['a control character', utf8Bytes('a\u001b[2J'), 'hex 611b5b324a'],
    ['a control character of the second kind', utf8Bytes('\u009b31m'), 'hex c29b33316d'],
    ['a zero', Uint8Array.of(0), 'hex 00'],
    ['no UTF-8', Uint8Array.of(0x61, 0xff), 'hex 61ff'],
  ])('is hex with %s', (_, data, shown) => {
    expect(dataText(data)).toBe(shown);
  });

  it('is cut when it is long, at a whole character, and its size told', () => {
    expect(dataText(utf8Bytes('x'.repeat(500)))).toBe(`"${'x'.repeat(500)}"`);
    expect(dataText(utf8Bytes('x'.repeat(501)))).toBe(`"${'x'.repeat(500)}"… (501 bytes)`);
    expect(dataText(utf8Bytes('👩'.repeat(500)))).toBe(`"${'👩'.repeat(500)}"`);
    expect(dataText(utf8Bytes(`x${'👩'.repeat(500)}`))).toBe(`"x${'👩'.repeat(499)}"… (2001 bytes)`);
    expect(dataText(new Uint8Array(64))).toBe(`hex ${'00'.repeat(64)}`);
    expect(dataText(new Uint8Array(65))).toBe(`hex ${'00'.repeat(64)}… (65 bytes)`);
  });

  it('has nothing in it that a terminal obeys, whatever it is', () => {
    for (let point = 0; point < 0x3000; point++) {
      expect(dataText(utf8Bytes(`a${String.fromCodePoint(point)}`)), point.toString(16)).not.toMatch(
        /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u,
      );
    }
  });
});

describe('a block for people', () => {
  it('is a line, and one for each item', () => {
    expect(blockText(block(item(utf8Bytes('a')), item(utf8Bytes('b'))))).toBe(
      'block 7  110000…0022  by 02abab…abcd  2 items\n  02abab…abcd  "a"\n  02abab…abcd  "b"',
    );
    expect(blockText(block())).toBe('block 7  110000…0022  by 02abab…abcd  0 items');
  });

  it('says which item is nobody’s word, and which stands earlier already', () => {
    const text = blockText(
      block(item(utf8Bytes('a'), { verified: false }), item(utf8Bytes('b'), { verified: false, repeated: true })),
    );
    expect(text).toContain('"a"  (not verified: nobody’s word)\n');
    expect(text).toMatch(/"b" {2}\(not verified: nobody’s word, repeated\)$/);
  });
});

describe('a block as JSON', () => {
  it('has all of it in one line, and text where there is some', () => {
    const line = blockJsonLine(block(item(utf8Bytes('a\u009b\n')), item(Uint8Array.of(0xff))));
    expect(line).not.toMatch(/\p{Cc}/u);
    const [text, bytes] = JSON.parse(line).items;
    expect(JSON.parse(line)).toMatchObject({ height: 7, hash, parent: null, author: key, nextChoices: [key] });
    expect(text).toMatchObject({ data: 'YcKbCg==', text: 'a\u009b\n', verified: true, repeated: false });
    expect(bytes).toMatchObject({ data: '/w==' });
    expect(bytes).not.toHaveProperty('text');
  });
});

describe('words', () => {
  it('are short for long hex, and right for one', () => {
    expect(shortHex(key)).toBe('02abab…abcd');
    expect([counted(0, 'item'), counted(1, 'item'), counted(2, 'item')]).toEqual(['0 items', '1 item', '2 items']);
  });
});
