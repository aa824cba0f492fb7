/**
 * One run of the file store that is crashed everywhere: seeded changes of every kind on a recorded disk, and for every
 * beginning of what they did to it, what must be there when the folder is opened again.
 *
 * At each point the writes that were not synced are kept, lost, turned to zeros, and cut at random places, each file by
 * itself. Every recovery is crashed once more, at a random place.
 */
import { bytesToHex } from '../../core/codec/bytes.ts';
import { hashHex } from '../../core/crypto/keys.ts';
import { type Note, noteNames, type StoredBlock } from '../../core/storage/store.ts';
import { FileStore } from '../../relay/store/files.ts';
import { ChainMaker, noChange } from '../contract/material.ts';
import { plainSide, unlimited } from '../contract/store-expectations.ts';
import { emptyState, Plan, type State, type Step } from './crash-plan.ts';
import { type Contents, type Fate, RecordedDisk } from './recorded-disk.ts';
import { Seeded } from './seeded.ts';
import { allHold } from './verifiers.ts';

export interface CrashSums {
  /** Beginnings of the run, and crashes in all: each beginning with several fates. */
  readonly points: number;
  readonly crashes: number;
  /** Committed blocks of either side, items, notes or signatures that were gone, and chains that nobody had written. */
  readonly lost: readonly string[];
  /** Folders that did not open, or did not go on. */
  readonly unreadable: readonly string[];
}

/** @param changes of the run; some 6 operations on the disk each */
export async function crashRun(seed: number, changes: number): Promise<CrashSums> {
  const plan = new Plan(seed);
  const { disk, done } = await play(plan, changes);
  const seeded = new Seeded(seed + 1);
  const sums = { points: 0, crashes: 0, lost: [] as string[], unreadable: [] as string[] };
  for (let operations = 0; operations <= disk.operations.length; operations++) {
    sums.points++;
    const finished = done.filter((end) => end <= operations).length;
    for (const fateOf of fates(seeded)) {
      sums.crashes++;
      const next = disk.operations[operations];
      const bytes = next?.kind === 'append' ? seeded.below(next.bytes.length + 1) : 0;
      const where = `seed ${seed}, after ${operations} operations`;
      try {
        const contents = await crashedAgain(disk.crashed(operations, bytes, fateOf), seeded);
        sums.lost.push(...(await missing(contents, plan, finished)).map((what) => `${where}: ${what}`));
      } catch (error) {
        sums.unreadable.push(`${where}: ${String(error)}`);
      }
    }
  }
  return sums;
}

/** The disk after all changes, and how many operations there were after each. */
async function play(plan: Plan, changes: number): Promise<{ disk: RecordedDisk; done: number[] }> {
  const disk = new RecordedDisk();
  const store = new FileStore(disk, allHold);
  await store.open();
  const done: number[] = [];
  for (let i = 0; i < changes; i++) {
    await store.change(plan.next());
    done.push(disk.operations.length);
  }
  return { disk, done };
}

function fates(seeded: Seeded): ((name: string) => Fate)[] {
  const drawn = new Map<string, Fate>();
  const draw = (): Fate => {
    const cut = { operations: seeded.below(4), bytes: seeded.below(400) };
    return seeded.pick<Fate>(['kept', 'lost', 'zeros', cut, cut]);
  };
  const mixed = (name: string): Fate => {
    const fate = drawn.get(name) ?? draw();
    drawn.set(name, fate);
    return fate;
  };
  const cut = { operations: seeded.below(3), bytes: seeded.below(200) };
  return [() => 'kept', () => 'lost', () => 'zeros', () => cut, mixed];
}

/** Opening writes, too: it is interrupted somewhere, and what was not synced by then is lost or not. */
async function crashedAgain(contents: Contents, seeded: Seeded): Promise<Contents> {
  const disk = new RecordedDisk(contents);
  await new FileStore(disk, allHold).open();
  const done = seeded.below(disk.operations.length + 1);
  const next = disk.operations[done];
  const bytes = next?.kind === 'append' ? seeded.below(next.bytes.length + 1) : 0;
  const fate = seeded.pick<Fate>(['kept', 'lost', 'zeros']);
  return disk.crashed(done, bytes, () => fate);
}

