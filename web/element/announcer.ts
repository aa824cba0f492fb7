/**
 * What a screen reader hears of new blocks: one short sentence, never more often than every few seconds.
 *
 * Blocks that come faster are summed up. Nothing is said while the chain is being caught up with.
 */
import type { BlockView } from '../../core/face.ts';
import { counted } from './text.ts';

const betweenMs = 5_000;

export class Announcer {
  readonly #say: (sentence: string) => void;
  #unsaid: { readonly blocks: number; readonly newest: BlockView } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(say: (sentence: string) => void) {
    this.#say = say;
  }

  blockAdded(block: BlockView): void {
    this.#unsaid = { blocks: (this.#unsaid?.blocks ?? 0) + 1, newest: block };
    if (this.#timer === undefined) this.#speak();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#unsaid = undefined;
  }

  #speak(): void {
    this.#timer = undefined;
    if (this.#unsaid === undefined) return;
    const { blocks, newest } = this.#unsaid;
    this.#unsaid = undefined;
    const items = counted(newest.items.length, 'item');
    this.#say(
      blocks === 1
        ? `Block ${newest.height}, ${items}.`
        : `${blocks} new blocks. The newest, ${newest.height}, ${items}.`,
    );
    this.#timer = setTimeout(() => this.#speak(), betweenMs);
  }
}
