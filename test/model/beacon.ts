/**
 * Beacons of authors of tests, signed as theirs.
 */
import type { Hash } from '../../core/crypto/keys.ts';
import { type Beacon, beaconDigest } from '../../core/wire/beacon.ts';
import type { Author } from './author.ts';
import { fakeCurve } from './fake-curve.ts';

interface Made {
  readonly network: string;
  readonly counter: number;
  readonly lifetimeMs?: number;
  readonly tip?: Hash;
}

export function beaconOf({ key, secret }: Author, { network, counter, lifetimeMs = 12_000, tip }: Made): Beacon {
  const content = { pubkey: key, counter: BigInt(counter), tip, lifetimeMs };
  const sign = fakeCurve.sign(beaconDigest(network, content), secret, new Uint8Array(32).fill(counter % 251));
  return { ...content, sign };
}
