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

  /** Runs a drawing and waits until the browser has laid it out, to know what it cost. */
  async draw(drawing: () => unknown): Promise<void> {
    const startedAt = performance.now();
    await drawing();
    // A task after the next frame runs when that frame has been laid out and painted.
    void nextFrame().then(() => {
      const frameAt = performance.now();
      setTimeout(() => {
        const costMs = frameAt - startedAt < mostRestMs ? performance.now() - frameAt : 0;
        if (costMs > freeMs) this.#restUntil = performance.now() + Math.min(mostRestMs, restFactor * costMs);
      });
    });
  }
}
