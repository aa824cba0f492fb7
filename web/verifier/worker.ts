/**
 * One worker of the pool: is given the compiled module once, then bundles of checks, and answers each with one byte for
 * each check. It holds no key and reaches no network.
 */
import type { SignatureCheck } from '../../core/crypto/curve.ts';
import { unpackChecks } from './packed-checks.ts';
import { Secp256k1 } from './secp256k1.ts';

/** First the module, then bundles of packed checks. */
export type ToWorker = WebAssembly.Module | Uint8Array;
/** The answers in the order of the bundles: 1 for each check that holds. */
export type FromWorker = Uint8Array;

/** What this file needs of the worker's global scope, whose types a page's program does not have. */
interface Scope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker, transfer: Transferable[]): void;
}

const scope = globalThis as unknown as Scope;
let secp256k1: Promise<Secp256k1> | undefined;

scope.onmessage = ({ data }) => {
  if (data instanceof WebAssembly.Module) secp256k1 = Secp256k1.instantiate(data);
  else secp256k1?.then((ready) => answer(ready, data)).catch(reportError);
};

function answer(ready: Secp256k1, packed: Uint8Array): void {
  const results = Uint8Array.from(unpackChecks(packed), (check: SignatureCheck) => (ready.holds(check) ? 1 : 0));
  scope.postMessage(results, [results.buffer]);
}
