/**
 * The part of the chain that is on the screen: contiguous blocks, bounded, whatever the chain's length.
 *
 * Following the newest block until the reader has paged back so far that the newest had to be let go. Every step checks
 * that blocks join by their parent, so a reorganisation or a late answer can leave a gap to fill but never a false chain.
 * Reads nothing itself.
 */
import type { BlockView } from '../../core/face.ts';

/** Blocks shown at first, and added by each step back. */
export const pageBlocks = 20;
/** Blocks held at most. */
export const maxBlocks = 100;

export interface HeightRange {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

export class BlockWindow {
  #blocks: readonly BlockView[] = [];
  #limit = pageBlocks;
  #following = true;

  /** Oldest first. */
  get blocks(): readonly BlockView[] {
    return this.#blocks;
  }

  /** Whether the newest block is shown, and each new one will be. */
  get following(): boolean {
    return this.#following;
  }

  /** A block that became the newest. */
  append(block: BlockView): void {
    if (!this.#following) return;
    const newest = this.#blocks.at(-1);
    const joined = newest !== undefined && newest.hash === block.parent ? [...this.#blocks, block] : [block];
    this.#blocks = joined.slice(-this.#limit);
  }

  /** Blocks that left the main chain. What is then the newest held is the chain's newest too. */
  revert(blocks: readonly BlockView[]): void {
    const lowest = Math.min(...blocks.map(({ height }) => height));
    const kept = this.#blocks.filter(({ height }) => height < lowest);
    if (kept.length === this.#blocks.length) return;
    this.#blocks = kept;
    this.#following = true;
  }

  /**
   * Puts a page before what is held, and lets the newest go past `maxBlocks`.
   * @param older ascending
   * @param height number of blocks of the chain now
   * @returns false when the page does not join, so that the chain must have changed; nothing is then taken
   */
  prepend(older: readonly BlockView[], height: number): boolean {
    const [first] = this.#blocks;
    const last = older.at(-1);
    if (first === undefined ? last?.height !== height - 1 : last?.hash !== first.parent) return false;
    const joined = [...older, ...this.#blocks];
    if (joined.length > maxBlocks) this.#following = false;
    this.#blocks = joined.slice(0, maxBlocks);
    this.#limit = Math.max(this.#limit, this.#blocks.length);
    return true;
  }

  /** Starts again at the newest block. */
  clear(): void {
    this.#blocks = [];
    this.#limit = pageBlocks;
    this.#following = true;
  }

  /** What to read to go one page back; undefined at the first block. @param height number of blocks of the chain */
  older(height: number): HeightRange | undefined {
    const to = this.#blocks[0]?.height ?? height;
    return to > 0 ? { from: Math.max(0, to - pageBlocks), to } : undefined;
  }

  /** Whether a page should be read unasked: less than one is shown, and there is more. */
  wantsOlder(height: number): boolean {
    return this.#blocks.length < pageBlocks && this.older(height) !== undefined;
  }
}
