/**
 * When a reference peer writes: its Riddle, with the flag that may stay set for ever (spec/wire.md, Who writes the next
 * block).
 *
 * Who is next begins to gather at once, though nothing is pending, and looks again every gather time. What it then
 * writes stands on whatever block is newest by then; if it may not write on that one, its pool is lost and it never
 * writes again.
 */
import type { SecondBlock } from '../second-decoder.ts';
import type { ReferenceChain, Standing } from './chain.ts';
import type { Signer } from './signing.ts';

export interface WriterOptions {
  readonly chain: ReferenceChain;
  readonly signer: Signer;
  readonly gatherMs: number;
  readonly candidates: number;
  readonly forcedRestart: boolean;
  /** Keys held for online, without one's own. */
  readonly known: () => readonly string[];
  readonly shuffled: (keys: readonly string[]) => string[];
  readonly later: (delayMs: number, action: () => void) => void;
  readonly share: (block: SecondBlock) => void;
}

export class Writer {
  readonly #options: WriterOptions;
  #isWriting = false;
  #isMute = false;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** The flag: it gathers, or has given up without saying so. */
  get isWriting(): boolean {
    return this.#isWriting;
  }

  /** It has lost a pool, and its flag is never reset. */
  get isMute(): boolean {
    return this.#isMute;
  }

  get standing(): Standing {
    const { known, signer, forcedRestart } = this.#options;
    return { online: new Set([...known(), signer.key]), forcedRestart };
  }

  /** Every `keep_alive` (`cbc`) or `data_gather_time` (`gcm-siv`). */
  tick(): void {
    if (this.#isWriting || !this.#isNext()) return;
    this.#isWriting = true;
    this.#gather();
  }

  #isNext(): boolean {
    const { chain, signer, forcedRestart, known } = this.#options;
    const { online } = this.standing;
    const decides = chain.newest?.nextChoices.find((choice) => online.has(choice));
    if (decides !== undefined) return decides === signer.key;
    if (chain.pool.size === 0 || known().length === 0) return false;
    if (chain.newest !== undefined && !forcedRestart) return false;
    return [...online].sort()[0] === signer.key;
  }

  #gather(): void {
    const { chain, gatherMs, later } = this.#options;
    later(gatherMs, () => {
      if (chain.pool.size === 0) this.#gather();
      else this.#write();
    });
  }

  #write(): void {
    const { chain, signer, share, known, candidates, shuffled } = this.#options;
    const data = chain.drain();
    const nextChoices = shuffled(known()).slice(0, candidates);
    const block = signer.block(chain.next({ data, nextChoices, author: signer.key }));
    this.#isMute = !chain.take(block, this.standing);
    if (this.#isMute) return;
    this.#isWriting = false;
    share(block);
  }
}
