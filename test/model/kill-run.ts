/**
 * Kills a process in the middle of its writing, again and again, and looks at what it leaves (kill-child.ts).
 *
 * The moments are drawn from a seed, in milliseconds after the process has opened the folder; where in its work that is,
 * the machine decides. After each kill the folder is opened as a peer opens it and verified from its first block.
 */
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { decodeBlock, encodeBlock } from '../../core/chain/block.ts';
import { bytesToHex } from '../../core/codec/bytes.ts';
import { hashHex } from '../../core/crypto/keys.ts';
import { nodeVerifier } from '../../relay/curve.ts';
import { folderDisk } from '../../relay/store/disk.ts';
import { FileStore } from '../../relay/store/files.ts';
import { importFile } from '../../relay/transfer/import.ts';
import { verifyFolder } from '../../relay/transfer/verify.ts';
import { ChainSigner } from './chain-signer.ts';
import { exportFile, exportHeader, exportSection } from './export-maker.ts';
import type { Said } from './kill-child.ts';
import { Seeded } from './seeded.ts';

export interface KillSums {
  readonly kills: number;
  /** Blocks that were reported committed before a kill, over all kills. */
  readonly committed: number;
  /** Kills that came between the beginning of a change and its end. */
  readonly inTheMiddle: number;
  /** Openings that had something to cut or to find again. */
  readonly torn: number;
  readonly lost: readonly string[];
  readonly unreadable: readonly string[];
}

const child = fileURLToPath(new URL('kill-child.ts', import.meta.url));
/** So long a process may live; some changes take milliseconds. */
const mostMs = 250;
/** A chain is left then, or verifying it would take longer than everything else. */
const killsOfOneFolder = 10;

/** Kills while blocks arrive. @param told called after each kill */
export async function killWhileAppending(
  kills: number,
  seed: number,
  told: (kill: number) => void = () => undefined,
): Promise<KillSums> {
  const seeded = new Seeded(seed);
  const sums = { kills: 0, committed: 0, inTheMiddle: 0, torn: 0, lost: [] as string[], unreadable: [] as string[] };
  while (sums.kills < kills) {
    await inFolder(async (folder) => {
      let state: State = { chain: [], beside: new Set(), pending: new Set() };
      const inLine = new Line(() => ['append', folder, String(seeded.u32())]);
      for (let i = 0; i < killsOfOneFolder && sums.kills < kills; i++) {
        const where = `kill ${++sums.kills} of seed ${seed}`;
        const said = await killed(inLine.next(), 'opened', seeded.below(mostMs));
        const { done, underWay } = followed(state, said);
        if (underWay !== undefined) sums.inTheMiddle++;
        sums.committed += done.chain.length;
        try {
          const { found, isTorn } = await lookedAt(folder);
          if (isTorn) sums.torn++;
          sums.lost.push(...missing(done, underWay, found).map((what) => `${where}: ${what}`));
          state = found;
        } catch (error) {
          sums.unreadable.push(`${where}: ${String(error)}`);
          break;
        }
        told(sums.kills);
      }
      await inLine.end();
    });
  }
  return sums;
}

/**
 * Kills an import so many times, each time the one that goes on from where the last was killed; then lets one end.
 * @param file of a chain with these hashes
 * @returns after each kill how many blocks were there, and what was wrong in between or at the end
 */
export async function killWhileImporting(
  file: string,
  hashes: readonly string[],
  kills: number,
  seed: number,
): Promise<{ readonly held: readonly number[]; readonly faults: readonly string[] }> {
  const seeded = new Seeded(seed);
  const faults: string[] = [];
  const held: number[] = [];
  await inFolder(async (parent) => {
    const folder = join(parent, 'imported');
    for (let kill = 1; kill <= kills; kill++) {
      const said = await killed(started(['import', folder, file]), 'imported', seeded.below(mostMs));
      const committed = said.reduce((most, line) => (line.kind === 'imported' ? line.blocks : most), 0);
      const { chain } = (await lookedAt(folder)).found;
      held.push(chain.length);
      if (chain.length < committed) faults.push(`kill ${kill}: ${chain.length} blocks of ${committed}`);
      if (chain.join() !== hashes.slice(0, chain.length).join()) faults.push(`kill ${kill}: another chain`);
    }
    await importFile(file, folder);
    const { chain } = (await lookedAt(folder)).found;
    if (chain.join() !== hashes.join()) faults.push(`at the end ${chain.length} blocks of ${hashes.length}`);
  });
  return { held, faults };
}

/** A file of a chain of so many blocks, in sections of 20. */
export async function writtenExport(folder: string, blocks: number): Promise<{ file: string; hashes: string[] }> {
  const chain = new ChainSigner(2).chain(blocks);
  const sections: Uint8Array[] = [];
  for (let start = 0; start < chain.length; start += 20) {
    sections.push(exportSection(chain.slice(start, start + 20).map(encodeBlock)));
  }
  const file = join(folder, 'chain.mccloud');
  await writeFile(file, exportFile(chain.length, exportHeader(), ...sections));
  return { file, hashes: chain.map(({ hash }) => hashHex(hash)) };
}

