/**
 * Keeps one peer as open as the element's place and attributes ask for: opened, replaced, or closed.
 *
 * It is told what is wanted and goes there; being told the same again does nothing, so a move within the document or an
 * attribute set to its old value costs no peer. A peer that is no longer wanted is closed even when it opens late, and
 * the next one waits for it (it may want the same slot), but not for ever.
 */
import type { PeerFace } from '../../core/face.ts';
import { type AttributeFault, type ReadAttributes, type Settings, sameSettings } from './settings.ts';

export type OpeningState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly fault: AttributeFault }
  | { readonly kind: 'opening'; readonly settings: Settings }
  | { readonly kind: 'open'; readonly settings: Settings; readonly peer: PeerFace }
  | { readonly kind: 'failed'; readonly settings: Settings; readonly error: unknown };

/** How long a new peer waits for the one before it to be gone. */
const leavingMs = 2_000;

export class Opening {
  readonly #open: (settings: Settings) => Promise<PeerFace>;
  readonly #changed: (state: OpeningState) => void;
  #state: OpeningState = { kind: 'absent' };
  /** Rises with every state that is no answer to the one before: an answer for another attempt is late. */
  #attempt = 0;
  #leaving: Promise<unknown> = Promise.resolve();
  #entering: Promise<void> = Promise.resolve();

  /** @param changed called after every change of `state`, from within `want` or later */
  constructor(open: (settings: Settings) => Promise<PeerFace>, changed: (state: OpeningState) => void) {
    this.#open = open;
    this.#changed = changed;
  }

  get state(): OpeningState {
    return this.#state;
  }

  /** @param wanted undefined when there shall be no peer */
  want(wanted: ReadAttributes | undefined): void {
    const state = this.#state;
    if (wanted === undefined) {
      if (state.kind !== 'absent') this.#leave({ kind: 'absent' });
    } else if (wanted.kind === 'fault') {
      if (state.kind !== 'refused' || state.fault.message !== wanted.fault.message) {
        this.#leave({ kind: 'refused', fault: wanted.fault });
      }
    } else if (!('settings' in state) || !sameSettings(state.settings, wanted.settings)) {
      this.#leave({ kind: 'opening', settings: wanted.settings });
      this.#entering = this.#enter(wanted.settings, this.#attempt);
    }
  }

  #leave(next: OpeningState): void {
    const state = this.#state;
    this.#attempt++;
    if (state.kind === 'open') this.#leaving = atMost(leavingMs, state.peer.close());
    if (state.kind === 'opening') this.#leaving = atMost(leavingMs, this.#entering);
    this.#state = next;
    this.#changed(next);
  }

  async #enter(settings: Settings, attempt: number): Promise<void> {
    await this.#leaving;
    if (attempt !== this.#attempt) return;
    let next: OpeningState;
    try {
      next = { kind: 'open', settings, peer: await this.#open(settings) };
    } catch (error) {
      next = { kind: 'failed', settings, error };
    }
    if (attempt === this.#attempt) {
      this.#state = next;
      this.#changed(next);
    } else if (next.kind === 'open') {
      await next.peer.close();
    }
  }
}

/** Settles when `work` has, whatever came of it, or after `ms`. */
function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const settled = () => {
      clearTimeout(timer);
      resolve();
    };
    work.then(settled, settled);
  });
}
