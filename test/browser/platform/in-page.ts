/**
 * What the platform's tests do inside a page with the tab's own parts; each function answers with plain values.
 */
import type { SignatureCheck } from '../../../core/crypto/curve.ts';
import { sha256 } from '../../../core/crypto/hash.ts';
import { nobleCurve } from '../../../core/crypto/noble-curve.ts';
import { pageServices } from '../../../web/page-services.ts';
import { takeSlot } from '../../../web/slot.ts';
import { TabTimers } from '../../../web/timers.ts';
import { VerifierPool } from '../../../web/verifier/pool.ts';
import { Secp256k1 } from '../../../web/verifier/secp256k1.ts';
import VerifierWorker from '../../../web/verifier/worker.ts?worker&inline';
import { compileWasm, secp256k1Url } from '../../../web/wasm/modules.ts';
import { secretOf } from './memory-signaling.ts';

/** The slot of this tab, held until the tab ends. */
export async function slotOfThisTab(network: string): Promise<number | undefined> {
  return (await takeSlot(network, navigator.locks, sessionStorage))?.number;
}

/** How late timers of 20 ms were, in ms, while this page's own timers do not run at all. */
export async function latenessWithoutPageTimers(count: number): Promise<number[]> {
  const timers = new TabTimers();
  await waitFor(timers, 200);
  globalThis.setTimeout = (() => 0) as unknown as typeof setTimeout;
  const lateness: number[] = [];
  for (let i = 0; i < count; i++) lateness.push(await waitFor(timers, 20));
  return lateness;
}

/** As above, with the page's timers. */
export async function lateness(count: number): Promise<number[]> {
  const timers = new TabTimers();
  const found: number[] = [];
  for (let i = 0; i < count; i++) found.push(await waitFor(timers, 20));
  return found;
}

export interface Speeds {
  readonly javascript: number;
  readonly wasm: number;
  readonly pool: number;
  readonly signingMs: { readonly javascript: number; readonly wasm: number };
}

/** Checks a second on this thread in JavaScript, on this thread in WASM, and in two workers. */
export async function speeds(): Promise<Speeds> {
  const checks = goodChecks(600);
  const module = await compileWasm(secp256k1Url());
  const secp256k1 = await Secp256k1.instantiate(module);
  const slow = new VerifierPool();
  const alone = new VerifierPool();
  alone.loaded(module, secp256k1, []);
  const pool = new VerifierPool();
  pool.loaded(module, secp256k1, [new VerifierWorker(), new VerifierWorker()]);
  const best = { javascript: 0, wasm: 0, pool: 0 };
  const signing = { javascript: Number.POSITIVE_INFINITY, wasm: Number.POSITIVE_INFINITY };
  // In turns, and the best of each: code gets faster as it runs, and other programs take the processor away.
  for (let round = 0; round < 6; round++) {
    best.javascript = Math.max(best.javascript, await rate(slow, checks.slice(0, 50)));
    best.wasm = Math.max(best.wasm, await rate(alone, checks.slice(0, 200)));
    best.pool = Math.max(best.pool, await rate(pool, checks));
    signing.javascript = Math.min(signing.javascript, signingMs(nobleCurve));
    signing.wasm = Math.min(signing.wasm, signingMs(secp256k1));
  }
  return { ...best, signingMs: signing };
}

/** Whether a page without workers and WASM checks and signs all the same. */
export async function worksWithoutWasm(): Promise<boolean> {
  const { verifier, curve } = pageServices();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const [check] = goodChecks(1) as [SignatureCheck];
  const altered = { ...check, digest: sha256(check.digest) };
  const answers = await verifier.verify([check, altered, check]);
  return answers.join() === 'true,false,true' && curve.isPoint(check.key);
}

function waitFor(timers: TabTimers, delayMs: number): Promise<number> {
  const due = performance.now() + delayMs;
  return new Promise((resolve) => timers.after(delayMs, () => resolve(performance.now() - due)));
}

async function rate(verifier: VerifierPool, checks: readonly SignatureCheck[]): Promise<number> {
  const begun = performance.now();
  const answers = await verifier.verify(checks);
  if (!answers.every(Boolean)) throw new Error('a good signature was refused');
  return Math.round((checks.length / (performance.now() - begun)) * 1_000);
}

function signingMs(signer: Pick<typeof nobleCurve, 'sign'>): number {
  const digest = sha256(Uint8Array.of(1));
  const begun = performance.now();
  for (let i = 0; i < 50; i++) signer.sign(digest, secretOf(1), digest);
  return Math.round(((performance.now() - begun) / 50) * 100) / 100;
}

function goodChecks(count: number): SignatureCheck[] {
  const secret = secretOf(1);
  const key = nobleCurve.publicKey(secret);
  const digest = sha256(Uint8Array.of(1));
  const check = { key, digest, signature: nobleCurve.sign(digest, secret, digest) };
  return Array.from({ length: count }, () => check);
}
