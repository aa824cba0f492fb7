/**
 * What one member may still vote for, after all it has voted for: no double vote, and none that surrounds another.
 *
 * It never prepares two blocks of one height; it prepares nothing above a block that it has committed but from that block
 * or a higher one; and it commits nothing that a vote of its own goes past from below. Kept on disk before a vote leaves,
 * so that no restart makes it forget (spec/safety.md, What a receipt may promise). Signs nothing and sends nothing.
 */
import { type Codec, option, struct, vector } from '../codec/codec.ts';
import type { Ballot, Checkpoint } from './votes.ts';
import { ballotName, checkpointCodec } from './votes.ts';

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

/** Heights voted for are so far apart at most: of older blocks than 4,096 not even the header is held. */
const mostStride = 1_024;
/** So many of them fit between what is final and the newest block. */
const strideRoom = 8;

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
  return !prepared.some((vote) => surrounds(vote, height));
}

/** Whether nobody who keeps its word casts both. */
export function contradicts(a: Ballot, b: Ballot): boolean {
  if (a.kind === b.kind) return a.target.height === b.target.height && ballotName(a) !== ballotName(b);
  const [prepare, commit] = a.kind === 'prepare' ? [a, b] : [b, a];
  return prepare.kind === 'prepare' && surrounds(prepare, commit.target.height);
}

/**
 * The height to vote for: the newest block's, unless that is far ahead of what is final. Then votes take longer than
 * blocks, each is cast before the one before could be committed, and so only heights further and further apart are
 * voted for: multiples of one number, so that members who see different newest blocks mean the same ones.
 * @param final -1: nothing
 */
export function heightToVote(tip: number, final: number): number {
  let stride = 1;
  while (stride < mostStride && tip - final >= strideRoom * stride) stride *= 2;
  return tip - (tip % stride);
}

/** The promises with this one added. */
export function cast({ prepared, committed }: Ballots, ballot: Ballot): Ballots {
  if (ballot.kind === 'commit') return { prepared, committed: ballot.target };
  const { source, target } = ballot;
  return { prepared: [...prepared, { source, target }].slice(-mostPrepared), committed };
}

function surrounds({ source, target }: Prepared, height: number): boolean {
  return heightOf(source) < height && height < target.height;
}

/** Nothing is below every block. */
function heightOf(checkpoint: Checkpoint | undefined): number {
  return checkpoint?.height ?? -1;
}
