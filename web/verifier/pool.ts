/**
 * Checks signatures where it disturbs the page least: a few at once on this thread, many in workers.
 *
 * Until the WASM module is there, and for good where it may not be had, JavaScript checks in slices between which the
 * page lives on. A worker that fails is left out; what it had is done on this thread. The core bounds how many checks
 * are asked for at once (design.md, The peer is a state machine, rule 3).
 */
import type { SignatureCheck, Verifier } from '../../core/crypto/curve.ts';
import { nobleVerifier } from '../../core/crypto/noble-curve.ts';
import { laterTurn } from '../later-turn.ts';
import { packChecks } from './packed-checks.ts';
import type { Secp256k1 } from './secp256k1.ts';
import type { FromWorker, ToWorker } from './worker.ts';

/** The part of a Worker that the pool uses. */
export interface PoolWorker {
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage(message: ToWorker, transfer?: Transferable[]): void;
  terminate(): void;
}

/** So many take less time here (0.3 ms each) than the way to a busy worker and back. */
const checksOnThisThread = 2;
/** 20 ms of work for a worker: while it does one bundle, the next already waits at its door. */
const checksInBundle = 64;
const bundlesAtWorker = 2;
/** A job of up to so many goes before longer ones: a new block does not wait for a thousand old ones. */
const checksOfShortJob = 32;
/** Half a frame at 60 frames a second. */
const sliceMs = 8;

interface Job {
  readonly checks: readonly SignatureCheck[];
  readonly results: boolean[];
  readonly done: (results: boolean[]) => void;
  /** Checks handed to somebody, and checks answered. */
  taken: number;
  answered: number;
}

/** Some of a job's checks, handed to one worker. */
interface Part {
  readonly job: Job;
  readonly from: number;
  readonly to: number;
}

type Bundle = readonly Part[];

interface Working {
  readonly worker: PoolWorker;
  readonly bundles: Bundle[];
}

export class VerifierPool implements Verifier {
  #secp256k1: Secp256k1 | undefined;
  #workers: Working[] = [];
  #short: Job[] = [];
  #long: Job[] = [];
  #workingHere = false;
  #isExpected = false;

  /**
   * The module is on its way. Until it is there, or is known not to come, a chain that a tab catches up with waits for
   * it: JavaScript would check a twentieth of it in that time, and keep the module from being compiled.
   */
  expect(loading: Promise<unknown>): void {
    this.#isExpected = true;
    const over = (): void => {
      this.#isExpected = false;
      this.#handOut();
    };
    loading.then(over, over);
  }

  /** The module has been loaded: from now on it is used, with so many workers. */
  loaded(module: WebAssembly.Module, secp256k1: Secp256k1, workers: readonly PoolWorker[]): void {
    this.#secp256k1 = secp256k1;
    this.#workers = workers.map((worker) => this.#started(worker, module));
    this.#handOut();
  }

  async verify(checks: readonly SignatureCheck[]): Promise<boolean[]> {
    if (checks.length <= checksOnThisThread) return Promise.all(checks.map((check) => this.#holds(check)));
    return await new Promise((done) => {
      const queue = checks.length <= checksOfShortJob ? this.#short : this.#long;
      queue.push({ checks, results: [], done, taken: 0, answered: 0 });
      this.#handOut();
    });
  }

  close(): void {
    for (const working of [...this.#workers]) this.#leaveOut(working);
  }

  #handOut(): void {
    if (this.#workers.length === 0) {
      void this.#workHere();
      return;
    }
    const waiting = this.#waitingChecks(checksInBundle * this.#workers.length);
    const share = Math.min(checksInBundle, Math.ceil(waiting / this.#workers.length));
    for (;;) {
      const [least] = [...this.#workers].sort((a, b) => a.bundles.length - b.bundles.length);
      if (least === undefined || least.bundles.length >= bundlesAtWorker) return;
      const bundle = this.#take(share);
      if (bundle.length === 0) return;
      const packed = packChecks(bundle.flatMap(({ job, from, to }) => job.checks.slice(from, to)));
      least.bundles.push(bundle);
      least.worker.postMessage(packed, [packed.buffer]);
    }
  }

  /** One job after the other, in slices, for as long as there is no worker. */
  async #workHere(): Promise<void> {
    if (this.#workingHere) return;
    this.#workingHere = true;
    let sliceEnd = performance.now() + sliceMs;
    while (this.#workers.length === 0) {
      if (this.#isExpected && this.#waitingChecks(checksInBundle + 1) > checksInBundle) break;
      const [part] = this.#take(1);
      if (part === undefined) break;
      const check = part.job.checks[part.from];
      answer(part, [check !== undefined && (await this.#holds(check))]);
      if (performance.now() < sliceEnd) continue;
      await laterTurn();
      sliceEnd = performance.now() + sliceMs;
    }
    this.#workingHere = false;
    // Workers may have come in the meantime.
    if (this.#workers.length > 0) this.#handOut();
  }

  async #holds(check: SignatureCheck): Promise<boolean> {
    return this.#secp256k1?.holds(check) ?? (await nobleVerifier.verify([check])).every(Boolean);
  }

  /** The next checks that nobody has, `most` of them at the most, in the order in which they are to be done. */
  #take(most: number): Bundle {
    const parts: Part[] = [];
    for (let left = most; left > 0; ) {
      const queue = this.#short.length > 0 ? this.#short : this.#long;
      const [job] = queue;
      if (job === undefined) break;
      const to = Math.min(job.checks.length, job.taken + left);
      parts.push({ job, from: job.taken, to });
      left -= to - job.taken;
      job.taken = to;
      if (to === job.checks.length) queue.shift();
    }
    return parts;
  }

  /** Checks that nobody has, counted as far as it matters. */
  #waitingChecks(enough: number): number {
    let waiting = 0;
    for (const queue of [this.#short, this.#long]) {
      for (const { checks, taken } of queue) {
        waiting += checks.length - taken;
        if (waiting >= enough) return enough;
      }
    }
    return waiting;
  }

  #started(worker: PoolWorker, module: WebAssembly.Module): Working {
    const working: Working = { worker, bundles: [] };
    worker.onmessage = ({ data }) => {
      let offset = 0;
      for (const part of working.bundles.shift() ?? []) {
        const length = part.to - part.from;
        answer(
          part,
          Array.from(data.subarray(offset, offset + length), (result) => result === 1),
        );
        offset += length;
      }
      this.#handOut();
    };
    worker.onerror = (event) => {
      // Otherwise the page's own handler of uncaught errors sees what is mended here.
      event.preventDefault();
      this.#leaveOut(working);
    };
    worker.postMessage(module);
    return working;
  }

  #leaveOut(working: Working): void {
    working.worker.terminate();
    this.#workers = this.#workers.filter((other) => other !== working);
    // What it had goes first; a job's other parts may be with another worker.
    const lost = working.bundles.splice(0).flat();
    for (const { job, from, to } of lost) {
      const part: Job = {
        ...job,
        checks: job.checks.slice(from, to),
        results: [],
        taken: 0,
        answered: 0,
        done: (results) => answer({ job, from, to }, results),
      };
      this.#short.unshift(part);
    }
    this.#handOut();
  }
}

/** Results for a part of a job, which is done when all parts are. */
function answer({ job, from }: Part, results: readonly boolean[]): void {
  results.forEach((result, place) => {
    job.results[from + place] = result;
  });
  job.answered += results.length;
  if (job.answered === job.checks.length) job.done(job.results);
}
