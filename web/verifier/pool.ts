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
/** 10 ms of work: what comes next waits no longer for a worker. */
const checksInBundle = 32;
/** While a worker does one bundle, the next already waits at its door. */
const bundlesAtWorker = 2;
/** Half a frame at 60 frames a second. */
const sliceMs = 8;

interface Bundle {
  readonly checks: readonly SignatureCheck[];
  readonly done: (results: boolean[]) => void;
}

interface Working {
  readonly worker: PoolWorker;
  readonly bundles: Bundle[];
}

export class VerifierPool implements Verifier {
  #secp256k1: Secp256k1 | undefined;
  #workers: Working[] = [];
  /** Short jobs go before the bundles of long ones: a new block does not wait for a thousand old ones. */
  #short: Bundle[] = [];
  #long: Bundle[] = [];

  /** The module has been loaded: from now on it is used, with so many workers. */
  loaded(module: WebAssembly.Module, secp256k1: Secp256k1, workers: readonly PoolWorker[]): void {
    this.#secp256k1 = secp256k1;
    this.#workers = workers.map((worker) => this.#started(worker, module));
  }

  async verify(checks: readonly SignatureCheck[]): Promise<boolean[]> {
    if (checks.length <= checksOnThisThread || this.#workers.length === 0) return await this.#onThisThread(checks);
    return await this.#inWorkers(checks);
  }

  close(): void {
    for (const working of [...this.#workers]) this.#leaveOut(working);
  }

  async #onThisThread(checks: readonly SignatureCheck[]): Promise<boolean[]> {
    const results: boolean[] = [];
    let sliceEnd = performance.now() + sliceMs;
    for (const check of checks) {
      if (performance.now() > sliceEnd) {
        await laterTurn();
        sliceEnd = performance.now() + sliceMs;
      }
      // The module may arrive between two slices.
      results.push(this.#secp256k1?.holds(check) ?? (await nobleVerifier.verify([check])).every(Boolean));
    }
    return results;
  }

  async #inWorkers(checks: readonly SignatureCheck[]): Promise<boolean[]> {
    const size = Math.min(checksInBundle, Math.ceil(checks.length / this.#workers.length));
    const parts: Promise<boolean[]>[] = [];
    const queue = checks.length <= checksInBundle ? this.#short : this.#long;
    for (let start = 0; start < checks.length; start += size) {
      parts.push(
        new Promise((done) => {
          queue.push({ checks: checks.slice(start, start + size), done });
        }),
      );
    }
    this.#handOut();
    return (await Promise.all(parts)).flat();
  }

  #handOut(): void {
    for (;;) {
      const [least] = [...this.#workers].sort((a, b) => a.bundles.length - b.bundles.length);
      if (least === undefined || least.bundles.length >= bundlesAtWorker) return;
      const bundle = this.#short.shift() ?? this.#long.shift();
      if (bundle === undefined) return;
      const packed = packChecks(bundle.checks);
      least.bundles.push(bundle);
      least.worker.postMessage(packed, [packed.buffer]);
    }
  }

  #started(worker: PoolWorker, module: WebAssembly.Module): Working {
    const working: Working = { worker, bundles: [] };
    worker.onmessage = ({ data }) => {
      working.bundles.shift()?.done(Array.from(data, (result) => result === 1));
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
    const left = this.#workers.length === 0 ? [...this.#short.splice(0), ...this.#long.splice(0)] : [];
    for (const { checks, done } of [...working.bundles.splice(0), ...left]) void this.#onThisThread(checks).then(done);
  }
}
