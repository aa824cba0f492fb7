import { describe, expect, it } from 'vitest';
import { tartan } from '../../../../web/element/tartan.ts';
import { keyOf } from '../../../browser/element/stage/fake-peer.ts';

describe('a tartan', () => {
  it('is the same for the same key', () => {
    expect(tartan(keyOf(1))).toBe(tartan(keyOf(1)));
  });

  it('is seldom the same for two keys', () => {
    const woven = new Set(Array.from({ length: 1_000 }, (_, number) => tartan(keyOf(number))));
    expect(woven.size).toBeGreaterThan(800);
  });

  it('is plain CSS within the swatch, whatever the key', () => {
    for (let number = 0; number < 200; number++) {
      const background = tartan(keyOf(number));
      expect(background).not.toMatch(/NaN|undefined|url/);
      for (const [, percent] of background.matchAll(/([-\d.]+)%/g)) {
        expect(Number(percent)).toBeGreaterThanOrEqual(0);
        expect(Number(percent)).toBeLessThanOrEqual(100);
      }
    }
  });

  it('remembers a bounded number of keys and forgets without harm', () => {
    const first = tartan(keyOf(1));
    for (let number = 0; number < 2_000; number++) tartan(keyOf(number));
    expect(tartan(keyOf(1))).toBe(first);
  });
});
