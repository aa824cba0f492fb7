/**
 * Randomness as an argument: the core has none of its own (design.md, The peer is a state machine, rule 1).
 */

import { invariant } from './errors.ts';

/** `length` fresh bytes. In a host from the system's generator, in the simulator from its seed. */
export type Random = (length: number) => Uint8Array;

/** A whole number from 0 to `bound` − 1, without bias. `bound` is from 1 to 2^32. */
export function randomBelow(random: Random, bound: number): number {
  invariant(bound >= 1 && bound <= 2 ** 32, 'there is a number below the bound');
  const limit = 2 ** 32 - (2 ** 32 % bound);
  for (;;) {
    const [a = 0, b = 0, c = 0, d = 0] = random(4);
    const value = (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
    if (value < limit) return value % bound;
  }
}

/** Up to `count` of the values, each set equally likely, in random order. The argument is left as it is. */
export function sample<T>(random: Random, values: readonly T[], count: number): T[] {
  const left = [...values];
  const taken: T[] = [];
  while (taken.length < count && left.length > 0) {
    const [value] = left.splice(randomBelow(random, left.length), 1);
    taken.push(value as T);
  }
  return taken;
}
