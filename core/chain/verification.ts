/**
 * Verifies a chain that does not come from neighbours: out of a file, or of a folder.
 *
 * By the rules that sync has (newcomers.ts): every hash recomputed, every parent the block before, every author one that
 * the authoring accepts, every signature checked. An item whose signature does not hold makes no block invalid; it is
 * told of as unverified (spec/safety.md, Blocks 4). In two steps, for signatures are checked elsewhere: `inspect` says
 * which, `judge` what follows from them. Holds the newest block and nothing else, however long the chain is.
 */
import type { Authoring } from '../authoring/authoring.ts';
import type { SignatureCheck } from '../crypto/curve.ts';
import { type Hash, holderOf, isSameHash, type PublicKey } from '../crypto/keys.ts';
import { CodecError } from '../errors.ts';
import { type Block, decodeBlock } from './block.ts';
import type { Candidate } from './tree.ts';
import { type Inspected, inspectBlock, judgeBlock } from './verify.ts';

/** What is held already: the chain must begin with it, and only what follows is verified. */
export interface HeldChain {
  readonly count: number;
  readonly root: Hash | undefined;
  readonly tip: Block | undefined;
}

export const nothingHeld: HeldChain = { count: 0, root: undefined, tip: undefined };

export interface VerifiedBlock extends Candidate {
  readonly height: number;
  /** Its author is not among those that its parent names: a forced restart (spec/wire.md, Who writes the next block). */
  readonly forced: boolean;
}

export interface ChainFault {
  /** `other-chain`: not that which is held. */
  readonly kind: 'bad-block' | 'other-chain';
  readonly height: number;
  /** For people. */
  readonly why: string;
}

export interface Verdict {
  /** Those before the fault that were not held. */
  readonly blocks: readonly VerifiedBlock[];
  readonly fault: ChainFault | undefined;
}

export interface InspectedBlocks {
  readonly checks: readonly SignatureCheck[];
  /** @param results one for each check */
  judge(results: readonly boolean[]): Verdict;
}

interface Entry {
  readonly height: number;
  readonly inspected: Inspected;
  readonly bytes: Uint8Array;
  readonly forced: boolean;
}

export class ChainVerification {
  readonly #authoring: Pick<Authoring, 'accepts'>;
  readonly #held: HeldChain;
  #height = 0;
  #last: { readonly hash: Hash; readonly nextChoices: readonly PublicKey[] } | undefined;

  constructor(authoring: Pick<Authoring, 'accepts'>, held: HeldChain) {
    this.#authoring = authoring;
    this.#held = held;
  }

  /** Blocks that have come so far. */
  get height(): number {
    return this.#height;
  }

  /** The next blocks of the chain, Borsh of each. After a fault none may follow. */
  inspect(blocks: readonly Uint8Array[]): InspectedBlocks {
    const entries: Entry[] = [];
    let fault: ChainFault | undefined;
    for (const bytes of blocks) {
      const found = this.#inspectOne(bytes);
      if (found !== undefined && 'why' in found) {
        fault = found;
        break;
      }
      if (found !== undefined) entries.push(found);
      this.#height++;
    }
    const checks = entries.flatMap(({ inspected }) => inspected.checks);
    return { checks, judge: (results) => judged(entries, results, fault) };
  }

  /** Undefined when the block is held already. */
  #inspectOne(bytes: Uint8Array): Entry | ChainFault | undefined {
    const height = this.#height;
    const block = decoded(bytes);
    if (block === undefined) return { kind: 'bad-block', height, why: 'it is no block' };
    const before = this.#last;
    if (!isSameHash(block.parent, before?.hash)) {
      return { kind: 'bad-block', height, why: 'its parent is not the block before it' };
    }
    this.#last = block;
    if (height < this.#held.count) return this.#compare(block);
    const inspected = inspectBlock(block, () => false);
    if (inspected.kind === 'invalid') return { kind: 'bad-block', height, why: inspected.why };
    const choices = before?.nextChoices;
    if (choices !== undefined && !this.#authoring.accepts(block.author, choices, nobody)) {
      return { kind: 'bad-block', height, why: 'its author was not chosen' };
    }
    return { height, inspected, bytes, forced: choices !== undefined && !isListed(block.author, choices) };
  }

  /** Each block names the one before it by its hash, so the first and the last that are held stand for all. */
  #compare(block: Block): ChainFault | undefined {
    const { root, tip, count } = this.#held;
    const height = this.#height;
    if (height === 0 && !isSameHash(block.hash, root)) {
      return { kind: 'other-chain', height, why: 'it begins with another block' };
    }
    if (height === count - 1) {
      if (!isSameHash(block.hash, tip?.hash)) {
        return { kind: 'other-chain', height, why: `the block at height ${height} is another` };
      }
      // Whom it names is known from the block that is held: this one was not verified.
      this.#last = tip;
    }
    return undefined;
  }
}

function judged(entries: readonly Entry[], results: readonly boolean[], fault: ChainFault | undefined): Verdict {
  const blocks: VerifiedBlock[] = [];
  let start = 0;
  for (const { height, inspected, bytes, forced } of entries) {
    const end = start + inspected.checks.length;
    const judgement = judgeBlock(inspected, results.slice(start, end), noNews);
    if (judgement.kind === 'invalid') return { blocks, fault: { kind: 'bad-block', height, why: judgement.why } };
    const { block, ids, verified } = judgement;
    blocks.push({ height, block, bytes, ids, verified, forced });
    start = end;
  }
  return { blocks, fault };
}

/** What comes out of a file is valid or invalid at once (spec/safety.md, Blocks 4). */
const noNews = { news: false, isPoint: () => true, authorListedOrNobodyOnline: true };

function decoded(bytes: Uint8Array): Block | undefined {
  try {
    return decodeBlock(bytes);
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}

function isListed(author: PublicKey, choices: readonly PublicKey[]): boolean {
  const holder = holderOf(author);
  return choices.some((choice) => holderOf(choice) === holder);
}

function nobody(): boolean {
  return false;
}
