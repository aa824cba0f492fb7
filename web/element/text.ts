/**
 * How bytes, keys and numbers are written for people. Pure, and never markup: what is made here is shown as text.
 */

/** What an item's bytes are to a reader. */
export type Reading =
  | { readonly kind: 'empty' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

/** Text when it is UTF-8 without control characters, for which a screen has no sign; else bytes. */
export function readingOf(data: Uint8Array): Reading {
  if (data.length === 0) return { kind: 'empty' };
  const text = utf8(data);
  return text === undefined || controlCharacters.test(text) ? { kind: 'bytes', bytes: data } : { kind: 'text', text };
}

/** The beginning of `text`: at most so many UTF-16 units and lines, never half a character. */
export function clip(text: string, maxUnits: number, maxLines: number): string {
  let end = Math.min(text.length, maxUnits);
  let line = -1;
  for (let lines = 0; lines < maxLines; lines++) {
    line = text.indexOf('\n', line + 1);
    if (line === -1 || line >= end) break;
    if (lines === maxLines - 1) end = line;
  }
  const last = text.charCodeAt(end - 1);
  if (end < text.length && last >= 0xd800 && last <= 0xdbff) end--;
  return text.slice(0, end);
}

/** Lower-case hex in groups of four bytes, so that a line may break between them. */
export function spacedHex(bytes: Uint8Array): string {
  let hex = '';
  for (const [index, byte] of bytes.entries()) {
    if (index > 0 && index % 4 === 0) hex += ' ';
    hex += byte.toString(16).padStart(2, '0');
  }
  return hex;
}

/** `02a1b2…9f3c`: enough of a key or hash to tell it from others on one screen, never to trust it by. */
export function shortHex(hex: string): string {
  return hex.length <= 12 ? hex : `${hex.slice(0, 6)}…${hex.slice(-4)}`;
}

/** `1,204`. */
export function count(number: number): string {
  return grouped.format(number);
}

/** `1 block`, `1,204 blocks`. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** The same on the screen and for a screen reader. */
export function gaveWay(blocks: number): string {
  return `${counted(blocks, 'block')} gave way to a better branch.`;
}

/** `812 bytes`, `1.5 KiB`, `512 KiB`. */
export function size(bytes: number): string {
  if (bytes < 1_024) return counted(bytes, 'byte');
  const [value, unit] = bytes < 1_024 * 1_024 ? [bytes / 1_024, 'KiB'] : [bytes / (1_024 * 1_024), 'MiB'];
  return `${oneDecimal.format(value)} ${unit}`;
}

/** `14:03` on the reader's clock. */
export function timeOfDay(unixMs: number): string {
  return hoursAndMinutes.format(unixMs);
}

const grouped = new Intl.NumberFormat('en');
const oneDecimal = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const hoursAndMinutes = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
// Tab and line ends are text; a lone carriage return is shown as a line end by every browser.
const controlCharacters = /[^\P{Cc}\t\n\r]/u;

function utf8(data: Uint8Array): string | undefined {
  try {
    return decoder.decode(data);
  } catch {
    return undefined;
  }
}
