/**
 * How often to draw: at most once a frame, and never so often that drawing takes more than a small part of the time.
 *
 * A peer that catches up applies a hundred blocks a second. Drawing each of them cost more than half of the main thread,
 * style and layout included, and the checks that were being shown had to wait for it.
 */
import { nextFrame } from './frame.ts';

/** After a drawing that took so long, the next one comes no sooner than this many times as long. */
const restFactor = 9;
const mostRestMs = 1_000;
/** What fits into a frame is no burden. */
const freeMs = 8;

export class Pacer {
  #restUntil = 0;

  /** Resolves when it is time for the next drawing. */
  async turn(): Promise<void> {
    const restMs = this.#restUntil - performance.now();
    if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
    await nextFrame();
  }

  /** Runs a drawing in the frame that `turn` waited for, and finds out what it cost, layout and paint included. */
  async draw(drawing: () => unknown): Promise<void> {
    const startedAt = performance.now();
    await drawing();
    // The next task runs when this frame has been laid out and painted.
    setTimeout(() => {
      const drawnAt = performance.now();
      const costMs = drawnAt - startedAt;
      if (costMs > freeMs) this.#restUntil = drawnAt + Math.min(mostRestMs, restFactor * costMs);
    });
  }
}
