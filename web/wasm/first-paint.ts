/**
 * When a page has been painted and has nothing more urgent to do.
 *
 * A hidden page is never painted and a busy one never idle, so both waits are bounded.
 */

const paintTimeoutMs = 1_000;
const idleTimeoutMs = 500;

export async function firstPaint(): Promise<void> {
  // A page that shows something before its script runs has nothing left to wait for.
  if (document.hidden || performance.getEntriesByType('paint').length > 0) return;
  await painted();
  await idle();
}

function painted(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, paintTimeoutMs);
    // The first frame callback runs just before the first paint, the second after it.
    requestAnimationFrame(() => requestAnimationFrame(() => resolve()));
  });
}

function idle(): Promise<void> {
  // Safari has no requestIdleCallback.
  if (typeof requestIdleCallback !== 'function') return new Promise((resolve) => setTimeout(resolve, 0));
  return new Promise((resolve) => requestIdleCallback(() => resolve(), { timeout: idleTimeoutMs }));
}
