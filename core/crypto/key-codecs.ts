/**
 * Keys, hashes and signatures as they stand on the wire (spec/wire.md, first table).
 *
 * A PubKey is read as any 33 bytes: what the reference relays innocently may carry one that is no key, and whether
 * it counts is judged where it matters (spec/safety.md, Blocks 3), not by closing the link.
 */
import { fixedBytes } from '../codec/codec.ts';
import { type Hash, hashBytes, type PublicKey, publicKeyBytes, type Signature, signatureBytes } from './keys.ts';

export const publicKeyCodec = fixedBytes<PublicKey>(publicKeyBytes);
export const hashCodec = fixedBytes<Hash>(hashBytes);
export const signatureCodec = fixedBytes<Signature>(signatureBytes);
