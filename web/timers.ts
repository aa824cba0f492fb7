/**
 * Timers that a hidden page keeps: a dedicated worker counts, and tells the page (design.md, Time in a tab).
 *
 * Chromium runs the timers of a hidden page once a second and later once a minute; a worker's it leaves alone. The
 * worker comes from a Blob URL, so that it starts on foreign sites; until it has said that it runs, and for good where
 * a page's content security policy refuses it, the page's own timers do.
 */

export interface Timers {
  /** Calls back once, in so many milliseconds or later. Returns what takes it back. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The part of a Worker that is used here. */
export interface TimerWorker {
  onmessage: ((event: MessageEvent<number>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage(message: readonly [id: number, delayMs: number]): void;
  terminate(): void;
}

interface Waiting {
  readonly due: number;
  readonly callback: () => void;
  pageTimer: ReturnType<typeof setTimeout> | undefined;
}

export class TabTimers implements Timers {
  readonly #worker: TimerWorker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #workerCounts = false;
  #lastId = readySignal;

  /** @param startWorker throws where workers are refused at once */
  constructor(startWorker: () => TimerWorker = startBlobWorker) {
    this.#worker = this.#started(startWorker);
  }

  after(delayMs: number, callback: () => void): () => void {
    const id = ++this.#lastId;
    const waiting = { due: performance.now() + delayMs, callback, pageTimer: undefined };
    this.#waiting.set(id, waiting);
    this.#count(id, waiting);
    return () => this.#forget(id);
  }

  /** Nothing is called back any more. */
  close(): void {
    for (const id of [...this.#waiting.keys()]) this.#forget(id);
    this.#worker?.terminate();
    this.#workerCounts = false;
  }

  #started(startWorker: () => TimerWorker): TimerWorker | undefined {
    try {
      const worker = startWorker();
      worker.onmessage = ({ data }) => (data === readySignal ? this.#handOver(true) : this.#fire(data));
      worker.onerror = (event) => {
        event.preventDefault();
        this.#handOver(false);
      };
      return worker;
    } catch {
      // Some browsers refuse a worker by throwing, others by an error event.
      return undefined;
    }
  }

  #handOver(workerCounts: boolean): void {
    this.#workerCounts = workerCounts;
    for (const [id, waiting] of this.#waiting) this.#count(id, waiting);
  }

  #count(id: number, waiting: Waiting): void {
    clearTimeout(waiting.pageTimer);
    // Rounded up: timers cut fractions off, and who is called too early asks again.
    const delayMs = Math.ceil(Math.max(0, waiting.due - performance.now()));
    if (this.#workerCounts) this.#worker?.postMessage([id, delayMs]);
    else waiting.pageTimer = setTimeout(() => this.#fire(id), delayMs);
  }

  #fire(id: number): void {
    const waiting = this.#waiting.get(id);
    this.#forget(id);
    waiting?.callback();
  }

  #forget(id: number): void {
    clearTimeout(this.#waiting.get(id)?.pageTimer);
    this.#waiting.delete(id);
  }
}

/** What the worker says when it runs; ids begin after it. */
const readySignal = 0;

/** All that the worker is. */
const workerSource = `
onmessage = ({ data: [id, delayMs] }) => setTimeout(() => postMessage(id), delayMs);
postMessage(${readySignal});
`;

function startBlobWorker(): TimerWorker {
  const url = URL.createObjectURL(new Blob([workerSource], { type: 'text/javascript' }));
  try {
    return new Worker(url, { name: 'mccloud timers' });
  } finally {
    URL.revokeObjectURL(url);
  }
}
