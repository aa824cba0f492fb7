/**
 * What the votes of a committee come to: which blocks are prepared, and which are final (spec/safety.md, What a receipt
 * may promise).
 *
 * Two phases. A block is prepared when more than two thirds have voted for it with one and the same source, which is
 * prepared itself and one of its ancestors, or none. It is final when more than two thirds have committed it: each
 * honest one of them knew it to be prepared, so whoever comes later need not have seen how. Nobody honest prepares two
 * blocks of one height, nor one above a block that it has committed from a source below it (ballots.ts); so two finals on
 * two branches take more than a third who do. Takes votes whose signatures were checked; knows no links, and of the chain
 * only what it is told.
 */
import { equalBytes } from '../codec/bytes.ts';
import { type Hash, type HashHex, type Holder, hashHex, holderOf, type PublicKey } from '../crypto/keys.ts';
import { type Ballot, ballotName, type Checkpoint, type Vote } from './votes.ts';

/** The highest blocks that are prepared and final. */
export interface Reached {
  readonly prepared: Checkpoint | undefined;
  readonly final: Checkpoint | undefined;
}

/** Whether one block is an ancestor of another, or it itself; undefined while either is not held. */
export type IsAncestor = (ancestor: Hash, of: Hash) => boolean | undefined;

/** Members at most: each block costs two votes of every member. */
export const mostMembers = 256;
/** Heights for which a member's votes are held in one phase; of more, the lowest leave. */
export const mostVotesEach = 64;
/** As many of each member in each phase are told to a new neighbour: votes for the newest block may still be on their way. */
const newestVotes = 4;

export class Committee {
  readonly members: ReadonlySet<Holder>;
  /** More than two thirds. */
  readonly quorum: number;
  /** By voter and phase, by height. */
  readonly #votes = new Map<string, Map<number, Vote>>();
  /** By what they say: who says it. */
  readonly #supporters = new Map<string, { readonly ballot: Ballot; readonly voters: Set<Holder> }>();
  readonly #prepared = new Map<HashHex, Checkpoint>();
  #highest: Checkpoint | undefined;
  #final: Checkpoint | undefined;
  #contradiction: Checkpoint | undefined;

  /** @param known what was prepared and final when this peer was last open */
  constructor(members: readonly PublicKey[], known: Reached) {
    this.members = new Set(members.map(holderOf));
    this.quorum = Math.floor((2 * this.members.size) / 3) + 1;
    if (known.prepared !== undefined) this.#prepare(known.prepared);
    this.#final = known.final;
  }

  /** The highest block that is prepared. */
  get prepared(): Checkpoint | undefined {
    return this.#highest;
  }

  /** The highest block that is final. */
  get final(): Checkpoint | undefined {
    return this.#final;
  }

