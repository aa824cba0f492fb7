/**
 * Reading what the tree must know of the stored chain and does not hold yet: older headers, and the side blocks.
 *
 * A peer opens with the newest blocks only, so that a long chain costs nothing then. The side blocks follow at once in
 * the background, and with them the headers down to where the lowest of them stands; more headers are read when a
 * branch is met that left the main chain further back. Decides nothing: how deep is deep enough is the caller's.
 */
import type { Hash } from '../crypto/keys.ts';
import type { Effects } from '../effects.ts';
import type { Loaded, RequestId } from '../events.ts';
import type { Recorder } from '../storage/recorder.ts';
import type { SideBlock } from '../storage/store.ts';
import type { Chain } from './chain.ts';
import { deepestFork, eligibleAncestors } from './fork-choice.ts';
import { type Candidate, keptCandidate } from './tree.ts';

/** Read at one time. */
const batchBlocks = 512;
const batchBytes = 4 * 1024 * 1024;

type Reading =
  /** Headers: from this height on, as far as they have come. */
  | { readonly kind: 'main'; readonly request: RequestId; readonly from: number; readonly blocks: readonly Candidate[] }
  | { readonly kind: 'side'; readonly request: RequestId };

export class Depths {
  readonly #chain: Chain;
  readonly #effects: Effects;
  readonly #recorder: Recorder;
  #reading: Reading | undefined;
  /** Headers are wanted down to this height. */
  #wanted = Number.POSITIVE_INFINITY;
  /** How many side blocks were read; undefined when there are no more. */
  #sideRead: number | undefined = 0;
  #isStopped = false;
  /** Side blocks that wait for the headers on which they stand. */
  #side: readonly SideBlock[] = [];

  constructor(chain: Chain, effects: Effects, recorder: Recorder) {
    this.#chain = chain;
    this.#effects = effects;
    this.#recorder = recorder;
    this.reach(chain.count - 1);
    // Beside an empty chain nothing can stand.
    chain.isOpening = chain.count > 0;
  }

  /** Whether a branch that leaves at this height can be compared: not, when that is too deep. */
  isInReach(height: number): boolean {
    return height >= this.#chain.tree.floor && this.#chain.count - 1 - height <= deepestFork;
  }

  /** Wants all that is needed to compare branches that leave at this height. @returns whether it is held already */
  reach(height: number): boolean {
    const lowest = Math.max(0, height - eligibleAncestors + 1);
    if (lowest >= this.#chain.tree.lowest || this.#chain.count === 0 || this.#isStopped) return true;
    this.#wanted = Math.min(this.#wanted, lowest);
    return false;
  }

  /** The hash so many blocks below the tip. It is read when it is not held, and undefined until then. */
  below(blocks: number): Hash | 'unread' | undefined {
    const height = this.#chain.count - 1 - blocks;
    if (height < 0 || !this.isInReach(height)) return undefined;
    const { tree } = this.#chain;
    if (height >= tree.lowest) return tree.headerAt(height)?.hash;
    if (this.#isStopped) return undefined;
    this.#wanted = Math.min(this.#wanted, height);
    return 'unread';
  }

  /** Called at the end of every event. */
  advance(): void {
    if (this.#reading !== undefined || !this.#recorder.isIdle) return;
    const { lowest } = this.#chain.tree;
    if (this.#wanted < lowest) {
      this.#readMain(Math.max(this.#wanted, lowest - batchBlocks), []);
    } else if (this.#sideRead !== undefined) this.#readSide(this.#sideRead);
  }

  /** @returns whether the result was asked for here */
  loaded(request: RequestId, result: Loaded): boolean {
    const reading = this.#reading;
    if (reading?.request !== request) return false;
    this.#reading = undefined;
    if (reading.kind === 'main' && result.kind === 'blocks') {
      const blocks = [...reading.blocks, ...result.blocks.map(keptCandidate)];
      if (result.blocks.length > 0 && reading.from + blocks.length < this.#chain.tree.lowest) {
        this.#readMain(reading.from, blocks);
      } else if (!this.#chain.lower(blocks) && this.#chain.tree.lowest > reading.from) this.#stop();
    } else if (result.kind === 'sideBlocks') this.#sideBlocks(result.blocks);
    if (this.#wanted >= this.#chain.tree.lowest) this.#placeSide();
    return true;
  }

  /** The store has lost what it was told: what is held must do. */
  #stop(): void {
    this.#isStopped = true;
    this.#wanted = Number.POSITIVE_INFINITY;
    this.#endOpening();
    this.#side = [];
  }

  #endOpening(): void {
    this.#sideRead = undefined;
    this.#chain.isOpening = false;
  }

  #readMain(from: number, blocks: readonly Candidate[]): void {
    const next = from + blocks.length;
    const count = this.#chain.tree.lowest - next;
    const request = this.#effects.nextRequest();
    this.#reading = { kind: 'main', request, from, blocks };
    this.#effects.put({ kind: 'load', request, query: { kind: 'blocks', from: next, count, maxBytes: batchBytes } });
  }

  #readSide(from: number): void {
    const request = this.#effects.nextRequest();
    this.#reading = { kind: 'side', request };
    const query = { kind: 'sideBlocks', from, count: batchBlocks, maxBytes: batchBytes } as const;
    this.#effects.put({ kind: 'load', request, query });
  }

  #sideBlocks(blocks: readonly SideBlock[]): void {
    this.#side = blocks;
    const [lowest] = blocks;
    if (lowest === undefined) this.#endOpening();
    else {
      this.#sideRead = (this.#sideRead ?? 0) + blocks.length;
      // They come in the order of their heights: what the first one needs is enough for all.
      if (this.isInReach(lowest.height - 1)) this.reach(lowest.height - 1);
      else this.reach(Math.max(0, this.#chain.count - 1 - deepestFork));
    }
  }

  #placeSide(): void {
    for (const block of this.#side) {
      // What the store is told to forget moves up those behind it.
      if (!this.#chain.restore(keptCandidate(block)) && this.#sideRead !== undefined) this.#sideRead--;
    }
    this.#side = [];
  }
}
