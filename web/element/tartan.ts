/**
 * A key's tartan: a small woven swatch, the same for the same key everywhere, so that an author is known at a glance.
 *
 * It helps the eye and proves nothing: two keys may look alike. A sett of two broad bands and one fine line is read from
 * the key's first bytes and laid both ways over a ground, each thread half seen where two cross, as in cloth.
 */
import type { PublicKeyHex } from '../../core/crypto/keys.ts';

/** A CSS `background`. */
export function tartan(key: PublicKeyHex): string {
  const known = woven.get(key);
  if (known !== undefined) return known;
  const background = weave(settOf(key));
  if (woven.size >= maxWoven) woven.clear();
  woven.set(key, background);
  return background;
}

/** One band of the sett, in hundredths of the swatch. */
interface Band {
  readonly from: number;
  readonly to: number;
  readonly dye: Dye;
}

type Dye = readonly [red: number, green: number, blue: number];

interface Sett {
  readonly ground: Dye;
  readonly bands: readonly Band[];
}

/** What wool was dyed with in the Highlands, roughly. */
const grounds: readonly Dye[] = [
  [34, 74, 58],
  [28, 52, 92],
  [128, 36, 46],
  [98, 72, 122],
  [38, 104, 118],
  [150, 88, 34],
  [84, 92, 44],
  [70, 74, 80],
];
const lines: readonly Dye[] = [
  [244, 198, 48],
  [240, 236, 222],
  [18, 20, 22],
  [214, 70, 58],
  [120, 190, 205],
];
/** Every key that is linked or on the screen, generously. */
const maxWoven = 512;
const woven = new Map<PublicKeyHex, string>();

function settOf(key: PublicKeyHex): Sett {
  // The first byte tells only the parity.
  const byte = (index: number) => Number.parseInt(key.slice(2 + 2 * index, 4 + 2 * index), 16) || 0;
  const pick = (dyes: readonly Dye[], index: number): Dye => dyes[index % dyes.length] ?? [0, 0, 0];
  const ground = byte(0) % grounds.length;
  // Never the ground's own dye: a step of 1 to 7 among 8.
  const over = (ground + 1 + (byte(1) % (grounds.length - 1))) % grounds.length;
  const broad = 22 + (byte(2) % 20);
  const start = 6 + (byte(3) % 18);
  const second = Math.min(96, start + broad + 8 + (byte(4) % 14));
  const line = start + 4 + (byte(5) % Math.max(1, broad - 12));
  return {
    ground: pick(grounds, ground),
    bands: [
      { from: start, to: start + broad, dye: pick(grounds, over) },
      { from: second, to: Math.min(100, second + 8 + (byte(6) % 12)), dye: pick(lines, byte(7)) },
      { from: line, to: line + 6, dye: pick(lines, byte(8)) },
    ],
  };
}

function weave({ ground, bands }: Sett): string {
  const layers = [...bands].reverse().flatMap((band) => [thread('to bottom', band), thread('to right', band)]);
  return [...layers, colour(ground, 1)].join(', ');
}

function thread(direction: string, { from, to, dye }: Band): string {
  const clear = colour(dye, 0);
  const solid = colour(dye, 0.62);
  return `linear-gradient(${direction}, ${clear} ${from}%, ${solid} ${from}% ${to}%, ${clear} ${to}%)`;
}

function colour([red, green, blue]: Dye, opacity: number): string {
  return `rgb(${red} ${green} ${blue} / ${opacity})`;
}
