/**
 * What a member of the committee signs: that a block is prepared on a source, and that it is committed.
 *
 * A signature is over a tagged hash that names the network, so that a vote of one network is none of another
 * (spec/safety.md, Networks and signatures). It judges nothing: what votes come to is committee.ts's. Bytes:
 * docs/protocol.md, Extension carrier.
 */

import { bytesToHex } from '../codec/bytes.ts';
import { type Codec, encode, option, struct, text, u32, union } from '../codec/codec.ts';
import type { SignatureCheck } from '../crypto/curve.ts';
import { taggedHash } from '../crypto/hash.ts';
import { hashCodec, publicKeyCodec, signatureCodec } from '../crypto/key-codecs.ts';
import type { Hash, PublicKey, Signature } from '../crypto/keys.ts';

/** A block by its place and its hash. */
export interface Checkpoint {
  readonly height: number;
  readonly hash: Hash;
}

export type Ballot =
  /** "`target` stands on `source`, which I know to be prepared by more than two thirds"; no source: on nothing yet. */
  | { readonly kind: 'prepare'; readonly source: Checkpoint | undefined; readonly target: Checkpoint }
  /** "I know `target` to be prepared by more than two thirds, and will prepare nothing that is not on it." */
  | { readonly kind: 'commit'; readonly target: Checkpoint };

export interface Vote {
  readonly ballot: Ballot;
  readonly voter: PublicKey;
  readonly sign: Signature;
}

const networkBytes = 64;

export const checkpointCodec: Codec<Checkpoint> = struct({ height: u32, hash: hashCodec });

export const ballotCodec: Codec<Ballot> = union({
  prepare: { number: 0, codec: struct({ source: option(checkpointCodec), target: checkpointCodec }) },
  commit: { number: 1, codec: struct({ target: checkpointCodec }) },
});

export const voteCodec: Codec<Vote> = struct({ ballot: ballotCodec, voter: publicKeyCodec, sign: signatureCodec });

/** What a vote's signature is over. */
export function voteDigest(network: string, ballot: Ballot, voter: PublicKey): Hash {
  return taggedHash('vote', encode(voteContent, { network, ballot, voter }));
}

export function voteCheck(network: string, { ballot, voter, sign }: Vote): SignatureCheck {
  return { key: voter, digest: voteDigest(network, ballot, voter), signature: sign };
}

/** The same for two ballots that say the same. */
export function ballotName(ballot: Ballot): string {
  return bytesToHex(encode(ballotCodec, ballot));
}

const voteContent = struct({ network: text(networkBytes), ballot: ballotCodec, voter: publicKeyCodec });
