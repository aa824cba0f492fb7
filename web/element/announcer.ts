/**
 * What a screen reader hears of blocks that come and go: a short sentence, never more often than every few seconds.
 *
 * Blocks that come faster are summed up, and so are those that give way. New ones are not told of while the chain is
 * being caught up with.
 */
import type { BlockView } from '../../core/face.ts';
import { counted, gaveWay } from './text.ts';

const betweenMs = 5_000;

export class Announcer {
  readonly #say: (sentence: string) => void;
  #unsaid: { readonly blocks: number; readonly newest: BlockView } | undefined;
  #unsaidGone = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(say: (sentence: string) => void) {
    this.#say = say;
  }

  blockAdded(block: BlockView): void {
    this.#unsaid = { blocks: (this.#unsaid?.blocks ?? 0) + 1, newest: block };
    if (this.#timer === undefined) this.#speak();
  }

  blocksGone(count: number): void {
    // What they said is not so any more.
    this.#unsaid = undefined;
    this.#unsaidGone += count;
    if (this.#timer === undefined) this.#speak();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#unsaid = undefined;
    this.#unsaidGone = 0;
  }

  #speak(): void {
    this.#timer = undefined;
    const sentences = [...this.#goneSentence(), ...this.#newSentence()];
    if (sentences.length === 0) return;
    this.#say(sentences.join(' '));
    this.#timer = setTimeout(() => this.#speak(), betweenMs);
  }

  #goneSentence(): string[] {
    const gone = this.#unsaidGone;
    this.#unsaidGone = 0;
    return gone === 0 ? [] : [gaveWay(gone)];
  }

  #newSentence(): string[] {
    if (this.#unsaid === undefined) return [];
    const { blocks, newest } = this.#unsaid;
    this.#unsaid = undefined;
    const items = counted(newest.items.length, 'item');
    return [
      blocks === 1
        ? `Block ${newest.height}, ${items}.`
        : `${blocks} new blocks. The newest, ${newest.height}, ${items}.`,
    ];
  }
}
