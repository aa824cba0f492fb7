/**
 * Chains with another first block than ours, and which of two roots holds (spec/safety.md, Roots).
 *
 * Ours that meet with different roots do not part: each reads the beginning of the other's chain and both come to the
 * same answer. The configured root wins; else a chain of more than 64 blocks over one that has not; else one that a
 * reference neighbour holds, for it cannot change; else more distinct authors in the first 64 blocks; else the smaller
 * root hash. Between two chains of more than 64 only an operator decides.
 */
import { compareBytes, equalBytes } from '../codec/bytes.ts';
import { type Hash, type HashHex, type Holder, hashHex, holderOf, type PublicKey } from '../crypto/keys.ts';
import { invariant } from '../errors.ts';
import type { LinkId } from '../events.ts';
import { isBetterBody } from './body.ts';
import type { Candidate } from './tree.ts';

/** Chains longer than this do not give way (spec/safety.md, Roots). */
export const settledBlocks = 64;
/** Other roots held at most (spec/safety.md, Roots). */
const mostRoots = 8;
const mostBytes = 16 * 1024 * 1024;

interface ForeignChain {
  readonly root: HashHex;
  /** From the root on; one more than 64 are enough to decide. */
  readonly blocks: Candidate[];
  readonly ids: Set<HashHex>;
  readonly link: LinkId;
  bytes: number;
}

/** Where a block of another root's chain belongs. */
export interface Foreign {
  readonly root: HashHex;
  /** Whether it was not held before. */
  readonly isNew: boolean;
}

export type Verdict = 'ours' | 'theirs' | 'undecidable';

/** What is compared: as many blocks as there are, 65 at most. */
export interface Beginning {
  readonly root: Hash;
  readonly authors: readonly PublicKey[];
  /** Whether a reference neighbour holds it. */
  readonly isFixed: boolean;
}

export class Roots {
  readonly #chains = new Map<HashHex, ForeignChain>();
  readonly #configured: string | undefined;

  constructor(configured: string | undefined) {
    this.#configured = configured;
  }

  /**
   * A verified block that does not belong on our chain.
   * @returns the root of the chain it stands on now, and whether it did not before; undefined when it continues none
   */
  offer(candidate: Candidate, link: LinkId, ownRoot: HashHex | undefined): Foreign | undefined {
    const { block, bytes } = candidate;
    const id = hashHex(block.hash);
    for (const chain of this.#chains.values()) {
      if (!chain.ids.has(id)) continue;
      keepBetter(chain, candidate);
      return { root: chain.root, isNew: false };
    }
    if (block.parent === undefined) {
      if (id === ownRoot || this.#chains.size >= mostRoots) return undefined;
      this.#chains.set(id, { root: id, blocks: [candidate], ids: new Set([id]), link, bytes: bytes.length });
      return { root: id, isNew: true };
    }
    const parent = hashHex(block.parent);
    for (const chain of this.#chains.values()) {
      const last = chain.blocks.at(-1);
      if (last === undefined || hashHex(last.block.hash) !== parent) continue;
      if (this.enough(chain.root) || chain.bytes + bytes.length > mostBytes) return undefined;
      chain.blocks.push(candidate);
      chain.ids.add(id);
      chain.bytes += bytes.length;
      return { root: chain.root, isNew: true };
    }
    return undefined;
  }

  /** A block of a chain that is held. */
  block(id: HashHex): Candidate | undefined {
    for (const { blocks, ids } of this.#chains.values()) {
      if (ids.has(id)) return blocks.find(({ block }) => hashHex(block.hash) === id);
    }
    return undefined;
  }

  /** What is held of this root's chain, the first block first. */
  hashesOf(root: HashHex): readonly Hash[] {
    return (this.#chains.get(root)?.blocks ?? []).map(({ block }) => block.hash);
  }

  /** The newest block held of this root's chain. */
  lastOf(root: HashHex): Hash | undefined {
    return this.#chains.get(root)?.blocks.at(-1)?.block.hash;
  }

  /** Whether as much is held as a decision can need. */
  enough(root: HashHex): boolean {
    const chain = this.#chains.get(root);
    return chain !== undefined && chain.blocks.length > settledBlocks;
  }

  /** @param root of a chain that is held @param isFixed whether a reference neighbour holds it */
  decide(ours: Beginning, root: HashHex, isFixed: boolean): Verdict {
    const chain = this.#chains.get(root);
    const first = chain?.blocks[0];
    invariant(chain !== undefined && first !== undefined, 'a chain that is compared is held');
    const authors = chain.blocks.map(({ block }) => block.author);
    const theirs: Beginning = { root: first.block.hash, authors, isFixed };
    return decideRoots(ours, theirs, this.#configured);
  }

  /** Roots whose chains this link has brought. */
  from(link: LinkId): HashHex[] {
    return [...this.#chains.values()].filter((chain) => chain.link === link).map((chain) => chain.root);
  }

  /** The chain's blocks and who brought it; it is no longer held here. */
  take(root: HashHex): Pick<ForeignChain, 'blocks' | 'link'> | undefined {
    const chain = this.#chains.get(root);
    this.#chains.delete(root);
    return chain;
  }

  /** Its chain lost. */
  drop(root: HashHex): void {
    this.#chains.delete(root);
  }

  /** The link has ended. */
  forget(link: LinkId): void {
    for (const chain of this.#chains.values()) if (chain.link === link) this.#chains.delete(chain.root);
  }
}

/** Of two bodies of one hash the better one stays (spec/safety.md, Blocks 2). */
function keepBetter(chain: ForeignChain, candidate: Candidate): void {
  const place = chain.blocks.findIndex(({ block }) => equalBytes(block.hash, candidate.block.hash));
  const held = chain.blocks[place];
  if (held === undefined || !isBetterBody(candidate, held)) return;
  chain.blocks[place] = candidate;
  chain.bytes += candidate.bytes.length - held.bytes.length;
}

/** The same answer on both sides, with the two changed about. */
export function decideRoots(ours: Beginning, theirs: Beginning, configured: string | undefined): Verdict {
  if (configured === hashHex(ours.root)) return 'ours';
  if (configured === hashHex(theirs.root)) return 'theirs';
  const oursSettled = ours.authors.length > settledBlocks;
  const theirsSettled = theirs.authors.length > settledBlocks;
  if (oursSettled && theirsSettled) return 'undecidable';
  if (oursSettled !== theirsSettled) return oursSettled ? 'ours' : 'theirs';
  if (ours.isFixed !== theirs.isFixed) return ours.isFixed ? 'ours' : 'theirs';
  const difference = distinctAuthors(ours) - distinctAuthors(theirs);
  if (difference !== 0) return difference > 0 ? 'ours' : 'theirs';
  return compareBytes(ours.root, theirs.root) < 0 ? 'ours' : 'theirs';
}

function distinctAuthors({ authors }: Beginning): number {
  return new Set<Holder>(authors.slice(0, settledBlocks).map(holderOf)).size;
}
