import { describe, expect, it } from 'vitest';
import { bytesToHex } from '../../../../core/codec/bytes.ts';
import { decode, encode } from '../../../../core/codec/codec.ts';
import { sha256 } from '../../../../core/crypto/hash.ts';
import { CodecError } from '../../../../core/errors.ts';
import { type Ballot, ballotName, type Vote, voteCodec, voteDigest } from '../../../../core/finality/votes.ts';
import { Author } from '../../../model/author.ts';

const voter = new Author(1).key;
const at = (height: number) => ({ height, hash: sha256(Uint8Array.of(height)) });
const ballots: readonly Ballot[] = [
  { kind: 'prepare', source: undefined, target: at(0) },
  { kind: 'prepare', source: at(0), target: at(1) },
  { kind: 'prepare', source: at(0), target: at(2) },
  { kind: 'commit', target: at(1) },
  { kind: 'commit', target: at(2) },
];
const vote = (ballot: Ballot): Vote => ({ ballot, voter, sign: new Uint8Array(64).fill(9) as Vote['sign'] });

describe('a vote', () => {
  it.each(ballots)('comes back from its bytes: %j', (ballot) => {
    expect(decode(voteCodec, encode(voteCodec, vote(ballot)))).toEqual(vote(ballot));
  });

  it('is over what it says, who says it and the network, each of which changes it', () => {
    const other = new Author(2).key;
    const digests = ballots.flatMap((ballot) => [
      voteDigest('main', ballot, voter),
      voteDigest('main', ballot, other),
      voteDigest('other', ballot, voter),
    ]);
    expect(new Set(digests.map(bytesToHex)).size).toBe(3 * ballots.length);
    expect(new Set(ballots.map(ballotName)).size).toBe(ballots.length);
  });

  it('is refused when a byte is missing, left over, or names a phase there is not', () => {
    const bytes = encode(voteCodec, vote(ballots[1] as Ballot));
    const phase = bytes.slice();
    phase[0] = 2;
    for (const spoilt of [bytes.slice(0, -1), Uint8Array.of(...bytes, 0), phase]) {
      expect(() => decode(voteCodec, spoilt)).toThrow(CodecError);
    }
  });
});
