/**
 * Finality by a committee, as one peer takes part in it: takes votes, passes them on, casts its own, and says from which
 * block fork choice begins (spec/safety.md, What a receipt may promise).
 *
 * Without a configured committee there is none, and this machine does nothing. A vote of our own is on the disk before
 * anybody hears of it. The walk begins at the highest prepared block, not only at the final one: who has committed it may
 * prepare nothing beside it, so a committee whose walk left it could never agree again. Sends nothing itself.
 */
import { decode, encode, option, struct } from '../codec/codec.ts';
import type { Curve } from '../crypto/curve.ts';
import { type Holder, holderOf, type PublicKey, type SecretKey, signatureHex } from '../crypto/keys.ts';
import type { Effects } from '../effects.ts';
import { CodecError } from '../errors.ts';
import type { LinkId, RequestId } from '../events.ts';
import type { Random } from '../random.ts';
import { type Ballots, ballotsCodec, cast, heightToVote, mayCast, noBallots } from './ballots.ts';
import { Committee, type IsAncestor, isSameCheckpoint, type Reached } from './committee.ts';
import { type Ballot, type Checkpoint, checkpointCodec, type Vote, voteCheck, voteDigest } from './votes.ts';

export interface FinalityOptions {
  readonly network: string;
  readonly committee: readonly PublicKey[];
  readonly curve: Curve;
  readonly random: Random;
  readonly secret: SecretKey;
  readonly publicKey: PublicKey;
}

/** What the chain must tell. */
export interface FinalityView {
  /** The newest block that others may hear of. */
  readonly tip: Checkpoint | undefined;
  /** The block of the main chain at a height, if its header is held. */
  at(height: number): Checkpoint | undefined;
  readonly isAncestor: IsAncestor;
}

/** A vote to pass on. */
export interface Cast {
  readonly vote: Vote;
  /** The link it came by; undefined for our own. */
  readonly link: LinkId | undefined;
}

/** Keeps bytes on the disk and calls back when they are there. */
export type Keep = (bytes: Uint8Array, then: () => void) => void;

/** Votes being checked at one time. */
const mostChecking = 512;
/** A vote for a height this far above our tip is of a chain that we do not hold, and comes again when we do. */
const mostAhead = 4_096;

export class Finality {
  readonly #options: FinalityOptions;
  readonly #effects: Effects;
  readonly #keep: Keep;
  #committee: Committee;
  #isMember: boolean;
  readonly #checking = new Map<RequestId, Cast>();
  readonly #names = new Set<string>();
  #ballots: Ballots = noBallots;
  #isKeeping = false;
  #toPass: Cast[] = [];
  /** Cast in an earlier life, and to be said again. */
  #unsaid: readonly Ballot[] = [];
  /** Whether votes or blocks have come since they were counted. */
  #mayCount = true;
  #tip: Checkpoint | undefined;

  constructor(options: FinalityOptions, effects: Effects, keep: Keep) {
    this.#options = options;
    this.#effects = effects;
    this.#keep = keep;
    this.#committee = new Committee(options.committee, nothing);
    this.#isMember = this.#committee.members.has(holderOf(options.publicKey));
  }

