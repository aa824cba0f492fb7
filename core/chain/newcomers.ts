/**
 * Where a block whose checks have come back belongs: in the tree, behind its parent, with another root, or nowhere.
 *
 * One author rule on every path (spec/safety.md, Blocks 5). A suspect child of the tip is held back for its grace time
 * and then taken like any other (Blocks 4). Decides; what follows for links and requests is the caller's.
 */
import type { Authoring } from '../authoring/authoring.ts';
import type { RankDelay } from '../authoring/rank-delay.ts';
import type { Milliseconds } from '../config.ts';
import type { Curve } from '../crypto/curve.ts';
import { type Hash, type HashHex, hashHex, type PublicKey } from '../crypto/keys.ts';
import { onlineForAcceptingMs } from '../network/member.ts';
import type { Members } from '../network/members.ts';
import type { Block } from './block.ts';
import { isBetterBody } from './body.ts';
import type { Chain } from './chain.ts';
import type { Checked, Intake, Newcomer } from './intake.ts';
import type { Roots } from './roots.ts';
import type { Candidate } from './tree.ts';
import { type Judgement, judgeBlock } from './verify.ts';

export type Placement =
  | Taken
  /** Suspect. Only for its author: passed on to ours at once, believed later. For its items: there may be a better body. */
  | {
      readonly kind: 'heldBack';
      readonly newcomer: Newcomer;
      readonly relay: boolean;
      readonly doubtful: Candidate | undefined;
    }
  /** Its parent is not held. */
  | { readonly kind: 'orphaned'; readonly newcomer: Newcomer; readonly parent: Hash }
  /** It stands on another root's chain; whether it did not before. */
  | { readonly kind: 'foreign'; readonly newcomer: Newcomer; readonly root: HashHex; readonly isNew: boolean }
  | { readonly kind: 'invalid'; readonly newcomer: Newcomer; readonly why: string };

/** It is held now. */
export interface Taken {
  readonly kind: 'taken';
  readonly newcomer: Newcomer;
  /** On the main chain, on the branch that this is on its way to, or beside it. */
  readonly standing: 'moved' | 'moving' | 'side';
  /** Beside the main chain, yet the walk rests on it. */
  readonly counts: boolean;
  /** Undefined when all its items hold, or its grace time is over; else what may be a re-cut body. */
  readonly doubtful: Candidate | undefined;
}

/** spec/safety.md, Blocks 4. */
export function graceMs({ delayMs }: RankDelay): Milliseconds {
  return Math.min(4 * delayMs, mostGraceMs);
}

const mostGraceMs = 8_000;
const mostHeldBack = 16;

interface HeldBack {
  readonly checked: Checked;
  readonly body: Candidate;
  readonly until: Milliseconds;
}

type Suspect = Extract<Judgement, { kind: 'suspect' }>;

export class Newcomers {
  readonly #chain: Chain;
  readonly #intake: Intake;
  readonly #roots: Roots;
  readonly #authoring: Authoring;
  readonly #members: Members;
  readonly #curve: Curve;
  readonly #rankDelay: RankDelay;
  #heldBack: HeldBack[] = [];

  constructor(
    chain: Chain,
    intake: Intake,
    roots: Roots,
    authoring: Authoring,
    members: Members,
    curve: Curve,
    rankDelay: RankDelay,
  ) {
    this.#chain = chain;
    this.#intake = intake;
    this.#roots = roots;
    this.#authoring = authoring;
    this.#members = members;
    this.#curve = curve;
    this.#rankDelay = rankDelay;
  }

