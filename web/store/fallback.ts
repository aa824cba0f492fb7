/**
 * A store that goes on in memory when IndexedDB does not: refused at the start, or full or broken later.
 *
 * A peer never sees a failed change; the user is told instead, once. What IndexedDB holds by then stays readable below
 * what memory holds. Pending items, the signing journal and notes are small and still offered to IndexedDB (design.md,
 * Identity), so that no identity signs two children of one block after a reload.
 */
import type { Hash, ItemId } from '../../core/crypto/keys.ts';
import { StoreError } from '../../core/errors.ts';
import { MemoryStore } from '../../core/storage/memory.ts';
import {
  type Change,
  type KeptBlock,
  noChange,
  type Opened,
  type SideBlock,
  type StorageKind,
  type Store,
} from '../../core/storage/store.ts';
import type { IndexedDbStore } from './indexeddb.ts';

/** As TransportEvents.problem: a code for programs, a sentence for people. */
export type ReportProblem = (code: string, message: string | undefined) => void;

/** Firefox and Safari have been seen to leave an opening unanswered for ever. */
const openTimeoutMs = 3_000;

/** Side blocks that go to memory at most, the lowest of them. */
const copiedBlocks = 4_096;
const copiedBytes = 64 * 1024 * 1024;

type State =
  | { readonly kind: 'below' }
  /**
   * Memory holds everything from height `floor`; it counts its own heights from 0. It also holds all side blocks, once
   * those that IndexedDB has are `copied`.
   */
  | {
      readonly kind: 'above';
      readonly floor: number;
      readonly memory: MemoryStore;
      readonly copied: Promise<void>;
    };

export class FallbackStore implements Store {
  readonly #below: IndexedDbStore;
  readonly #report: ReportProblem;
  readonly #onClosed: () => void;
  #state: State = { kind: 'below' };
  /** Blocks in IndexedDB, by the changes that succeeded. */
  #count = 0;
  #closed = false;
  /** Settles when every change asked for so far is done. */
  #earlier: Promise<unknown> = Promise.resolve();
  #opening: Promise<Opened> | undefined;

  /** @param onClosed called once nothing more is written */
  constructor(below: IndexedDbStore, report: ReportProblem, onClosed: () => void) {
    this.#below = below;
    this.#report = report;
    this.#onClosed = onClosed;
  }

  get kind(): StorageKind {
    return this.#state.kind === 'below' ? this.#below.kind : 'memory';
  }

  /** May be called early and again: it opens once. */
  open(): Promise<Opened> {
    this.#opening ??= this.#openOnce();
    return this.#opening;
  }

