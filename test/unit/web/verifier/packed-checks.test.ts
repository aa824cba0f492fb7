/**
 * Checks come out of a bundle as they went in, whatever buffer it stands in.
 */
import { describe, expect, it } from 'vitest';
import type { Hash } from '../../../../core/crypto/keys.ts';
import { packChecks, unpackChecks } from '../../../../web/verifier/packed-checks.ts';
import { goodChecks } from './checks.ts';

describe('packed checks', () => {
  it.each([0, 1, 7])('are %i checks again when unpacked', (count) => {
    const checks = goodChecks(count);
    const packed = packChecks(checks);
    expect(packed.length).toBe(129 * count);
    expect(unpackChecks(packed)).toEqual(checks);
  });

  it('may stand in the middle of a buffer', () => {
    const checks = goodChecks(2);
    const buffer = new Uint8Array(300);
    buffer.set(packChecks(checks), 20);
    expect(unpackChecks(buffer.subarray(20, 20 + 258))).toEqual(checks);
  });

  it('are never made of parts that have not their lengths', () => {
    const [check] = goodChecks(1);
    if (check === undefined) throw new Error('one check was made');
    expect(() => packChecks([{ ...check, digest: check.digest.subarray(1) as Hash }])).toThrow('invariant');
  });
});
