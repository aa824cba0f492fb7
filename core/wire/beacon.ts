/**
 * A beacon: the sign of life of one of ours, for the whole network (spec/safety.md, Presence that does not grow;
 * docs/protocol.md, Extension carrier).
 *
 * Signed over a tagged hash that names the network too, which does not travel. Says what it is and how it is signed, and
 * nothing of who sends one when; that is network/beacons.ts's.
 */
import { type Codec, encode, option, struct, text, u32, u64 } from '../codec/codec.ts';
import type { Milliseconds } from '../config.ts';
import { taggedHash } from '../crypto/hash.ts';
import { hashCodec, publicKeyCodec, signatureCodec } from '../crypto/key-codecs.ts';
import type { Hash, PublicKey, Signature } from '../crypto/keys.ts';

export interface Beacon {
  readonly pubkey: PublicKey;
  /** Rises from one beacon of a key to the next. */
  readonly counter: bigint;
  /** The newest block its sender holds. */
  readonly tip: Hash | undefined;
  /** For how long it may be taken to be there. */
  readonly lifetimeMs: Milliseconds;
  readonly sign: Signature;
}

/** As it travels. */
export interface CarriedBeacon extends Beacon {
  /** How long ago whoever sends it first heard of it: 0 when it is passed on at once. Not signed. */
  readonly ageMs: Milliseconds;
}

export const carriedBeaconCodec: Codec<CarriedBeacon> = struct({
  pubkey: publicKeyCodec,
  counter: u64,
  tip: option(hashCodec),
  lifetimeMs: u32,
  sign: signatureCodec,
  ageMs: u32,
});

/** What its key signs. */
export function beaconDigest(network: string, { pubkey, counter, tip, lifetimeMs }: Omit<Beacon, 'sign'>): Hash {
  return taggedHash('beacon', encode(signedCodec, { network, pubkey, counter, tip, lifetimeMs }));
}

const signedCodec = struct({
  // A network's name is shorter (config.ts).
  network: text(64),
  pubkey: publicKeyCodec,
  counter: u64,
  tip: option(hashCodec),
  lifetimeMs: u32,
});
