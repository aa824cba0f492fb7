/**
 * What one member may still vote for, after all it has voted for: no double vote, and none that surrounds another.
 *
 * It never prepares two blocks of one height; it prepares nothing above a block that it has committed but from that block
 * or a higher one; and it commits nothing that a vote of its own goes past from below. Kept on disk before a vote leaves,
 * so that no restart makes it forget (spec/safety.md, What a receipt may promise). Signs nothing and sends nothing.
 */
import { type Codec, option, struct, vector } from '../codec/codec.ts';
import type { Ballot, Checkpoint } from './votes.ts';
import { checkpointCodec } from './votes.ts';

/** What a member keeps of its own votes. */
export interface Ballots {
  /** By height, rising. */
  readonly prepared: readonly Prepared[];
  readonly committed: Checkpoint | undefined;
}

interface Prepared {
  readonly source: Checkpoint | undefined;
  readonly target: Checkpoint;
}

/** Own prepares that are remembered; nothing is committed below the lowest of so many. */
export const mostPrepared = 64;

export const noBallots: Ballots = { prepared: [], committed: undefined };

export const ballotsCodec: Codec<Ballots> = struct({
  prepared: vector(struct({ source: option(checkpointCodec), target: checkpointCodec }), mostPrepared),
  committed: option(checkpointCodec),
});

/** Whether casting it keeps all promises made before. */
export function mayCast({ prepared, committed }: Ballots, ballot: Ballot): boolean {
  const last = prepared.at(-1);
  const { height } = ballot.target;
  if (ballot.kind === 'prepare') {
    if (last !== undefined && height <= last.target.height) return false;
    return committed === undefined || heightOf(ballot.source) >= committed.height;
  }
  if (committed !== undefined && height <= committed.height) return false;
  if (prepared.length >= mostPrepared && height < (prepared[0]?.target.height ?? 0)) return false;
  return prepared.every(({ source, target }) => !(heightOf(source) < height && height < target.height));
}

/** The promises with this one added. */
export function cast({ prepared, committed }: Ballots, ballot: Ballot): Ballots {
  if (ballot.kind === 'commit') return { prepared, committed: ballot.target };
  const { source, target } = ballot;
  return { prepared: [...prepared, { source, target }].slice(-mostPrepared), committed };
}

/** Nothing is below every block. */
function heightOf(checkpoint: Checkpoint | undefined): number {
  return checkpoint?.height ?? -1;
}
