/**
 * What the votes of a committee come to: which blocks are prepared, and which are final (spec/safety.md, What a receipt
 * may promise).
 *
 * Two phases. A block is prepared when more than two thirds have voted for it, and final when more than two thirds have
 * committed it. An honest member votes only from a source that it knew to be prepared, below its target, and commits
 * only what it knew to be prepared; so nobody else need see why, and whoever missed the votes before loses nothing.
 * None prepares two blocks of one height, nor one above a block that it has committed from a source below it
 * (ballots.ts); so two finals on two branches take more than a third who do. Whoever votes twice counts on both sides, as
 * these thirds suppose, and is remembered. Takes votes whose signatures were checked; knows no links, and of the chain
 * only what it is told.
 */
import { equalBytes } from '../codec/bytes.ts';
import { type Hash, type HashHex, type Holder, hashHex, holderOf, type PublicKey } from '../crypto/keys.ts';
import { contradicts } from './ballots.ts';
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
/** A second one for the same height shows that its voter has broken its word; more show nothing new. */
const mostVotesAtOne = 2;
/** As many of each member in each phase are told to a new neighbour: votes for the newest block may still be on their way. */
const newestVotes = 4;

/** Who has voted for one block in one phase. */
interface Support {
  readonly kind: Ballot['kind'];
  readonly target: Checkpoint;
  readonly voters: Set<Holder>;
}

export class Committee {
  readonly members: ReadonlySet<Holder>;
  /** More than two thirds. */
  readonly quorum: number;
  /** By voter and phase, by height. */
  readonly #votes = new Map<string, Map<number, Vote[]>>();
  /** By phase and block. */
  readonly #support = new Map<string, Support>();
  readonly #liars = new Set<Holder>();
  readonly #prepared = new Map<HashHex, Checkpoint>();
  #highest: Checkpoint | undefined;
  #final: Checkpoint | undefined;
  #hasTwoFinals = false;

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

  /** Whether enough have voted for a block, in either phase, whether or not it is held. */
  hasQuorum(target: Checkpoint): boolean {
    return (['prepare', 'commit'] as const).some((kind) => {
      return (this.#support.get(supportName({ kind, target }))?.voters.size ?? 0) >= this.quorum;
    });
  }

  /** Members whose votes contradict each other. */
  get liars(): ReadonlySet<Holder> {
    return this.#liars;
  }

  /** Whether so many lie that two blocks on two branches may be final. */
  get isBroken(): boolean {
    return this.#hasTwoFinals || (this.#liars.size > 0 && this.#liars.size >= 2 * this.quorum - this.members.size);
  }

  /** Whether this vote could still count, or show that its voter has broken its word, and is not held. */
  wants({ ballot, voter }: Vote): boolean {
    const { height } = ballot.target;
    if (!this.members.has(holderOf(voter)) || height < (this.#final?.height ?? -1)) return false;
    const votes = this.#votes.get(seat(ballot, voter));
    const held = votes?.get(height);
    if (held !== undefined) {
      return held.length < mostVotesAtOne && held.every((other) => ballotName(other.ballot) !== ballotName(ballot));
    }
    return votes === undefined || votes.size < mostVotesEach || height > lowest(votes);
  }

  /** A vote whose signature holds. @returns whether it is new, and of use */
  add(vote: Vote): boolean {
    if (!this.wants(vote)) return false;
    const { ballot, voter } = vote;
    const holder = holderOf(voter);
    if (this.#heldOf(voter).some((other) => contradicts(other.ballot, ballot))) this.#liars.add(holder);
    const place = seat(ballot, voter);
    const votes = this.#votes.get(place) ?? new Map<number, Vote[]>();
    this.#votes.set(place, votes);
    votes.set(ballot.target.height, [...(votes.get(ballot.target.height) ?? []), vote]);
    this.#supporters(ballot).add(holder);
    if (votes.size > mostVotesEach) this.#forget(votes, lowest(votes));
    return true;
  }

  /**
   * Counts anew; called when votes or blocks have come.
   * @returns whether anything is prepared or final that was not
   */
  count(isAncestor: IsAncestor): boolean {
    const [prepared, final] = [this.#highest, this.#final];
    const ascending = [...this.#support.values()].sort((a, b) => a.target.height - b.target.height);
    for (const { kind, target, voters } of ascending) {
      if (voters.size < this.quorum) continue;
      if (kind === 'commit') this.#commit(target, isAncestor);
      else if (!this.#isPrepared(target) && this.#follows(target, isAncestor)) this.#prepare(target);
    }
    if (this.#final !== final) this.#forgetOld();
    return this.#highest !== prepared || this.#final !== final;
  }

  /** The newest votes of each member in each phase, for a new neighbour. */
  newest(): Vote[] {
    return [...this.#votes.values()].flatMap((votes) =>
      [...votes]
        .sort(([a], [b]) => b - a)
        .slice(0, newestVotes)
        .flatMap(([, held]) => held),
    );
  }

  #heldOf(voter: PublicKey): Vote[] {
    return (['prepare', 'commit'] as const).flatMap((kind) => {
      return [...(this.#votes.get(`${kind} ${holderOf(voter)}`)?.values() ?? [])].flat();
    });
  }

  #supporters(ballot: Ballot): Set<Holder> {
    const { kind, target } = ballot;
    const place = supportName(ballot);
    const support = this.#support.get(place) ?? { kind, target, voters: new Set() };
    this.#support.set(place, support);
    return support.voters;
  }

  /** Whether it is held, and stands above what is final. */
  #follows({ height, hash }: Checkpoint, isAncestor: IsAncestor): boolean {
    if (this.#final === undefined) return isAncestor(hash, hash) === true;
    return height > this.#final.height && isAncestor(this.#final.hash, hash) === true;
  }

  #commit(target: Checkpoint, isAncestor: IsAncestor): void {
    if (this.#follows(target, isAncestor)) {
      this.#prepare(target);
      this.#final = target;
    } else if (this.#final !== undefined && target.height >= this.#final.height) {
      const isSame = isSameCheckpoint(target, this.#final);
      if (!isSame && isAncestor(this.#final.hash, target.hash) === false) this.#hasTwoFinals = true;
    }
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

  #forget(votes: Map<number, Vote[]>, height: number): void {
    for (const { ballot, voter } of votes.get(height) ?? []) {
      const place = supportName(ballot);
      const voters = this.#support.get(place)?.voters;
      voters?.delete(holderOf(voter));
      if (voters?.size === 0) this.#support.delete(place);
    }
    votes.delete(height);
  }
}

export function isSameCheckpoint(a: Checkpoint, b: Checkpoint): boolean {
  return a.height === b.height && equalBytes(a.hash, b.hash);
}

function seat({ kind }: Ballot, voter: PublicKey): string {
  return `${kind} ${holderOf(voter)}`;
}

/** Of all votes for one block in one phase. */
function supportName({ kind, target }: Pick<Ballot, 'kind' | 'target'>): string {
  return `${kind} ${target.height} ${hashHex(target.hash)}`;
}

function lowest(votes: ReadonlyMap<number, unknown>): number {
  return Math.min(...votes.keys());
}
