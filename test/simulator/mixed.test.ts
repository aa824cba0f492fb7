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

describe.each([
  ['one host', loopback],
  ['the internet', allDialsSucceed],
] as const)('on %s', (_, conditions) => {
  it.each<[string, readonly SecondDialect[], number, boolean]>([
    ['a reference of cbc', ['cbc'], 1, false],
    ['three references of cbc', ['cbc'], 3, false],
    ['a reference of gcm-siv', ['gcm-siv'], 1, false],
    ['three references of gcm-siv', ['gcm-siv'], 3, false],
    ['two references of each era, and one of ours that is thin', ['cbc', 'gcm-siv'], 2, true],
  ])('two of ours and %s are one chain, in every one of twelve seeds', (_name, eras, references, thin) => {
    const results = seeds.map((seed) => ({ seed, ...mixed({ seed, eras, references, thin, conditions }) }));
    const wrong = results.filter(({ isOne, violations }) => !isOne || violations.length > 0);
    expect(wrong).toEqual([]);
    for (const { blocks } of results) expect(blocks).toBeGreaterThan(3);
  });
});
