/**
 * What is on its way to the store: one change under way, the rest gathered into the next.
 *
 * A chain that catches up adds hundreds of blocks a second; a transaction for each would be the slowest part. So what
 * comes while a change is being stored waits and goes with the next one, in one piece. A block we signed is durable
 * and carries its journal entry; whoever sends it waits for its token (spec/safety.md, Writing).
 */

import { type Hash, type HashHex, hashHex, type ItemId, type ItemIdHex, itemIdHex } from '../crypto/keys.ts';
import type { Effects } from '../effects.ts';
import { invariant } from '../errors.ts';
import type { RequestId } from '../events.ts';
import {
  type Change,
  mostNoteBytes,
  type Note,
  type NoteName,
  noChange,
  type PendingItem,
  type SideBlock,
  type SignedBlock,
  type StoredBlock,
} from './store.ts';

/** What is called when the change that holds it is stored. */
export type Token = () => void;

interface Gathered {
  signed: SignedBlock | undefined;
  sideAdded: Map<HashHex, SideBlock>;
  notes: Map<NoteName, Note>;
  cutTo: number | undefined;
  append: StoredBlock[];
  sideRemoved: Map<HashHex, Hash>;
  pendingAdded: Map<ItemIdHex, PendingItem>;
  pendingRemoved: Map<ItemIdHex, ItemId>;
  tokens: Token[];
  /** Of notes that bind this peer. */
  promises: Token[];
}

/**
 * A change holds at most this many bytes of blocks, and as many of side blocks: what one transaction can take without
 * stalling a page.
 */
const mostBlockBytes = 4 * 1024 * 1024;

export class Recorder {
  readonly #effects: Effects;
  #gathered = nothing();
  #underWay: { readonly request: RequestId; readonly tokens: readonly Token[] } | undefined;
  /** A second signed block waits for the first to be stored: each has a journal entry of its own. */
  readonly #later: (() => void)[] = [];

  constructor(effects: Effects) {
    this.#effects = effects;
  }

  /** Whether the store has all that it was to be told. */
  get isIdle(): boolean {
    return this.#underWay === undefined && this.#later.length === 0 && isNothing(this.#gathered);
  }

  /** Blocks from height `cutTo` on (undefined: none) give way to `append`. */
  chainMoved(cutTo: number | undefined, append: readonly StoredBlock[]): void {
    this.#inOrder(() => this.#move(cutTo, append));
  }

