/**
 * What our peers say to each other of what they hold, in the extension carrier (docs/protocol.md, Extension carrier).
 *
 * Values and their codecs; the number of each is the carrier's (carrier.ts).
 */
import { type Codec, struct, u32 } from '../codec/codec.ts';
import { hashCodec } from '../crypto/key-codecs.ts';
import type { Hash } from '../crypto/keys.ts';

/** The newest block of the chain of whoever says it. */
export interface Head {
  /** Of that block; 0 for the first. */
  readonly height: number;
  readonly tip: Hash;
  /** The chain's first block. */
  readonly root: Hash;
}

export const headCodec: Codec<Head> = struct({ height: u32, tip: hashCodec, root: hashCodec });
