/**
 * A reference peer's blocks and its pool: what is added, what is refused, what is forgotten.
 *
 * There is no fork choice: a block stands on the newest one or nowhere, for ever. The pool is keyed by signature, holds
 * what nobody has verified, and does not remember what is in a block already (spec/wire.md, Messages and Who writes the
 * next block).
 */
import type { SecondBlock, SecondData } from '../second-decoder.ts';
import { blockHolds, type Crypto, type UnsignedBlock } from './signing.ts';

/** What decides who may write. */
export interface Standing {
  /** Keys that are online, in hex, oneself among them. */
  readonly online: ReadonlySet<string>;
  readonly forcedRestart: boolean;
}

export class ReferenceChain {
  readonly blocks: readonly SecondBlock[];
  readonly pool = new Map<string, SecondData>();
  readonly #blocks: SecondBlock[];
  readonly #crypto: Crypto;

  /** @param blocks what is on the disk, which is written to: it outlives the process, the pool does not */
  constructor(crypto: Crypto, blocks: SecondBlock[]) {
    this.#crypto = crypto;
    this.#blocks = blocks;
    this.blocks = blocks;
  }

  get root(): string | null {
    return this.#blocks[0]?.hash ?? null;
  }

  get newest(): SecondBlock | undefined {
    return this.#blocks.at(-1);
  }

  get last(): string | null {
    return this.newest?.hash ?? null;
  }

  /** Those after a block, oldest first; all when it is null, none when nobody here knows it. */
  after(start: string | null): readonly SecondBlock[] {
    if (start === null) return this.#blocks;
    const place = this.#blocks.findIndex(({ hash }) => hash === start);
    return place < 0 ? [] : this.#blocks.slice(place + 1);
  }

  /** Whether this key may write the block that stands on the newest one. */
  mayWrite(author: string, { online, forcedRestart }: Standing): boolean {
    const { newest } = this;
    if (newest === undefined || newest.nextChoices.includes(author)) return true;
    return forcedRestart && !newest.nextChoices.some((choice) => online.has(choice));
  }

  /** A block just made. @returns whether it was added, and is to be passed on */
  take(block: SecondBlock, standing: Standing): boolean {
    return this.mayWrite(block.author, standing) && this.#add(block);
  }

  /** A block that was asked for, or was not: nobody looks. @returns whether it was added */
  takeRequested(block: SecondBlock, standing: Standing): boolean {
    return (standing.forcedRestart || this.mayWrite(block.author, standing)) && this.#add(block);
  }

  /** @returns whether the item is new to the pool */
  pend(item: SecondData): boolean {
    if (this.pool.has(item.sign)) return false;
    this.pool.set(item.sign, item);
    return true;
  }

  /** All that is pending, which then is not any more. */
  drain(): SecondData[] {
    const items = [...this.pool.values()];
    this.pool.clear();
    return items;
  }

  /** A block's content on the newest one. */
  next(content: Omit<UnsignedBlock, 'parent'>): UnsignedBlock {
    return { parent: this.last, ...content };
  }

  #add(block: SecondBlock): boolean {
    if (block.parent !== this.last || !blockHolds(this.#crypto, block)) return false;
    this.#blocks.push(block);
    for (const { sign } of block.data) this.pool.delete(sign);
    return true;
  }
}
