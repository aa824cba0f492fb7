/**
 * Blocks as they are printed: for people, or one JSON object a line. Pure, and nothing a terminal would obey.
 *
 * For people an item is text in quotes, or hex when it is no text, and long ones are cut; the JSON has all of it.
 */
import type { BlockView, Item } from '../../core/face.ts';
import { blockJson } from '../control/messages.ts';
import { printable } from '../printable.ts';

/** Of an item in the text for people. */
const mostCharacters = 500;
const mostHexBytes = 64;

export function blockText({ height, hash, author, items }: BlockView): string {
  const first = `block ${height}  ${shortHex(hash)}  by ${shortHex(author)}  ${counted(items.length, 'item')}`;
  return [first, ...items.map((item) => `  ${shortHex(item.author)}  ${dataText(item.data)}${doubts(item)}`)].join(
    '\n',
  );
}

/** With each item's `text` besides its data where it is UTF-8. */
export function blockJsonLine(block: BlockView): string {
  const { items, ...rest } = blockJson(block) as { readonly items: readonly object[] };
  const told = items.map((item, place) => {
    const text = utf8(block.items[place]?.data ?? new Uint8Array());
    return text === undefined ? item : { ...item, text };
  });
  return printable(JSON.stringify({ ...rest, items: told }));
}

/** `"text"`, or hex; cut, with its size, when it is long. */
export function dataText(data: Uint8Array): string {
  const text = utf8(data);
  if (text === undefined || controls.test(text)) {
    const hex = Buffer.from(data.subarray(0, mostHexBytes)).toString('hex');
    return `hex ${hex}${data.length > mostHexBytes ? cutNote(data) : ''}`;
  }
  const shown = [...text.slice(0, 2 * mostCharacters)].slice(0, mostCharacters).join('');
  return shown.length === text.length ? quoted(text) : quoted(shown) + cutNote(data);
}

/** `02a1b2…9f3c`: enough to tell it from others on one screen, never to trust it by. */
export function shortHex(hex: string): string {
  return `${hex.slice(0, 6)}…${hex.slice(-4)}`;
}

/** `1 block`, `2 blocks`. */
export function counted(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? '' : 's'}`;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Tab and line ends are text; what else has no sign is data that only looks like text. */
const controls = /[^\P{Cc}\t\n\r]/u;

function utf8(data: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(data);
  } catch {
    return undefined;
  }
}

function quoted(text: string): string {
  return printable(JSON.stringify(text));
}

function cutNote(data: Uint8Array): string {
  return `… (${data.length} bytes)`;
}

function doubts({ verified, repeated }: Item): string {
  const said = [...(verified ? [] : ['not verified: nobody’s word']), ...(repeated ? ['repeated'] : [])];
  return said.length === 0 ? '' : `  (${said.join(', ')})`;
}
