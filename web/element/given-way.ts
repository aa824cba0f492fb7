/**
 * Blocks that have just left the main chain, kept on the screen for a while so that a reader sees them go.
 *
 * A reorganisation may come in several steps; what follows within that while is one, and its blocks are counted together.
 * One that comes back is no loss. Holds a few of them and the number of all.
 */
import type { BlockView } from '../../core/face.ts';

const shownMs = 12_000;
/** Blocks shown; of the others only the number. */
const mostShown = 3;

export class GivenWay {
  readonly #changed: () => void;
  readonly #hashes = new Set<BlockView['hash']>();
  #blocks: readonly BlockView[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param changed asks for another drawing */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** How many have left. */
  get count(): number {
    return this.#hashes.size;
  }

  /** The highest of them, the highest first. */
  get blocks(): readonly BlockView[] {
    return this.#blocks;
  }

  /** @param blocks newest first */
  reverted(blocks: readonly BlockView[]): void {
    for (const { hash } of blocks) this.#hashes.add(hash);
    this.#blocks = [...this.#blocks, ...blocks].sort((a, b) => b.height - a.height).slice(0, mostShown);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#forget(), shownMs);
    this.#changed();
  }

  applied({ hash }: BlockView): void {
    if (this.#hashes.delete(hash)) this.#blocks = this.#blocks.filter((block) => block.hash !== hash);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #forget(): void {
    this.#hashes.clear();
    this.#blocks = [];
    this.#changed();
  }
}