interface State {
  readonly chain: readonly string[];
  /** Blocks of branches that lost. */
  readonly beside: ReadonlySet<string>;
  /** Own items that wait, whose change was durable. */
  readonly pending: ReadonlySet<string>;
}

type Step = Extract<Said, { kind: 'begun' }>;

/** A process that waits for its input to be closed. */
function started(args: readonly string[]): ChildProcessByStdio<Writable, Readable, null> {
  return spawn(process.execPath, ['--import', 'tsx', child, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** Starting a process takes longer than all that is done with it: the next one is always on its way. */
class Line {
  readonly #argsOfNext: () => readonly string[];
  #waiting: ReturnType<typeof started>;

  constructor(argsOfNext: () => readonly string[]) {
    this.#argsOfNext = argsOfNext;
    this.#waiting = started(argsOfNext());
  }

  next(): ReturnType<typeof started> {
    const first = this.#waiting;
    this.#waiting = started(this.#argsOfNext());
    return first;
  }

  async end(): Promise<void> {
    const exited = once(this.#waiting, 'close');
    this.#waiting.kill('SIGKILL');
    await exited;
  }
}

/** Lets a process go, and kills it so many milliseconds after it said a word of this kind. @returns all it said */
async function killed(running: ReturnType<typeof started>, after: Said['kind'], ms: number): Promise<Said[]> {
  const said: Said[] = [];
  const exited = once(running, 'close');
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: running.stdout }).on('line', (line) => {
      // The last line may have been cut by the kill.
      if (line.endsWith('}')) said.push(JSON.parse(line) as Said);
      if (said.at(-1)?.kind === after) resolve();
    });
  });
  running.stdin.end();
  await Promise.race([ready, exited]);
  await Promise.race([wait(ms), exited]);
  running.kill('SIGKILL');
  await exited;
  expectKilled(running, said);
  return said;
}

/** A child that ends by itself, other than after an import, is a test that shows nothing. */
function expectKilled({ exitCode, signalCode }: ChildProcess, said: readonly Said[]): void {
  if (signalCode === 'SIGKILL' || (exitCode === 0 && said.length > 0)) return;
  throw new Error(`the process ended by itself with ${exitCode ?? signalCode}`);
}

/** What was committed, and what was under way. */
function followed(before: State, said: readonly Said[]): { done: State; underWay: Step | undefined } {
  let { chain, beside, pending } = before;
  let underWay: Step | undefined;
  for (const line of said) {
    if (line.kind === 'begun') underWay = line;
    if (line.kind !== 'done' || underWay === undefined) continue;
    beside = new Set([...beside, ...leaving(chain, underWay)]);
    chain = [...chain.slice(0, underWay.cutTo), ...underWay.append];
    pending = new Set([...pending, ...underWay.pending]);
    underWay = undefined;
  }
  return { done: { chain, beside, pending }, underWay };
}

function missing({ chain, beside, pending }: State, underWay: Step | undefined, found: State): string[] {
  const lost = [...pending].filter((id) => !found.pending.has(id)).map((id) => `the item ${id} that was pending`);
  const held = new Set([...found.chain, ...found.beside]);
  const due = [...beside, ...(underWay === undefined ? [] : leaving(chain, underWay))];
  lost.push(...due.filter((hash) => !held.has(hash)).map((hash) => `the block ${hash} of a branch that lost`));
  const may = [chain, ...outcomes(chain, underWay)];
  if (may.some((hashes) => hashes.join() === found.chain.join())) return lost;
  return [...lost, `${found.chain.length} blocks, where ${chain.length} were committed`];
}

/** What a step cuts, but for a root. */
function leaving(chain: readonly string[], { cutTo }: Step): readonly string[] {
  return chain.slice(Math.max(1, cutTo));
}

/** What a change that was not done may have come to: blocks that only follow come one by one, a branch at once. */
function outcomes(chain: readonly string[], step: Step | undefined): (readonly string[])[] {
  if (step === undefined) return [];
  const after = [...chain.slice(0, step.cutTo), ...step.append];
  if (step.cutTo < chain.length) return [after];
  return step.append.map((_, i) => after.slice(0, chain.length + i + 1));
}

/** @throws when the folder does not open or is not whole */
async function lookedAt(folder: string): Promise<{ found: State; isTorn: boolean }> {
  const { fault, unverifiedItems } = await verifyFolder(folder);
  if (fault !== undefined) throw new Error(`the block at height ${fault.height}: ${fault.why}`);
  if (unverifiedItems > 0) throw new Error(`${unverifiedItems} items are unverified`);
  const store = new FileStore(folderDisk(folder), nodeVerifier);
  const { count, pending } = await store.open();
  const blocks = (await store.blocks(0, count, Number.MAX_SAFE_INTEGER)).map(({ bytes }) => decodeBlock(bytes));
  const side = await store.sideBlocks(0, 1_000_000, Number.MAX_SAFE_INTEGER);
  await store.close();
  const chain = blocks.map(({ hash }) => hashHex(hash));
  const { torn } = store;
  return {
    found: {
      chain,
      beside: new Set(side.map(({ hash }) => hashHex(hash))),
      pending: new Set(pending.map(({ id }) => bytesToHex(id))),
    },
    isTorn: torn.bytes > 0 || torn.found > 0,
  };
}

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'mccloud-kill-'));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
