/**
 * Timers and a page in a test's hand.
 */
import type { PageEvents } from '../../../web/page-events.ts';
import type { Timers } from '../../../web/timers.ts';

export class FakeTimers implements Timers {
  #now = 0;
  #waiting: { readonly due: number; readonly callback: () => void }[] = [];

  after(delayMs: number, callback: () => void): () => void {
    const entry = { due: this.#now + delayMs, callback };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
    };
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = this.#waiting.filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
      if (next === undefined) break;
      this.#waiting = this.#waiting.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.due);
      next.callback();
    }
    this.#now = end;
  }
}

export class FakePage implements PageEvents {
  readonly #returning = new Set<() => void>();
  readonly #leaving = new Set<() => void>();

  onReturn(callback: () => void): () => void {
    this.#returning.add(callback);
    return () => this.#returning.delete(callback);
  }

  onLeave(callback: () => void): () => void {
    this.#leaving.add(callback);
    return () => this.#leaving.delete(callback);
  }

  comeBack(): void {
    for (const callback of [...this.#returning]) callback();
  }

  leave(): void {
    for (const callback of [...this.#leaving]) callback();
  }
}