  async change(change: Change): Promise<void> {
    if (this.#closed) throw new StoreError('closed', 'the store is closed');
    const earlier = this.#earlier;
    const written = this.#state.kind === 'below' ? this.#written(change) : Promise.resolve(false);
    const done = this.#finished(earlier, written, change);
    this.#earlier = done.catch(() => undefined);
    await done;
  }

  async blocks(from: number, count: number, maxBytes: number): Promise<KeptBlock[]> {
    const state = this.#state;
    if (state.kind === 'below') return await this.#below.blocks(from, count, maxBytes);
    const { floor, memory } = state;
    const countBelow = Math.max(0, Math.min(count, floor - from));
    const below = countBelow === 0 ? [] : await this.#below.blocks(from, countBelow, maxBytes);
    const bytesLeft = maxBytes - below.reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (below.length < countBelow || (below.length > 0 && bytesLeft <= 0)) return below;
    const above = await memory.blocks(Math.max(0, from - floor), count - countBelow, bytesLeft);
    // "At least one" was met below.
    const fits = below.length === 0 || (above[0]?.bytes.length ?? 0) <= bytesLeft;
    return fits ? [...below, ...above] : below;
  }

  async heightOf(hash: Hash): Promise<number | undefined> {
    const state = this.#state;
    if (state.kind === 'below') return await this.#below.heightOf(hash);
    const above = await state.memory.heightOf(hash);
    if (above !== undefined) return above + state.floor;
    const below = await this.#below.heightOf(hash);
    return below !== undefined && below < state.floor ? below : undefined;
  }

  async containsItems(ids: readonly ItemId[]): Promise<boolean[]> {
    const state = this.#state;
    if (state.kind === 'below') return await this.#below.containsItems(ids);
    const above = await state.memory.containsItems(ids);
    const below = state.floor === 0 ? [] : await this.#below.itemHeights(ids);
    return ids.map((_, place) => above[place] === true || (below[place] ?? state.floor) < state.floor);
  }

  async sideBlocks(from: number, count: number, maxBytes: number): Promise<SideBlock[]> {
    const holder = await this.#sideHolder();
    return await holder.sideBlocks(from, count, maxBytes);
  }

  async sideBlock(hash: Hash): Promise<SideBlock | undefined> {
    const holder = await this.#sideHolder();
    return await holder.sideBlock(hash);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#earlier;
    if (this.#state.kind === 'above') await this.#state.memory.close();
    await this.#below.close();
    this.#onClosed();
  }

  async #openOnce(): Promise<Opened> {
    try {
      const opened = await withinTime(this.#below.open());
      this.#count = opened.count;
      return opened;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      // Not waited for: an opening that hangs may never end.
      void this.#below.close();
      const memory = new MemoryStore();
      this.#state = { kind: 'above', floor: 0, memory, copied: Promise.resolve() };
      this.#report('storage-in-memory', inMemoryMessage(error));
      return await memory.open();
    }
  }

  /** In the order of the calls: memory must not take a change before one that IndexedDB is still at. */
  async #finished(earlier: Promise<unknown>, written: Promise<boolean>, change: Change): Promise<void> {
    const [isWritten] = await Promise.all([written, earlier]);
    if (this.#state.kind === 'below') return;
    // One before it may have failed and this one not: then both hold it.
    await this.#remember(this.#state, change);
    if (!isWritten) await this.#keepSmall(change);
  }

  async #written(change: Change): Promise<boolean> {
    try {
      await this.#below.change(change);
      this.#count = (change.cutTo ?? this.#count) + change.append.length;
      return true;
    } catch (error) {
      if (!(error instanceof StoreError) || error.code === 'closed') throw error;
      if (this.#state.kind === 'below') this.#goAbove(error);
      return false;
    }
  }

  #goAbove(error: StoreError): void {
    const memory = new MemoryStore();
    this.#state = { kind: 'above', floor: this.#count, memory, copied: this.#copySide(memory) };
    if (error.code === 'full') this.#report('storage-full', fullMessage);
    else this.#report('storage-in-memory', inMemoryMessage(error));
  }

  /** They are few, and a branch may still win that stands partly on those from before. */
  async #copySide(memory: MemoryStore): Promise<void> {
    try {
      const sideAdded = await this.#below.sideBlocks(0, copiedBlocks, copiedBytes);
      await memory.change({ ...noChange, sideAdded });
    } catch (error) {
      // What cannot be read any more is asked for again from neighbours.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  async #sideHolder(): Promise<Store> {
    await this.#earlier;
    if (this.#state.kind === 'below') return this.#below;
    await this.#state.copied;
    return this.#state.memory;
  }

  async #remember({ memory, copied, ...state }: State & { readonly kind: 'above' }, change: Change): Promise<void> {
    const { cutTo, append } = change;
    await copied;
    // A cut below the floor takes all blocks that memory holds.
    const floor = Math.min(state.floor, cutTo ?? state.floor);
    this.#state = { kind: 'above', floor, memory, copied };
    await memory.change({
      ...change,
      cutTo: cutTo === undefined ? undefined : cutTo - floor,
      append: append.map((block) => ({ ...block, height: block.height - floor })),
    });
  }

  async #keepSmall({ signed, notes, pendingAdded, pendingRemoved }: Change): Promise<void> {
    if (signed === undefined && notes.length + pendingAdded.length + pendingRemoved.length === 0) return;
    try {
      const durable = signed !== undefined;
      await this.#below.change({ ...noChange, durable, signed, notes, pendingAdded, pendingRemoved });
    } catch (error) {
      // The user knows already that nothing more is kept.
      if (!(error instanceof StoreError)) throw error;
    }
  }
}

async function withinTime(opening: Promise<Opened>): Promise<Opened> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new StoreError('unavailable', `IndexedDB has not opened within ${openTimeoutMs / 1_000} s`);
    timer = setTimeout(() => reject(error), openTimeoutMs);
  });
  try {
    return await Promise.race([opening, late]);
  } finally {
    clearTimeout(timer);
  }
}

const fullMessage = 'The storage of this browser is full: new blocks are kept in memory and are gone with this tab.';

function inMemoryMessage({ message }: StoreError): string {
  return `Blocks are kept in memory and are gone with this tab, for the browser stores nothing (${message}).`;
}
