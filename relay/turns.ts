/**
 * Work that many sockets want done at once, done a little at a time: the event loop runs in between, so that ten thousand
 * tabs that come back together do not keep those that are there waiting.
 *
 * In order. How much may wait is for who gives it: one piece for each socket.
 */

/** What is left of a turn's time when it is over belongs to everybody else. */
const turnMs = 2;

export class Turns {
  #waiting: (() => void)[] = [];
  /** Where in `#waiting` the next one stands. */
  #next = 0;
  #scheduled = false;

  /** @param work takes well under a millisecond */
  do(work: () => void): void {
    this.#waiting.push(work);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    const until = performance.now() + turnMs;
    try {
      do {
        const work = this.#waiting[this.#next++];
        work?.();
      } while (this.#next < this.#waiting.length && performance.now() < until);
    } finally {
      // Those that are done are let go of in large pieces: taking the first off a long list costs as much as the list.
      if (this.#next >= this.#waiting.length || this.#next >= mostDone) {
        this.#waiting = this.#waiting.slice(this.#next);
        this.#next = 0;
      }
      if (this.#waiting.length > 0) this.#schedule();
    }
  }
}

const mostDone = 1_024;
