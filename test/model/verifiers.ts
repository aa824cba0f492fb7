/**
 * A verifier for material whose signatures are noise, in tests of what only needs them to hold.
 */
import type { Verifier } from '../../core/crypto/curve.ts';

export const allHold: Verifier = { verify: async (checks) => checks.map(() => true) };
