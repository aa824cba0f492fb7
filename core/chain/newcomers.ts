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
import type { Chain } from './chain.ts';
import type { Checked, Intake, Newcomer } from './intake.ts';
import type { Roots } from './roots.ts';
import type { Candidate } from './tree.ts';
import { judgeBlock } from './verify.ts';

export type Placement =
  /** It is held; `moved` when the main chain is another now. */
  | { readonly kind: 'taken'; readonly newcomer: Newcomer; readonly moved: boolean }
  /** Suspect only for its author: passed on to ours at once, believed later. */
  | { readonly kind: 'heldBack'; readonly newcomer: Newcomer; readonly relay: boolean }
  /** Its parent is not held. */
  | { readonly kind: 'orphaned'; readonly newcomer: Newcomer; readonly parent: Hash }
  /** It stands on another root's chain; whether it did not before. */
  | { readonly kind: 'foreign'; readonly newcomer: Newcomer; readonly root: HashHex; readonly isNew: boolean }
  | { readonly kind: 'invalid'; readonly newcomer: Newcomer; readonly why: string };

/** spec/safety.md, Blocks 4. */
export function graceMs({ delayMs }: RankDelay): Milliseconds {
  return Math.min(4 * delayMs, mostGraceMs);
}

const mostGraceMs = 8_000;
const mostHeldBack = 16;

interface HeldBack {
  readonly checked: Checked;
  readonly until: Milliseconds;
}

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
    return over.flatMap(({ checked }) => this.place(checked, true, now));
  }

  #placeOne(checked: Checked, mayBeNews: boolean, now: Milliseconds): Placement | undefined {
    const { newcomer, results } = checked;
    const { block } = newcomer.inspected;
    if (this.#chain.tree.block(newcomer.id) !== undefined) return undefined;
    const parent = block.parent === undefined ? undefined : this.#chain.tree.block(hashHex(block.parent));
    const belongs = block.parent === undefined ? this.#chain.count === 0 : parent !== undefined;
    const news = mayBeNews && belongs && parent === this.#chain.tree.tip;
    const nextChoices = (parent ?? this.#foreignParent(block))?.block.nextChoices;
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
    if (judgement.kind === 'suspect') return this.#holdBack(checked, judgement.why === 'author-not-chosen', now);
    const candidate: Candidate = { block, bytes: newcomer.bytes, ids: judgement.ids, verified: judgement.verified };
    if (belongs) return this.#take(newcomer, candidate, now);
    const foreign = this.#roots.offer(candidate, newcomer.link, this.#chain.root);
    if (foreign !== undefined) return { kind: 'foreign', newcomer, ...foreign };
    if (block.parent === undefined) return undefined;
    this.#intake.wait(checked, hashHex(block.parent));
    return { kind: 'orphaned', newcomer, parent: block.parent };
  }

  #foreignParent({ parent }: Block): Candidate | undefined {
    return parent === undefined ? undefined : this.#roots.block(hashHex(parent));
  }

  #take(newcomer: Newcomer, candidate: Candidate, now: Milliseconds): Placement | undefined {
    const added = this.#chain.add(candidate, now);
    if (added.kind === 'ignored' || added.kind === 'orphan') return undefined;
    this.#heldBack = this.#heldBack.filter(({ checked }) => checked.newcomer.id !== newcomer.id);
    return { kind: 'taken', newcomer, moved: added.kind === 'moved' };
  }

  #holdBack(checked: Checked, relay: boolean, now: Milliseconds): Placement | undefined {
    const { newcomer } = checked;
    if (this.#heldBack.length >= mostHeldBack) return undefined;
    if (this.#heldBack.some((held) => held.checked.newcomer.id === newcomer.id)) return undefined;
    this.#heldBack.push({ checked, until: now + graceMs(this.#rankDelay) });
    return { kind: 'heldBack', newcomer, relay };
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
