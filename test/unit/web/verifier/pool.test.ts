/**
 * The pool answers in order whatever does the work, and goes on when a worker does not.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { SignatureCheck } from '../../../../core/crypto/curve.ts';
import { extractSecp256k1Wasm } from '../../../../scripts/extract-wasm.ts';
import { inLaterTurn } from '../../../../web/later-turn.ts';
import { unpackChecks } from '../../../../web/verifier/packed-checks.ts';
import { type PoolWorker, VerifierPool } from '../../../../web/verifier/pool.ts';
import { Secp256k1 } from '../../../../web/verifier/secp256k1.ts';
import type { ToWorker } from '../../../../web/verifier/worker.ts';
import { alteredChecks, goodChecks } from './checks.ts';

/** Good and altered in turn, so that every mixed-up answer shows. */
const mixed = goodChecks(150).flatMap((good) => [good, ...alteredChecks([good])]);
const expected = mixed.map((_, index) => index % 2 === 0);

let module: WebAssembly.Module;
let secp256k1: Secp256k1;

beforeAll(async () => {
  module = await WebAssembly.compile(extractSecp256k1Wasm());
  secp256k1 = await Secp256k1.instantiate(module);
});

/** A worker on this thread that works when it is told to. */
class FakeWorker implements PoolWorker {
  onmessage: PoolWorker['onmessage'] = null;
  onerror: PoolWorker['onerror'] = null;
  readonly waiting: SignatureCheck[][] = [];
  terminated = false;

  postMessage(message: ToWorker): void {
    if (message instanceof Uint8Array) this.waiting.push(unpackChecks(message));
  }

  work(): void {
    const checks = this.waiting.shift();
    if (checks === undefined) return;
    const data = Uint8Array.from(checks, (check) => (secp256k1.holds(check) ? 1 : 0));
    this.onmessage?.(new MessageEvent('message', { data }));
  }

  fail(): void {
    this.onerror?.({ preventDefault: () => undefined } as ErrorEvent);
  }

  terminate(): void {
    this.terminated = true;
  }
}

function poolOf(...workers: readonly FakeWorker[]): VerifierPool {
  const pool = new VerifierPool();
  pool.loaded(module, secp256k1, workers);
  return pool;
}

describe('the verifier pool', () => {
  it('checks in JavaScript before the module is there', async () => {
    const pool = new VerifierPool();
    expect(await pool.verify(mixed.slice(0, 20))).toEqual(expected.slice(0, 20));
  });

  it('lets the page live on while JavaScript checks', async () => {
    const pool = new VerifierPool();
    let turns = 0;
    let running = true;
    const count = (): void => {
      turns++;
      if (running) inLaterTurn(count);
    };
    inLaterTurn(count);
    await pool.verify(mixed);
    running = false;
    expect(turns).toBeGreaterThan(3);
  });

  it('goes on in WASM when the module comes in the middle of a job', async () => {
    const pool = new VerifierPool();
    const answer = pool.verify(mixed);
    pool.loaded(module, secp256k1, []);
    expect(await answer).toEqual(expected);
  });

  it('keeps many checks for a module that is on its way, and does few at once', async () => {
    const pool = new VerifierPool();
    let come: () => void = () => undefined;
    pool.expect(
      new Promise<void>((resolve) => {
        come = resolve;
      }),
    );
    expect(await pool.verify(mixed.slice(0, 10))).toEqual(expected.slice(0, 10));
    let answered = false;
    const answer = pool.verify(mixed).then((results) => {
      answered = true;
      return results;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(answered).toBe(false);
    const worker = new FakeWorker();
    pool.loaded(module, secp256k1, [worker]);
    expect(worker.waiting.map((checks) => checks.length)).toEqual([64, 64]);
    come();
    while (worker.waiting.length > 0) worker.work();
    expect(await answer).toEqual(expected);
  });

  it('does many in JavaScript when the expected module does not come', async () => {
    const pool = new VerifierPool();
    pool.expect(Promise.reject(new Error('refused')));
    expect(await pool.verify(mixed.slice(0, 70))).toEqual(expected.slice(0, 70));
  });

  it('answers nothing for nothing', async () => {
    expect(await new VerifierPool().verify([])).toEqual([]);
    expect(await poolOf(new FakeWorker()).verify([])).toEqual([]);
  });

  it('keeps one or two checks away from the workers', async () => {
    const worker = new FakeWorker();
    expect(await poolOf(worker).verify(mixed.slice(0, 2))).toEqual([true, false]);
    expect(worker.waiting).toHaveLength(0);
  });

  it('puts the answers in order, whichever worker is faster', async () => {
    const [slow, fast] = [new FakeWorker(), new FakeWorker()];
    const answer = poolOf(slow, fast).verify(mixed);
    while (fast.waiting.length > 0) fast.work();
    while (slow.waiting.length > 0) slow.work();
    expect(await answer).toEqual(expected);
  });

  it('shares a job between the workers', async () => {
    const workers = [new FakeWorker(), new FakeWorker()];
    const answer = poolOf(...workers).verify(mixed.slice(0, 10));
    expect(workers.map(({ waiting }) => waiting.map((checks) => checks.length))).toEqual([[5], [5]]);
    for (const worker of workers) worker.work();
    expect(await answer).toEqual(expected.slice(0, 10));
  });

  it('does a short job before what is left of a long one', async () => {
    const worker = new FakeWorker();
    const pool = poolOf(worker);
    const order: string[] = [];
    const long = pool.verify(mixed).then(() => order.push('long'));
    const short = pool.verify(mixed.slice(0, 4)).then(() => order.push('short'));
    for (let i = 0; i < 3; i++) worker.work();
    await short;
    expect(order).toEqual(['short']);
    while (worker.waiting.length > 0) worker.work();
    await long;
  });

  it('never has more than two bundles of 64 at one worker', async () => {
    const worker = new FakeWorker();
    const answer = poolOf(worker).verify(mixed);
    expect(worker.waiting.map((checks) => checks.length)).toEqual([64, 64]);
    while (worker.waiting.length > 0) worker.work();
    expect(await answer).toEqual(expected);
  });

  it('does on its own thread what a failed worker had, and leaves that worker out', async () => {
    const [bad, good] = [new FakeWorker(), new FakeWorker()];
    const pool = poolOf(bad, good);
    const answer = pool.verify(mixed);
    bad.fail();
    while (good.waiting.length > 0) good.work();
    expect(await answer).toEqual(expected);
    expect(bad.terminated).toBe(true);
    const next = pool.verify(mixed.slice(0, 10));
    expect(bad.waiting.length).toBe(2);
    while (good.waiting.length > 0) good.work();
    expect(await next).toEqual(expected.slice(0, 10));
  });

  it('does everything on its own thread when no worker is left', async () => {
    const only = new FakeWorker();
    const pool = poolOf(only);
    const answer = pool.verify(mixed);
    only.fail();
    expect(await answer).toEqual(expected);
    expect(await pool.verify(mixed.slice(0, 6))).toEqual(expected.slice(0, 6));
  });

  it('ends its workers when it is closed, and still answers', async () => {
    const worker = new FakeWorker();
    const pool = poolOf(worker);
    const answer = pool.verify(mixed.slice(0, 8));
    pool.close();
    expect(worker.terminated).toBe(true);
    expect(await answer).toEqual(expected.slice(0, 8));
  });
});
