/**
 * Virtual time: what happens when, and in which order at the same moment.
 *
 * A binary heap; what is put down for the same moment happens in the order in which it was put down, so one seed gives
 * one run. Nothing here waits for anything: a minute takes as long as what happens in it.
 */
import type { Milliseconds } from '../../core/config.ts';
import { invariant } from '../../core/errors.ts';

interface Entry {
  readonly at: Milliseconds;
  readonly order: number;
  readonly action: () => void;
}

export class Agenda {
  readonly #heap: Entry[] = [];
  #now: Milliseconds;
  #order = 0;
  /** Actions done so far, for measurements. */
  done = 0;

  constructor(now: Milliseconds) {
    this.#now = now;
  }

  get now(): Milliseconds {
    return this.#now;
  }

  /** Whole milliseconds from now on; what is late happens now. */
  at(time: Milliseconds, action: () => void): void {
    const heap = this.#heap;
    let place = heap.length;
    const entry = { at: Math.max(this.#now, Math.ceil(time)), order: ++this.#order, action };
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above] as Entry;
      if (!isBefore(entry, parent)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = entry;
  }

  after(delayMs: Milliseconds, action: () => void): void {
    this.at(this.#now + delayMs, action);
  }

  /** Does what is due up to this moment, which is then now. */
  runTo(time: Milliseconds): void {
    for (let next = this.#heap[0]; next !== undefined && next.at <= time; next = this.#heap[0]) {
      this.#removeFirst();
      this.#now = next.at;
      this.done++;
      next.action();
    }
    invariant(time >= this.#now, 'time does not go back');
    this.#now = time;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= heap.length) break;
      const right = heap[below + 1];
      if (right !== undefined && isBefore(right, heap[below] as Entry)) below++;
      const child = heap[below] as Entry;
      if (!isBefore(child, last)) break;
      heap[place] = child;
      place = below;
    }
    heap[place] = last;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at === b.at ? a.order < b.order : a.at < b.at;
}
