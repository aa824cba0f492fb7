/**
 * The changes of a crash run as a peer makes them: blocks that follow, branches that win and are kept or forgotten, own
 * blocks with their journal, own items, notes; and what a store must hold after each.
 */
import { bytesToHex } from '../../core/codec/bytes.ts';
import { type HashHex, hashHex } from '../../core/crypto/keys.ts';
import {
  type Change,
  type Note,
  type NoteName,
  noChange,
  noteNames,
  type PendingItem,
  type SideBlock,
  type StoredBlock,
} from '../../core/storage/store.ts';
import { besideMain, ChainMaker } from '../contract/material.ts';
import { Seeded } from './seeded.ts';

/** What a store holds after so many changes. */
export interface State {
  readonly chain: readonly StoredBlock[];
  /** Beside the main chain. */
  readonly side: ReadonlyMap<HashHex, SideBlock>;
  /** Those of them that were on the disk when the change was done. */
  readonly safe: ReadonlySet<HashHex>;
  readonly notes: ReadonlyMap<NoteName, Note>;
  /** What was pending when it was asked to be durable, by id. */
  readonly pending: ReadonlyMap<string, PendingItem>;
  readonly signed: ReadonlySet<string>;
}

export interface Step {
  readonly change: Change;
  readonly after: State;
}

export const emptyState: State = {
  chain: [],
  side: new Map(),
  safe: new Set(),
  notes: new Map(),
  pending: new Map(),
  signed: new Set(),
};

export class Plan {
  readonly steps: Step[] = [];
  /** All there ever were. */
  readonly blocks = new Map<HashHex, StoredBlock>();
  readonly #seeded: Seeded;
  readonly #maker: ChainMaker;

  constructor(seed: number) {
    this.#seeded = new Seeded(seed);
    this.#maker = new ChainMaker(seed + 2);
  }

  get state(): State {
    return this.steps.at(-1)?.after ?? emptyState;
  }

  next(): Change {
    const { chain, pending } = this.state;
    const seeded = this.#seeded;
    const cuts = chain.length > 0 && seeded.chance(0.3);
    const cutTo = cuts ? Math.max(0, chain.length - seeded.between(1, 4)) : undefined;
    const kept = chain.slice(0, cutTo);
    const append = this.#following(kept.at(-1), cuts);
    const [own] = append;
    const isNew = own !== undefined && !this.state.side.has(hashHex(own.hash));
    const isSigned = isNew && !cuts && seeded.chance(0.3);
    const change: Change = {
      ...noChange,
      durable: isSigned || seeded.chance(0.5),
      signed: isSigned ? { parent: kept.at(-1)?.hash, hash: own.hash, bytes: own.bytes } : undefined,
      cutTo,
      append,
      ...this.#sideSteps(kept, append),
      notes: noteNames.filter(() => seeded.chance(0.15)).map((name) => ({ name, bytes: this.#maker.bytes(40) })),
      pendingAdded: Array.from({ length: seeded.below(3) }, () => this.#maker.pending(seeded.below(300))),
      pendingRemoved: [...pending.values()].filter(() => seeded.chance(0.3)).map(({ id }) => id),
    };
    this.steps.push({ change, after: stateAfter(this.state, change) });
    return change;
  }

  /** A branch that is held beside the main chain, or new blocks. */
  #following(parent: StoredBlock | undefined, cuts: boolean): StoredBlock[] {
    const known: StoredBlock[] = [];
    for (;;) {
      const tip = known.at(-1) ?? parent;
      const next = [...this.state.side.values()].find((block) => tip !== undefined && block.parent === tip.hash);
      if (next === undefined || !this.#seeded.chance(0.7)) break;
      known.push(this.blocks.get(hashHex(next.hash)) as StoredBlock);
    }
    if (known.length > 0) return known;
    const made = this.#maker.chain(this.#seeded.below(cuts ? 5 : 4), parent);
    for (const block of made) this.blocks.set(hashHex(block.hash), block);
    return made;
  }

  /** What a cut takes is kept or not, and now and then a block comes beside the main chain, or is forgotten. */
  #sideSteps(kept: readonly StoredBlock[], append: readonly StoredBlock[]): Pick<Change, 'sideAdded' | 'sideRemoved'> {
    const { chain, side } = this.state;
    const cut = chain.slice(Math.max(1, kept.length)).map((block) => beside(block, chain));
    const sideAdded = this.#seeded.chance(0.8) ? cut : [];
    const [fork] = kept.length > 0 && this.#seeded.chance(0.3) ? [this.#seeded.pick(kept)] : [];
    if (fork !== undefined) {
      const block = this.#maker.block(fork);
      this.blocks.set(hashHex(block.hash), block);
      sideAdded.push(besideMain(block, fork));
    }
    const moved = append.filter(({ hash }) => side.has(hashHex(hash))).map(({ hash }) => hash);
    const forgotten = [...side.values()].filter(() => this.#seeded.chance(0.1)).map(({ hash }) => hash);
    return { sideAdded, sideRemoved: [...moved, ...forgotten] };
  }
}

function beside(block: StoredBlock, chain: readonly StoredBlock[]): SideBlock {
  return besideMain(block, chain[block.height - 1] as StoredBlock);
}

function stateAfter(before: State, change: Change): State {
  const { signed, cutTo, append, pendingAdded, durable } = change;
  const isSynced = durable || cutTo !== undefined;
  const removed = new Set(change.pendingRemoved.map(bytesToHex));
  const pending = isSynced ? pendingAdded.map((item) => [bytesToHex(item.id), item] as const) : [];
  const gone = new Set(change.sideRemoved.map(hashHex));
  const added = change.sideAdded.map((block) => [hashHex(block.hash), block] as const);
  const side = new Map([...before.side, ...added].filter(([hash]) => !gone.has(hash)));
  return {
    chain: [...before.chain.slice(0, cutTo), ...append],
    side,
    safe: new Set(isSynced ? side.keys() : [...before.safe].filter((hash) => side.has(hash))),
    notes: new Map([...before.notes, ...change.notes.map((note) => [note.name, note] as const)]),
    pending: new Map([...before.pending, ...pending].filter(([id]) => !removed.has(id))),
    signed: new Set([...before.signed, ...(signed === undefined ? [] : [hashHex(signed.hash)])]),
  };
}