  /** What `keep` was last given, when the peer opens. A spoilt one counts as a member's that has voted for all it could. */
  restore(kept: Uint8Array): void {
    const state = stateOf(kept);
    if (state === undefined) {
      // Who cannot read what it has voted for votes no more: it might break its word.
      this.#isMember = false;
      return;
    }
    this.#committee = new Committee(this.#options.committee, state);
    this.#ballots = state.ballots;
    const { prepared, committed } = state.ballots;
    this.#unsaid = [
      ...prepared.slice(-1).map((ballot): Ballot => ({ kind: 'prepare', ...ballot })),
      ...(committed === undefined ? [] : [{ kind: 'commit', target: committed } as const]),
    ];
  }

  /** Below which nothing moves any more. */
  get final(): Checkpoint | undefined {
    return this.#committee.final;
  }

  /** Where the walk begins. */
  get floor(): Checkpoint | undefined {
    return this.#committee.prepared ?? this.#committee.final;
  }

  /** Whether the committee has voted for a block of which we may hold no more than its hash: all come to it. */
  hasQuorum(target: Checkpoint): boolean {
    return this.#committee.hasQuorum(target);
  }

  /** Members who have broken their word, once they are so many that two branches may be final; else none. */
  get isBroken(): boolean {
    return this.#committee.isBroken;
  }

  /** Members whose votes contradict each other. */
  get liars(): ReadonlySet<Holder> {
    return this.#committee.liars;
  }

  /** A neighbour's vote, not checked yet. */
  offer(vote: Vote, link: LinkId, tipHeight: number): void {
    const name = signatureHex(vote.sign);
    if (!this.#committee.wants(vote) || vote.ballot.target.height > tipHeight + mostAhead) return;
    if (this.#names.has(name) || this.#checking.size >= mostChecking) return;
    const request = this.#effects.nextRequest();
    this.#names.add(name);
    this.#checking.set(request, { vote, link });
    this.#effects.put({ kind: 'verify', request, checks: [voteCheck(this.#options.network, vote)] });
  }

  /** @returns whether this request was one of these checks */
  verified(request: RequestId, holds: boolean): boolean {
    const checked = this.#checking.get(request);
    if (checked === undefined) return false;
    this.#checking.delete(request);
    this.#names.delete(signatureHex(checked.vote.sign));
    if (holds) this.#take(checked);
    return true;
  }

  /** The chain has grown or moved. */
  blocksCame(): void {
    this.#mayCount = true;
  }

  /** What a new neighbour is told. */
  newest(): Vote[] {
    return this.#committee.newest();
  }

  /** Counts, and casts what may be cast. @returns whether anything is prepared or final that was not */
  advance(view: FinalityView): boolean {
    const { tip, isAncestor } = view;
    this.#repeat();
    const isMoved =
      tip?.height !== this.#tip?.height || (tip !== undefined && !isSameCheckpoint(tip, this.#tip ?? tip));
    if (!this.#mayCount && !isMoved) return false;
    this.#tip = tip;
    this.#mayCount = false;
    const changed = this.#committee.count(isAncestor);
    const chosen = this.#isMember && tip !== undefined && !this.#isKeeping ? this.#choose(tip, view) : [];
    if (chosen.length > 0) this.#cast(chosen);
    else if (changed) this.#keep(this.#state(), () => undefined);
    return changed;
  }

  /** Votes to pass on, each once. */
  takeCast(): Cast[] {
    return this.#toPass.splice(0);
  }

  /** What was cast before a crash may never have left; the same word given twice is one. */
  #repeat(): void {
    const ballots = this.#unsaid;
    this.#unsaid = [];
    for (const ballot of ballots) this.#take({ vote: this.#signed(ballot), link: undefined });
  }

  #choose(tip: Checkpoint, view: FinalityView): Ballot[] {
    const { prepared, final } = this.#committee;
    const wishes: Ballot[] = prepared === undefined ? [] : [{ kind: 'commit', target: prepared }];
    const target = view.at(heightToVote(tip.height, final?.height ?? -1));
    if (target !== undefined && (prepared === undefined || isAbove(target, prepared, view.isAncestor))) {
      wishes.push({ kind: 'prepare', source: prepared, target });
    }
    return wishes.filter((ballot) => {
      if (!mayCast(this.#ballots, ballot)) return false;
      this.#ballots = cast(this.#ballots, ballot);
      return true;
    });
  }

  #cast(ballots: readonly Ballot[]): void {
    this.#isKeeping = true;
    this.#keep(this.#state(), () => {
      this.#isKeeping = false;
      this.#mayCount = true;
      for (const ballot of ballots) this.#take({ vote: this.#signed(ballot), link: undefined });
    });
  }

  #state(): Uint8Array {
    const { prepared, final } = this.#committee;
    return encode(stateCodec, { ballots: this.#ballots, prepared, final });
  }

  #signed(ballot: Ballot): Vote {
    const { network, curve, random, secret, publicKey: voter } = this.#options;
    return { ballot, voter, sign: curve.sign(voteDigest(network, ballot, voter), secret, random(32)) };
  }

  #take(cast: Cast): void {
    if (!this.#committee.add(cast.vote)) return;
    this.#mayCount = true;
    this.#toPass.push(cast);
  }
}

function isAbove(target: Checkpoint, prepared: Checkpoint, isAncestor: IsAncestor): boolean {
  return target.height > prepared.height && isAncestor(prepared.hash, target.hash) === true;
}

interface State extends Reached {
  readonly ballots: Ballots;
}

const nothing = { ballots: noBallots, prepared: undefined, final: undefined };
const stateCodec = struct({ ballots: ballotsCodec, prepared: option(checkpointCodec), final: option(checkpointCodec) });

/** Undefined when it is spoilt. */
function stateOf(bytes: Uint8Array): State | undefined {
  try {
    return decode(stateCodec, bytes);
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}
