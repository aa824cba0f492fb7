/**
 * What happens when a neighbour's chain has another root: both beginnings are read, one of them stays.
 *
 * Decides with roots.ts once the other chain has been read as far as it goes, or as far as a decision can need. When
 * theirs wins, the application is told of every block of ours that is left, so all of it is read first. Follows
 * spec/safety.md, Roots.
 */

import type { Newcomer } from './chain/intake.ts';
import { settledBlocks } from './chain/roots.ts';
import { type Candidate, keptCandidate } from './chain/tree.ts';
import { equalBytes } from './codec/bytes.ts';
import type { Milliseconds } from './config.ts';
import { type HashHex, hashHex } from './crypto/keys.ts';
import { invariant } from './errors.ts';
import type { ChainBlock, LinkId, Loaded, RequestId } from './events.ts';
import type { Checkpoint } from './finality/votes.ts';
import type { Machines } from './machines.ts';

/** Our own chain as it is read for a comparison. */
interface Reading {
  readonly root: HashHex;
  readonly request: RequestId;
  /** From the root on. */
  readonly own: readonly ChainBlock[];
}

/** Another root's chain has taken the place of ours. @param from who brought it */
export type Replaced = (theirs: readonly Candidate[], from: LinkId, now: Milliseconds) => void;

const batchBlocks = 512;
const batchBytes = 16 * 1024 * 1024;
/** A chain that lost is compared again only then: its holders need a moment to come over to ours. */
const lostMs = 5_000;
/**
 * A neighbour of ours that stays with its root when ours has won twice, 5 s apart, knows a reference peer that holds it, as we do
 * of ours, or takes somebody for one: neither root gives way for that then, or the two would part for good.
 */
const insistingAfter = 2;
/** Roots remembered for it. */
const mostLost = 64;
/** Nothing changes by itself between two that only an operator can decide between. */
const undecidableMs = 600_000;

export class RootContest {
  readonly #machines: Machines;
  readonly #replaced: Replaced;
  /** How often each root has lost against ours while one of ours held it. */
  readonly #lost = new Map<HashHex, number>();
  #reading: Reading | undefined;

  constructor(machines: Machines, replaced: Replaced) {
    this.#machines = machines;
    this.#replaced = replaced;
  }

  get isReading(): boolean {
    return this.#reading !== undefined;
  }

  /** A block was added to a chain with another root. */
  grown(newcomer: Newcomer, root: HashHex, now: Milliseconds): void {
    const { roots, sync, links } = this.#machines;
    const link = links.greetedLink(newcomer.link);
    if (link !== undefined) link.root = root;
    // News is the newest block of who sent it, so all of the other chain that is needed is here.
    if (!newcomer.requested || roots.enough(root) || sync.isWanted(newcomer.id)) this.#compare(root, now);
  }