  /** Whether this vote could still count and is not held. */
  wants({ ballot, voter }: Vote): boolean {
    const { height } = ballot.target;
    if (!this.members.has(holderOf(voter)) || height <= (this.#final?.height ?? -1)) return false;
    const votes = this.#votes.get(seat(ballot, voter));
    return votes === undefined || (!votes.has(height) && (votes.size < mostVotesEach || height > lowest(votes)));
  }

  /** A vote whose signature holds. The first of a member for a height and phase counts. @returns whether it is new */
  add(vote: Vote): boolean {
    if (!this.wants(vote)) return false;
    const { ballot, voter } = vote;
    const place = seat(ballot, voter);
    const votes = this.#votes.get(place) ?? new Map<number, Vote>();
    this.#votes.set(place, votes);
    votes.set(ballot.target.height, vote);
    const name = ballotName(ballot);
    const supporters = this.#supporters.get(name) ?? { ballot, voters: new Set() };
    this.#supporters.set(name, supporters);
    supporters.voters.add(holderOf(voter));
    if (votes.size > mostVotesEach) this.#forget(votes, lowest(votes));
    return true;
  }

  /**
   * Counts anew; called when votes or blocks have come.
   * @returns whether anything is prepared or final that was not
   */
  count(isAncestor: IsAncestor): boolean {
    const [prepared, final] = [this.#highest, this.#final];
    // Whatever is prepared may be the source of what is higher.
    const carried = [...this.#supporters.values()].filter(({ voters }) => voters.size >= this.quorum);
    carried.sort((a, b) => a.ballot.target.height - b.ballot.target.height);
    for (const { ballot } of carried) {
      const { kind, target } = ballot;
      if (kind === 'prepare' ? this.#carries(ballot, isAncestor) : this.#follows(target, isAncestor)) {
        this.#prepare(target);
        if (kind === 'commit') this.#final = target;
      } else if (kind === 'commit') this.#contradict(target, isAncestor);
    }
    if (this.#final !== final) this.#forgetOld();
    return this.#highest !== prepared || this.#final !== final;
  }

  /** More than two thirds have committed a block on another branch than what was final: more than a third lie. */
  get contradiction(): Checkpoint | undefined {
    return this.#contradiction;
  }

  /** The newest votes of each member in each phase, for a new neighbour. */
  newest(): Vote[] {
    return [...this.#votes.values()].flatMap((votes) =>
      [...votes.values()].sort((a, b) => b.ballot.target.height - a.ballot.target.height).slice(0, newestVotes),
    );
  }

  #carries(ballot: Extract<Ballot, { kind: 'prepare' }>, isAncestor: IsAncestor): boolean {
    const { source, target } = ballot;
    if (this.#isPrepared(target) || !this.#follows(target, isAncestor)) return false;
    if (source === undefined) return true;
    if (source.height >= target.height || !this.#isPrepared(source)) return false;
    return isAncestor(source.hash, target.hash) === true;
  }

  /** Whether it is held, and stands above what is final. */
  #follows({ height, hash }: Checkpoint, isAncestor: IsAncestor): boolean {
    if (this.#final === undefined) return isAncestor(hash, hash) === true;
    return height > this.#final.height && isAncestor(this.#final.hash, hash) === true;
  }

  #contradict(target: Checkpoint, isAncestor: IsAncestor): void {
    if (this.#final === undefined || target.height < this.#final.height) return;
    if (isAncestor(this.#final.hash, target.hash) === false) this.#contradiction = target;
  }

  #isPrepared({ height, hash }: Checkpoint): boolean {
    const prepared = this.#prepared.get(hashHex(hash));
    return prepared !== undefined && prepared.height === height;
  }

  #prepare(checkpoint: Checkpoint): void {
    this.#prepared.set(hashHex(checkpoint.hash), checkpoint);
    if (this.#highest === undefined || checkpoint.height > this.#highest.height) this.#highest = checkpoint;
  }

  /** What is below the final block can change nothing any more. */
  #forgetOld(): void {
    const height = this.#final?.height ?? -1;
    for (const votes of this.#votes.values()) {
      for (const voted of votes.keys()) if (voted < height) this.#forget(votes, voted);
    }
    for (const [hash, checkpoint] of this.#prepared) if (checkpoint.height < height) this.#prepared.delete(hash);
  }

  #forget(votes: Map<number, Vote>, height: number): void {
    const vote = votes.get(height);
    if (vote === undefined) return;
    votes.delete(height);
    const name = ballotName(vote.ballot);
    const supporters = this.#supporters.get(name);
    supporters?.voters.delete(holderOf(vote.voter));
    if (supporters?.voters.size === 0) this.#supporters.delete(name);
  }
}

export function isSameCheckpoint(a: Checkpoint, b: Checkpoint): boolean {
  return a.height === b.height && equalBytes(a.hash, b.hash);
}

function seat({ kind }: Ballot, voter: PublicKey): string {
  return `${kind} ${holderOf(voter)}`;
}

function lowest(votes: ReadonlyMap<number, Vote>): number {
  return Math.min(...votes.keys());
}
