/**
 * The next frame a browser paints; where it paints none (a hidden tab), a moment that still comes.
 */

/** Hidden tabs run timers once a second or more seldom (design.md, Time in a tab), which is often enough for them. */
const withoutFrameMs = 250;

export function nextFrame(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      cancelAnimationFrame(frame);
      resolve();
    }, withoutFrameMs);
    const frame = requestAnimationFrame(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