  get deadline(): Milliseconds | undefined {
    // D may have changed since: the first to come need not be the first to go.
    return this.#heldBack.reduce<Milliseconds | undefined>(
      (earliest, { until }) => (earliest === undefined || until < earliest ? until : earliest),
      undefined,
    );
  }

  /** @param catchingUp whether we are behind, so that nothing counts as news */
  place(checked: Checked, catchingUp: boolean, now: Milliseconds): Placement[] {
    const placements: Placement[] = [];
    const queue = [checked];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const placement = this.#placeOne(next, !catchingUp && !next.newcomer.requested, now);
      if (placement === undefined) continue;
      placements.push(placement);
      if (placement.kind === 'taken' || placement.kind === 'foreign') {
        queue.push(...this.#intake.children(next.newcomer.id));
      }
    }
    return placements;
  }

  /** Blocks whose grace time is over are taken as they are. */
  elapse(now: Milliseconds): Placement[] {
    const over = this.#heldBack.filter(({ until }) => until <= now);
    this.#heldBack = this.#heldBack.filter(({ until }) => until > now);
    return over.flatMap(({ checked }) => {
      const placements = this.place(checked, true, now);
      const isIt = ({ newcomer }: Placement) => newcomer === checked.newcomer;
      return placements.map((placement) => {
        return placement.kind === 'taken' && isIt(placement) ? { ...placement, doubtful: undefined } : placement;
      });
    });
  }

  #placeOne(checked: Checked, mayBeNews: boolean, now: Milliseconds): Placement | undefined {
    const { newcomer, results } = checked;
    const { block } = newcomer.inspected;
    const { tree } = this.#chain;
    const parent = block.parent === undefined ? undefined : tree.header(hashHex(block.parent));
    const belongs = block.parent === undefined ? this.#chain.count === 0 : parent !== undefined;
    const isHeld = tree.holds(newcomer.id);
    const news = mayBeNews && belongs && !isHeld && parent?.id === tree.tip?.id;
    const nextChoices = parent?.nextChoices ?? this.#foreignParent(block)?.block.nextChoices;
    if (nextChoices !== undefined && !this.#authoring.accepts(block.author, nextChoices, nobody)) {
      return { kind: 'invalid', newcomer, why: 'its author was not chosen' };
    }
    const judgement = judgeBlock(newcomer.inspected, results, {
      news,
      isPoint: (key) => this.#curve.isPoint(key),
      authorListedOrNobodyOnline:
        nextChoices === undefined ||
        this.#authoring.accepts(block.author, nextChoices, (key) => this.#expected(key, now)),
    });
    if (judgement.kind === 'invalid') return { kind: 'invalid', newcomer, why: judgement.why };
    if (judgement.kind === 'suspect') return this.#holdBack(checked, judgement, now);
    const candidate: Candidate = { block, bytes: newcomer.bytes, ids: judgement.ids, verified: judgement.verified };
    if (isHeld) return this.#recut(newcomer, candidate, now);
    if (belongs) return this.#take(newcomer, candidate, now);
    const foreign = this.#roots.offer(candidate, newcomer.link, this.#chain.root);
    if (foreign !== undefined) return { kind: 'foreign', newcomer, ...foreign };
    if (block.parent === undefined) return undefined;
    this.#intake.wait(checked, hashHex(block.parent));
    return { kind: 'orphaned', newcomer, parent: block.parent };
  }

  /** Its hash is held: of two bodies the better one stays (spec/safety.md, Blocks 2). */
  #recut({ id }: Newcomer, candidate: Candidate, now: Milliseconds): undefined {
    const { doubts, tree } = this.#chain;
    const held = doubts.body(id) ?? tree.block(id);
    if (held === undefined || !this.#chain.recut(candidate, held, now)) return;
    if (candidate.verified.includes(false)) doubts.better(id, candidate);
    else doubts.settle(id);
  }

  #foreignParent({ parent }: Block): Candidate | undefined {
    return parent === undefined ? undefined : this.#roots.block(hashHex(parent));
  }

  #take(newcomer: Newcomer, candidate: Candidate, now: Milliseconds): Placement | undefined {
    const added = this.#chain.add(candidate, now, newcomer.link);
    if (added.kind === 'ignored' || added.kind === 'orphan') return undefined;
    this.#heldBack = this.#heldBack.filter(({ checked }) => checked.newcomer.id !== newcomer.id);
    const doubtful = candidate.verified.includes(false) ? candidate : undefined;
    if (doubtful === undefined) this.#chain.doubts.settle(newcomer.id);
    return { kind: 'taken', newcomer, standing: added.kind, counts: added.counts, doubtful };
  }

  #holdBack(checked: Checked, judgement: Suspect, now: Milliseconds): Placement | undefined {
    const { newcomer } = checked;
    const { block, ids, verified } = judgement;
    const body: Candidate = { block, ids, verified, bytes: newcomer.bytes };
    const same = this.#heldBack.findIndex((held) => held.checked.newcomer.id === newcomer.id);
    const before = this.#heldBack[same];
    if (before !== undefined) {
      if (isBetterBody(body, before.body)) this.#heldBack[same] = { ...before, checked, body };
      return undefined;
    }
    if (this.#heldBack.length >= mostHeldBack) return undefined;
    this.#heldBack.push({ checked, body, until: now + graceMs(this.#rankDelay) });
    const doubtful = judgement.why === 'item-signature' ? body : undefined;
    return { kind: 'heldBack', newcomer, relay: judgement.why === 'author-not-chosen', doubtful };
  }

  /** A candidate's turn is honoured for its time, counted from the newest block's arrival if that is later. */
  #expected(key: PublicKey, now: Milliseconds): boolean {
    const arrivedAt = this.#chain.tree.tip?.arrivedAt ?? 0;
    return now < arrivedAt + onlineForAcceptingMs || this.#members.onlineForAccepting(key, now);
  }
}

function nobody(): boolean {
  return false;
}
