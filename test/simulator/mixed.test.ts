/**
 * Our peers beside models of the reference, of one era and of both: one chain, nothing lost, no split, and nothing wrong
 * in what ours send.
 *
 * The full count is `npm run bench -- mixed`.
 */
import { describe, expect, it } from 'vitest';
import type { SecondDialect } from '../model/second-decoder.ts';
import { mixed } from './mixed.ts';
import { internet, loopback } from './network.ts';

/** A reference does not dial again when its first dial fails: then ours would not be in one network. */
const allDialsSucceed = { ...internet, dialFailure: 0 };
const seeds = Array.from({ length: 12 }, (_, place) => place + 1);

const crowds: readonly [string, readonly SecondDialect[], number, boolean][] = [
  ['a reference of cbc', ['cbc'], 1, false],
  ['three references of cbc', ['cbc'], 3, false],
  ['a reference of gcm-siv', ['gcm-siv'], 1, false],
  ['three references of gcm-siv', ['gcm-siv'], 3, false],
  ['two references of each era, and one of ours that is thin', ['cbc', 'gcm-siv'], 2, true],
];

describe.each([
  ['one host', loopback],
  ['the internet', allDialsSucceed],
] as const)('on %s', (where, conditions) => {
  it.each(crowds)('two of ours and %s are one chain, whatever the seed', (name, eras, references, thin) => {
    const results = seeds.map((seed) => ({ seed, ...mixed({ seed, eras, references, thin, conditions }) }));
    expect(results.filter(({ violations }) => violations.length > 0)).toEqual([]);
    const split = results.filter(({ isOne }) => !isOne).map(({ seed }) => seed);
    expect(split).toEqual(splitByReferences[`${where}: ${name}`] ?? []);
    for (const { blocks } of results) expect(blocks).toBeGreaterThan(3);
  });
});

/**
 * Where references alone are split: on slow lines one of them never hears of a key that its neighbour learned between
 * the two greetings (reference-faults.test.ts), takes that key for gone, and writes in its place. Nobody can tell it. And
 * where two early blocks are written at once each reference keeps the one that came first.
 */
const splitByReferences: Readonly<Record<string, readonly number[]>> = {
  'the internet: two references of each era, and one of ours that is thin': [3],
};