  /** The neighbour sends no more of its chain: what there is must do. */
  givenUp(link: LinkId, now: Milliseconds): void {
    for (const root of this.#machines.roots.from(link)) this.#compare(root, now);
  }

  /** @returns whether these blocks were read for a comparison */
  loaded(request: RequestId, result: Loaded, now: Milliseconds): boolean {
    const reading = this.#reading;
    if (reading?.request !== request) return false;
    this.#reading = undefined;
    const { own, root } = reading;
    const blocks = result.kind === 'blocks' ? result.blocks : [];
    const more = blocks.map((block, place) => ({ height: own.length + place, ...keptCandidate(block) }));
    this.#decide(root, [...own, ...more], now);
    return true;
  }

  #compare(root: HashHex, now: Milliseconds): void {
    if (this.#reading === undefined) this.#decide(root, [], now);
  }

  /** @param stored our chain as far as it was read */
  #decide(root: HashHex, stored: readonly ChainBlock[], now: Milliseconds): void {
    const { roots, chain, finality } = this.#machines;
    if (roots.lastOf(root) === undefined || chain.root === undefined || chain.root === root) return;
    const own = joined(stored, chain.tree.main);
    if (own === undefined) return this.#read(root, stored);
    const authors = own.slice(0, settledBlocks + 1).map(({ block }) => block.author);
    const first = own[0];
    if (first === undefined) return;
    const isMatched = [root, chain.root].some((held) => (this.#lost.get(held) ?? 0) >= insistingAfter);
    const ours = { root: first.block.hash, authors, isFixed: !isMatched && this.#isFixed(chain.root) };
    const decided = roots.decide(ours, root, !isMatched && this.#isFixed(root));
    // The committee agrees on one of two, whatever else speaks for the other.
    const isAgreed = this.#isAgreed(root);
    const verdict = isAgreed ? 'theirs' : decided;
    // What is final is never left: then only an operator can decide.
    const isBound = verdict === 'theirs' && this.#stands(finality.final);
    const stays = isBound || (!isAgreed && this.#stands(finality.floor));
    if (verdict === 'theirs' && !stays) this.#replace(root, own, now);
    else this.#refuse(root, verdict === 'undecidable' || isBound, now);
  }

  /** Whether a reference neighbour holds this root's chain, which it never leaves. */
  #isFixed(root: HashHex): boolean {
    return this.#machines.links.greeted().some((link) => !link.phase.ours && link.root === root);
  }

  #stands(checkpoint: Checkpoint | undefined): boolean {
    return checkpoint !== undefined && this.#machines.chain.tree.onMain(hashHex(checkpoint.hash));
  }

  /** Whether the committee has voted for a block of this chain, which it can for one of two only. */
  #isAgreed(root: HashHex): boolean {
    const { finality, roots } = this.#machines;
    return roots.hashesOf(root).some((hash, height) => finality.hasQuorum({ height, hash }));
  }

  #read(root: HashHex, stored: readonly ChainBlock[]): void {
    const { effects, chain } = this.#machines;
    // The newest blocks are held in memory. What was read may be on a branch that was left, or not be stored yet.
    const below = chain.tree.main[0]?.height ?? 0;
    const own = stored.length < below ? stored : [];
    const request = effects.nextRequest();
    this.#reading = { root, request, own };
    const query = { kind: 'blocks', from: own.length, count: Math.min(batchBlocks, below - own.length) } as const;
    effects.put({ kind: 'load', request, query: { ...query, maxBytes: batchBytes } });
  }

  #replace(root: HashHex, own: readonly ChainBlock[], now: Milliseconds): void {
    const { roots, chain, sync } = this.#machines;
    const theirs = roots.take(root);
    invariant(theirs !== undefined, 'a chain that has won is held');
    chain.replace(theirs.blocks, own, now);
    for (const { id } of chain.tree.main) sync.held(id);
    sync.rootChanged();
    this.#replaced(theirs.blocks, theirs.link, now);
  }

  #refuse(root: HashHex, isUndecidable: boolean, now: Milliseconds): void {
    const { roots, sync, links, troubles } = this.#machines;
    roots.drop(root);
    const holders = links.greeted().filter((link) => link.root === root);
    for (const link of holders) {
      const head = sync.targetOf(link.id);
      // A newer question takes the place of the one that is being answered: no more than this is needed of its chain.
      if (head !== undefined && sync.isOpen(link.id)) {
        links.send(link, { kind: 'requestBlocks', start: head }, 'kept');
      }
      sync.refuse(link.id, now + (isUndecidable ? undecidableMs : lostMs));
    }
    if (!isUndecidable && holders.some(({ phase }) => phase.ours)) this.#count(root);
    const holderIds = holders.map(({ id }) => id);
    if (isUndecidable) troubles.tell('other-root', otherRootMessage(root), holderIds);
  }

  #count(root: HashHex): void {
    const times = this.#lost.get(root) ?? 0;
    this.#lost.delete(root);
    this.#lost.set(root, times + 1);
    for (const oldest of this.#lost.keys()) {
      if (this.#lost.size <= mostLost) break;
      this.#lost.delete(oldest);
    }
  }
}

/** Our whole chain; undefined when what was read does not reach up to what is held in memory. */
function joined(stored: readonly ChainBlock[], newest: readonly ChainBlock[]): readonly ChainBlock[] | undefined {
  const first = newest[0];
  if (first === undefined || first.height === 0) return newest;
  const below = stored[first.height - 1];
  const { parent } = first.block;
  if (below === undefined || parent === undefined || !equalBytes(below.block.hash, parent)) return undefined;
  return [...stored.slice(0, first.height), ...newest];
}

function otherRootMessage(root: HashHex): string {
  return `A neighbour holds a long chain that begins with another block (${root.slice(0, 16)}…); only an operator can decide between the two.`;
}
