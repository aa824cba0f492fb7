/**
 * WCAG 2.1 AA, 1.4.3 and 1.4.11, computed from the very colours the element is drawn in.
 */
import { describe, expect, it } from 'vitest';
import { themeStyles } from '../../../../../web/element/styles/theme.ts';

type Mode = 'light' | 'dark';

const modes: readonly Mode[] = ['light', 'dark'];

describe.each(modes)('in %s', (mode) => {
  it.each([
    ['ink', 'paper'],
    ['quiet', 'paper'],
    ['madder', 'paper'],
    ['ink', 'wash'],
    ['madder', 'wash'],
    ['on-weld', 'weld'],
    ['paper', 'ink'],
  ])('text in %s on %s has a contrast of 4.5', (text, ground) => {
    expect(contrast(colour(text, mode), colour(ground, mode))).toBeGreaterThanOrEqual(4.5);
  });

  it.each([
    ['ink', 'paper'],
    ['quiet', 'paper'],
  ])('borders and signs in %s on %s have a contrast of 3', (sign, ground) => {
    expect(contrast(colour(sign, mode), colour(ground, mode))).toBeGreaterThanOrEqual(3);
  });
});

/** The default of `--_name`: one colour, or one for each mode. */
function colour(name: string, mode: Mode): string {
  const value = new RegExp(`--_${name}:([^;]*);`).exec(themeStyles.cssText)?.[1] ?? '';
  const [light, dark = light] = [...value.matchAll(/#[\da-f]{6}/g)].map(([hex]) => hex);
  const found = mode === 'light' ? light : dark;
  if (found === undefined) throw new Error(`the theme has no colour ${name}`);
  return found;
}

function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.040_45 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
