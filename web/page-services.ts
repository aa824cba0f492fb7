/**
 * What all peers of one page share: the timers' worker, the workers that check signatures, the WASM modules.
 *
 * Begun with the first peer and never ended, for a page may close one and open another. WASM is fetched after the first
 * paint and nothing waits for it; where it may not be had, JavaScript goes on doing the work. What makes a file of a chain
 * is fetched then too, though nobody has asked for it: when somebody does, the server may be gone.
 */
import { Knock } from './links/knock.ts';
import { FrameWriter } from './store/zstd.ts';
import { TabTimers, type Timers } from './timers.ts';
import { TabCurve } from './verifier/curve.ts';
import { VerifierPool } from './verifier/pool.ts';
import { Secp256k1 } from './verifier/secp256k1.ts';
import VerifierWorker from './verifier/worker.ts?worker&inline';
import { firstPaint } from './wasm/first-paint.ts';
import { compileWasm, secp256k1Url, zstdUrl } from './wasm/modules.ts';

export interface PageServices {
  readonly timers: Timers;
  readonly knock: Knock;
  readonly curve: TabCurve;
  readonly verifier: VerifierPool;
  readonly frames: FrameWriter;
}

/** More would only take the processor from the page and from other tabs. */
const mostWorkers = 2;

let services: PageServices | undefined;

export function pageServices(): PageServices {
  if (services !== undefined) return services;
  services = {
    timers: new TabTimers(),
    knock: new Knock(),
    curve: new TabCurve(),
    verifier: new VerifierPool(),
    frames: new FrameWriter(),
  };
  const loading = loadLater(services);
  services.verifier.expect(Promise.race([loading, later(expectedMs)]));
  return services;
}

/** A module that has not come by then is not waited for any more. */
const expectedMs = 4_000;

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function loadLater({ curve, verifier, frames }: PageServices): Promise<void> {
  await firstPaint();
  await Promise.all([
    orDoWithout('libsecp256k1', async () => {
      const module = await compileWasm(secp256k1Url());
      const secp256k1 = await Secp256k1.instantiate(module);
      curve.loaded(secp256k1);
      verifier.loaded(module, secp256k1, startWorkers());
    }),
    orDoWithout('zstd', async () => frames.load(await compileWasm(zstdUrl()))),
    // Asked for again when it is wanted.
    chainFiles().catch(() => undefined),
  ]);
}

/** The part of the program that is needed for `exportChain` and `importChain` only. */
export function chainFiles(): Promise<typeof import('./transfer/chain-file.ts')> {
  return import('./transfer/chain-file.ts');
}

async function orDoWithout(name: string, load: () => Promise<void>): Promise<void> {
  try {
    await load();
  } catch (error) {
    // Nothing fails for it, so no problem for the user; who embeds the page may want to allow it.
    console.warn(`mccloud goes on without ${name} in WASM:`, error);
  }
}

function startWorkers(): Worker[] {
  try {
    const count = Math.min(mostWorkers, navigator.hardwareConcurrency);
    return Array.from({ length: count }, () => new VerifierWorker({ name: 'mccloud signatures' }));
  } catch {
    // Workers are refused: this thread does it all.
    return [];
  }
}
