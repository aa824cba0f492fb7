/**
 * Judges a block: what can be found without the curve, which signatures must be checked, and what follows from them.
 *
 * Two steps, for the signatures are checked elsewhere and come back as an event (design.md, rule 3). Knows no chain:
 * whether an author may write is asked of the caller. Rules: spec/safety.md, Blocks 1–4 and 7.
 */
import { bytesToHex, equalBytes } from '../codec/bytes.ts';
import type { SignatureCheck } from '../crypto/curve.ts';
import { type ItemId, isPublicKey, type PublicKey } from '../crypto/keys.ts';
import { invariant } from '../errors.ts';
import { acceptedBlockBytes, type Block, blockCheck, blockHash } from './block.ts';
import { dataCheck, encodedDataBytes, itemIdOf } from './data.ts';

/** No honest reference author could have made it, or it is larger than anybody takes. */
export interface Invalid {
  readonly kind: 'invalid';
  /** For people. */
  readonly why: string;
}

/** What must be checked before a block may take effect, found without the curve. */
export interface Inspected {
  readonly kind: 'inspected';
  readonly block: Block;
  /** One for each item. */
  readonly ids: readonly ItemId[];
  /** The block's own first, then one for each item not already verified. */
  readonly checks: readonly SignatureCheck[];
  /** Which item each check after the first is for. */
  readonly checkedItems: readonly number[];
}

export type Inspection = Invalid | Inspected;

/**
 * Why ours hold a block back for a grace time that the reference would take. `author-not-chosen` is only ever given
 * when it is the only reason, for such a block is relayed otherwise than the rest.
 */
export type Suspicion = 'author-not-chosen' | 'item-signature' | 'many-candidates' | 'candidate-no-key';

interface Judged {
  readonly block: Block;
  readonly ids: readonly ItemId[];
  /** One for each item: whether its author's signature holds. */
  readonly verified: readonly boolean[];
}

export type Judgement =
  | ({ readonly kind: 'valid' } & Judged)
  | ({ readonly kind: 'suspect'; readonly why: Suspicion } & Judged)
  | Invalid;

export interface JudgeOptions {
  /** A child of the tip that arrives as news: only that can be suspect, any other block is valid or invalid at once. */
  readonly news: boolean;
  readonly isPoint: (key: PublicKey) => boolean;
  readonly authorListedOrNobodyOnline: boolean;
}

/** A longer `next_choices` is suspect. */
const mostCandidates = 64;

/** @param verifiedAlready whether the item with this id was verified before, so that its signature is known to hold */
export function inspectBlock(block: Block, verifiedAlready: (id: ItemId) => boolean): Inspection {
  if (!isPublicKey(block.author)) return invalid('the author is no key');
  if (encodedBlockBytes(block) > acceptedBlockBytes) return invalid('the block is too large');
  if (!equalBytes(blockHash(block), block.hash)) return invalid('the hash is not the hash of the block');
  const ids = block.data.map(itemIdOf);
  const checks = [blockCheck(block)];
  const checkedItems: number[] = [];
  block.data.forEach((item, index) => {
    if (verifiedAlready(ids[index] as ItemId)) return;
    checks.push(dataCheck(item));
    checkedItems.push(index);
  });
  return { kind: 'inspected', block, ids, checks, checkedItems };
}

/** @param results one for each of the inspection's checks */
export function judgeBlock(inspection: Inspected, results: readonly boolean[], options: JudgeOptions): Judgement {
  const { block, ids, checks, checkedItems } = inspection;
  invariant(results.length === checks.length, 'there is one result for each check');
  const [blockHolds, ...itemsHold] = results;
  if (!blockHolds) return invalid("the author's signature does not hold");
  const verified = block.data.map(() => true);
  checkedItems.forEach((item, index) => {
    verified[item] = itemsHold[index] === true;
  });
  const why = options.news ? suspicion(block, verified, options) : undefined;
  if (why !== undefined) return { kind: 'suspect', why, block, ids, verified };
  return { kind: 'valid', block, ids, verified };
}

/** One for each item: whether the same item stands earlier in the block. */
export function repeatedItems(ids: readonly ItemId[]): boolean[] {
  const seen = new Set<string>();
  return ids.map((id) => {
    const hex = bytesToHex(id);
    const repeated = seen.has(hex);
    seen.add(hex);
    return repeated;
  });
}

function suspicion(block: Block, verified: readonly boolean[], options: JudgeOptions): Suspicion | undefined {
  if (verified.includes(false)) return 'item-signature';
  if (block.nextChoices.length > mostCandidates) return 'many-candidates';
  if (!block.nextChoices.every(options.isPoint)) return 'candidate-no-key';
  return options.authorListedOrNobodyOnline ? undefined : 'author-not-chosen';
}

/** What the block's Borsh takes (spec/wire.md, Data and Block). */
function encodedBlockBytes({ parent, hash, data, nextChoices, author, sign }: Block): number {
  let bytes = 1 + (parent?.length ?? 0) + hash.length + 4 + 4 + author.length * (nextChoices.length + 1) + sign.length;
  for (const item of data) bytes += encodedDataBytes(item);
  return bytes;
}

function invalid(why: string): Invalid {
  return { kind: 'invalid', why };
}
