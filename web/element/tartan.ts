/**
 * A key's tartan: a small woven swatch, the same for the same key everywhere, so that an author is known at a glance.
 *
 * It helps the eye and proves nothing: two keys may look alike. A sett of one broad band and one fine line is read from the
 * key's first bytes, mirrored, and laid both ways over a ground; threads are half seen where they cross, as in cloth.
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

/** One band of the sett, in twentieths of the swatch, which is 20 pixels wide where it is smallest. */
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

/** What wool was dyed with in the Highlands, roughly: pine, woad, madder, heather, kelp, crottle, bracken, peat. */
const grounds: readonly Dye[] = [
  [24, 92, 66],
  [34, 72, 146],
  [166, 38, 50],
  [124, 84, 160],
  [30, 134, 150],
  [206, 112, 40],
  [128, 138, 48],
  [52, 56, 64],
];
/** Weld, undyed, black, rowan, sky. */
const lines: readonly Dye[] = [
  [252, 208, 58],
  [250, 248, 240],
  [14, 15, 17],
  [240, 84, 66],
  [136, 206, 230],
];
/** Where the sett has turned round and ended. */
const pivot = 20;
/** Every key that is linked or on the screen, generously. */
const maxWoven = 512;
const woven = new Map<PublicKeyHex, string>();

function settOf(key: PublicKeyHex): Sett {
  // The first byte tells only the parity.
  const byte = (index: number) => Number.parseInt(key.slice(2 + 2 * index, 4 + 2 * index), 16) || 0;
  const pick = (dyes: readonly Dye[], index: number): Dye => dyes[index % dyes.length] ?? [0, 0, 0];
  const ground = byte(0) % grounds.length;
  // Never the ground's own dye: a step of 1 to 7 among 8.
  const over = pick(grounds, ground + 1 + (byte(1) % (grounds.length - 1)));
  const line = pick(lines, byte(2));
  const from = 1 + (byte(3) % 3);
  const to = from + 2 + (byte(4) % 4);
  const at = byte(5) % 2 === 0 ? 9 : from;
  return {
    ground: pick(grounds, ground),
    bands: [
      { from: at, to: at + 1, dye: line },
      { from, to, dye: over },
    ].flatMap((band) => [band, { from: pivot - band.to, to: pivot - band.from, dye: band.dye }]),
  };
}

function weave({ ground, bands }: Sett): string {
  const layers = [...bands].reverse().flatMap((band) => [thread('to bottom', band), thread('to right', band)]);
  return [...layers, colour(ground, 1)].join(', ');
}

function thread(direction: string, { from, to, dye }: Band): string {
  const clear = colour(dye, 0);
  const solid = colour(dye, 0.7);
  const [begin, end] = [share(from), share(to)];
  return `linear-gradient(${direction}, ${clear} ${begin}, ${solid} ${begin} ${end}, ${clear} ${end})`;
}

function share(twentieths: number): string {
  return `${(100 * twentieths) / pivot}%`;
}

function colour([red, green, blue]: Dye, opacity: number): string {
  return `rgb(${red} ${green} ${blue} / ${opacity})`;
}