  /** The same with a block we signed; `token` is called when it is on the disk. */
  signed(entry: SignedBlock, cutTo: number | undefined, append: readonly StoredBlock[], token: Token): void {
    const record = (): void => {
      this.#gathered.signed = entry;
      this.#gathered.tokens.push(token);
      this.#move(cutTo, append);
    };
    if (this.#gathered.signed !== undefined || this.#later.length > 0) this.#later.push(record);
    else record();
  }

  /** Before the cut that takes it from the main chain, if it stands there. */
  sideAdded(block: SideBlock): void {
    const key = hashHex(block.hash);
    this.#inOrder(() => {
      this.#gathered.sideRemoved.delete(key);
      this.#gathered.sideAdded.set(key, block);
    });
  }

  /** After the move that puts it on the main chain, if it goes there. */
  sideRemoved(hash: Hash): void {
    this.#inOrder(() => this.#gathered.sideRemoved.set(hashHex(hash), hash));
  }

  note(note: Note): void {
    invariant(note.bytes.length <= mostNoteBytes, 'a note is small');
    this.#gathered.notes.set(note.name, note);
  }

  /** A note that binds this peer; `token` is called when it is on the disk. */
  promise(note: Note, token: Token): void {
    this.note(note);
    this.#gathered.promises.push(token);
  }

  pendingAdded(item: PendingItem): void {
    const key = itemIdHex(item.id);
    this.#gathered.pendingRemoved.delete(key);
    this.#gathered.pendingAdded.set(key, item);
  }

  pendingRemoved(id: ItemId): void {
    const key = itemIdHex(id);
    this.#gathered.pendingAdded.delete(key);
    this.#gathered.pendingRemoved.set(key, id);
  }

  /** `token` is called when what was recorded during this event, which is something, is on the disk. */
  afterwards(token: Token): void {
    const last = this.#later.pop();
    if (last === undefined) this.#gathered.tokens.push(token);
    else {
      this.#later.push(() => {
        last();
        this.#gathered.tokens.push(token);
      });
    }
  }

  /** Called at the end of every event: begins a change when none is under way and there is something to store. */
  flush(): void {
    if (this.#underWay === undefined) this.#begin();
  }

  /** The peer ends: all that is gathered is asked for now, for a store applies its changes in the order of the calls. */
  finish(): void {
    do this.#goOn();
    while (this.#begin());
  }

  /** @returns whether this was the change under way */
  stored(request: RequestId): boolean {
    if (this.#underWay?.request !== request) return false;
    const { tokens } = this.#underWay;
    this.#underWay = undefined;
    this.#goOn();
    for (const token of tokens) token();
    return true;
  }

  /** @returns whether there was something to store */
  #begin(): boolean {
    if (isNothing(this.#gathered)) return false;
    if (this.#beginSide()) return true;
    const { signed, sideAdded, notes, cutTo, append, sideRemoved, pendingAdded, pendingRemoved } = this.#gathered;
    const { tokens, promises } = this.#gathered;
    const now = firstBytes(append, mostBlockBytes);
    const rest = append.slice(now);
    // What leaves goes with the block it went into, or that it is itself, or later, never before: a crash in between would
    // lose it. So a block that came beside the chain and left again is written there while part of the way is to come.
    const isWhole = rest.length === 0;
    const last = isWhole && this.#later.length === 0;
    if (isWhole) for (const key of sideRemoved.keys()) sideAdded.delete(key);
    const change: Change = {
      durable: signed !== undefined || promises.length > 0,
      signed,
      sideAdded: [...sideAdded.values()],
      notes: [...notes.values()],
      cutTo,
      append: append.slice(0, now),
      sideRemoved: isWhole ? [...sideRemoved.values()] : [],
      pendingAdded: [...pendingAdded.values()],
      pendingRemoved: last ? [...pendingRemoved.values()] : [],
    };
    this.#gathered = { ...nothing(), append: rest };
    if (!last) this.#gathered.pendingRemoved = pendingRemoved;
    if (!isWhole) {
      this.#gathered.sideRemoved = sideRemoved;
      this.#gathered.tokens = tokens;
    }
    this.#put(change, isWhole ? [...promises, ...tokens] : promises);
    return true;
  }

  /** Side blocks that are too many for one change go ahead of the cut that may take them from the main chain. */
  #beginSide(): boolean {
    const { sideAdded } = this.#gathered;
    const blocks = [...sideAdded.values()];
    const now = blocks.slice(0, firstBytes(blocks, mostBlockBytes));
    if (now.length === blocks.length) return false;
    for (const { hash } of now) sideAdded.delete(hashHex(hash));
    this.#put({ ...noChange, sideAdded: now }, []);
    return true;
  }

  #put(change: Change, tokens: readonly Token[]): void {
    const request = this.#effects.nextRequest();
    this.#underWay = { request, tokens };
    this.#effects.put({ kind: 'store', request, change });
  }

  /** What waited for a signed block to be on its way joins the next change, up to another signed block. */
  #goOn(): void {
    while (this.#later.length > 0 && this.#gathered.signed === undefined) this.#later.shift()?.();
  }

  /** After what waits for a signed block, if anything does. */
  #inOrder(step: () => void): void {
    if (this.#later.length > 0) this.#later.push(step);
    else step();
  }

  #move(cutTo: number | undefined, append: readonly StoredBlock[]): void {
    const gathered = this.#gathered;
    if (cutTo !== undefined) {
      const first = gathered.append[0]?.height;
      gathered.append = gathered.append.filter((block) => block.height < cutTo);
      if (first === undefined || cutTo < first) gathered.cutTo = Math.min(cutTo, gathered.cutTo ?? cutTo);
    }
    gathered.append.push(...append);
  }
}

function nothing(): Gathered {
  return {
    signed: undefined,
    sideAdded: new Map(),
    notes: new Map(),
    cutTo: undefined,
    append: [],
    sideRemoved: new Map(),
    pendingAdded: new Map(),
    pendingRemoved: new Map(),
    tokens: [],
    promises: [],
  };
}

function isNothing(gathered: Gathered): boolean {
  const { signed, sideAdded, notes, cutTo, append, sideRemoved, pendingAdded, pendingRemoved } = gathered;
  const steps = [sideAdded, notes, sideRemoved, pendingAdded, pendingRemoved].reduce((sum, { size }) => sum + size, 0);
  return signed === undefined && cutTo === undefined && append.length + steps === 0;
}

/** How many of the blocks fit into `mostBytes`; at least one. */
function firstBytes(blocks: readonly { readonly bytes: Uint8Array }[], mostBytes: number): number {
  let bytes = 0;
  let fitting = 0;
  for (const block of blocks) {
    bytes += block.bytes.length;
    if (fitting > 0 && bytes > mostBytes) break;
    fitting++;
  }
  return fitting;
}
