/**
 * How much of each long thing is shown: a long text, a block of many items, a full waiting room.
 *
 * Everything begins folded and opens by steps, so that no item, however large, is ever laid out unasked.
 */

/** Things a reader has opened; the longest ago falls shut past this many. */
const maxOpened = 64;

export class Unfolding {
  readonly #steps = new Map<string, number>();
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** How many steps this thing was opened; 0 at first. */
  steps(thing: string): number {
    return this.#steps.get(thing) ?? 0;
  }

  open(thing: string): void {
    const steps = this.steps(thing) + 1;
    this.#steps.delete(thing);
    const [oldest] = this.#steps.keys();
    if (oldest !== undefined && this.#steps.size >= maxOpened) this.#steps.delete(oldest);
    this.#steps.set(thing, steps);
    this.#changed();
  }
}