/** What is not there that must be, in words. @throws when the folder does not open, or does not go on */
async function missing(contents: Contents, plan: Plan, finished: number): Promise<string[]> {
  const disk = new RecordedDisk(contents);
  const store = new FileStore(disk, allHold);
  const opened = await store.open();
  const held = (await store.blocks(0, opened.count + 1, Number.MAX_SAFE_INTEGER)).map(({ bytes }) => bytesToHex(bytes));
  const lost: string[] = [];
  const state = plan.steps[finished - 1]?.after ?? emptyState;
  const underWay = plan.steps[finished];
  const chain = allowed(state, underWay).find((blocks) => hexOf(blocks) === held.join());
  if (chain === undefined) return [`a chain of ${held.length} blocks that was never committed`];
  for (const { hash, height, items } of chain) {
    if ((await store.heightOf(hash)) !== height) lost.push(`the height of block ${height}`);
    if ((await store.containsItems(items)).includes(false)) lost.push(`an item of block ${height}`);
  }
  const pending = new Set(opened.pending.map(({ id }) => bytesToHex(id)));
  const going = new Set((underWay?.change.pendingRemoved ?? []).map(bytesToHex));
  for (const id of state.pending.keys()) if (!pending.has(id) && !going.has(id)) lost.push('an item that is pending');
  const journal = new Set<string>(opened.journal.map(({ hash }) => hashHex(hash)));
  for (const hash of state.signed) if (!journal.has(hash)) lost.push('a signature of the journal');
  for (const { hash } of chain) {
    const isOwn = plan.steps.some(({ change }) => change.signed !== undefined && change.signed.hash === hash);
    if (isOwn && !journal.has(hashHex(hash))) lost.push('the signature of a block that is on the chain');
  }
  lost.push(...(await missingBeside(store, plan, state, underWay)), ...missingNotes(opened.notes, state, underWay));
  await goOn(disk, store, chain.at(-1));
  return lost;
}

/** A block that was to be kept, or that a cut takes and is to be kept, stands on the main chain or beside it; on one. */
async function missingBeside(
  store: FileStore,
  plan: Plan,
  state: State,
  underWay: Step | undefined,
): Promise<string[]> {
  const { cutTo, append = [], sideAdded = [], sideRemoved = [] } = underWay?.change ?? {};
  const held = new Map((await store.sideBlocks(0, 9_999, unlimited)).map((block) => [hashHex(block.hash), block]));
  const forgotten = new Set(sideRemoved.map(hashHex));
  for (const { hash } of append) forgotten.delete(hashHex(hash));
  const leaving = state.chain.slice(cutTo).map(({ hash }) => hashHex(hash));
  const kept = new Set(sideAdded.map(({ hash }) => hashHex(hash)));
  const due = [...state.safe, ...leaving.filter((hash) => cutTo !== undefined && kept.has(hash))];
  const lost: string[] = [];
  for (const hash of due) {
    const block = plan.blocks.get(hash);
    const isOnMain = block !== undefined && (await store.heightOf(block.hash)) !== undefined;
    if (!isOnMain && !held.has(hash) && !forgotten.has(hash)) lost.push(`a block beside the main chain, ${hash}`);
    if (isOnMain && held.has(hash)) lost.push(`one of the two places of block ${hash}`);
  }
  const known = new Set(plan.steps.flatMap(({ change }) => plainSide(change.sideAdded)));
  for (const block of plainSide([...held.values()])) if (!known.has(block)) lost.push(`what stood beside: ${block}`);
  return lost;
}

function missingNotes(notes: readonly Note[], state: State, underWay: Step | undefined): string[] {
  const hex = (note: Note | undefined) => note && bytesToHex(note.bytes);
  const wrong = noteNames.filter((name) => {
    const found = hex(notes.find((note) => note.name === name));
    return found !== hex(state.notes.get(name)) && found !== hex(underWay?.after.notes.get(name));
  });
  return wrong.map((name) => `the newest note of ${name}`);
}

/** What the chain may be: as it was after the last change that was done, or as the one under way may have made it. */
function allowed({ chain }: State, underWay: Step | undefined): (readonly StoredBlock[])[] {
  if (underWay === undefined) return [chain];
  const { change, after } = underWay;
  if (change.cutTo !== undefined) return [chain, after.chain];
  return change.append.map((_, i) => after.chain.slice(0, chain.length + i + 1)).concat([[...chain]]);
}

function hexOf(blocks: readonly StoredBlock[]): string {
  return blocks.map(({ bytes }) => bytesToHex(bytes)).join();
}

async function goOn(disk: RecordedDisk, store: FileStore, tip: StoredBlock | undefined): Promise<void> {
  const next = new ChainMaker(8).block(tip);
  await store.change({ ...noChange, append: [next] });
  await store.close();
  const again = new FileStore(new RecordedDisk(disk.contents), allHold);
  const { count } = await again.open();
  if (count !== next.height + 1) throw new Error(`${count} blocks after one was added at height ${next.height}`);
  if (!(await again.containsItems(next.items))[0]) throw new Error('the block that was added is not there');
}
