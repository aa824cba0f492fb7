/**
 * The bodies that a step of the main chain needs and that are not in memory: read from the store, for that step only.
 *
 * Asks only when the store has been told all, so that what it answers is what the tree says. A side block that the
 * store does not have after all is named, for without its body nothing can stand on it.
 */
import { type HashHex, hashHex } from '../crypto/keys.ts';
import type { Effects } from '../effects.ts';
import type { Loaded, Query, RequestId } from '../events.ts';
import type { Recorder } from '../storage/recorder.ts';
import type { TreeNode } from './node.ts';
import { type Candidate, keptCandidate, type Step, type Tree, type TreeBlock } from './tree.ts';

export class Bodies {
  readonly #effects: Effects;
  readonly #recorder: Recorder;
  readonly #asked = new Map<RequestId, HashHex | undefined>();
  readonly #read = new Map<HashHex, Candidate>();
  readonly #lost = new Set<HashHex>();

  constructor(effects: Effects, recorder: Recorder) {
    this.#effects = effects;
    this.#recorder = recorder;
  }

  /** @returns whether the tree holds all bodies that the step needs; those it lacks are on their way then */
  gather(tree: Tree, { kind, nodes }: Step): boolean {
    const below = kind === 'revert' ? nodes.at(-1)?.parent : undefined;
    const needed = below === undefined ? nodes : [...nodes, below];
    const lacking = needed.filter(({ id, body }) => body === undefined && !this.#read.has(id));
    if (lacking.length > 0) {
      if (this.#asked.size === 0 && this.#recorder.isIdle) this.#ask(lacking);
      return false;
    }
    for (const { id } of needed) {
      const candidate = this.#read.get(id);
      if (candidate !== undefined) tree.give(id, candidate);
    }
    this.#read.clear();
    return needed.every(({ body }) => body !== undefined);
  }

  /** @returns whether the result was asked for here */
  loaded(request: RequestId, result: Loaded): boolean {
    if (!this.#asked.has(request)) return false;
    const id = this.#asked.get(request);
    this.#asked.delete(request);
    if (result.kind === 'blocks') for (const block of result.blocks) this.#keep(keptCandidate(block));
    if (result.kind === 'sideBlock' && result.block !== undefined) this.#keep(keptCandidate(result.block));
    else if (id !== undefined) this.#lost.add(id);
    return true;
  }

  /** Side blocks that were asked for and that the store does not have; each is named once. */
  takeLost(): HashHex[] {
    const lost = [...this.#lost];
    this.#lost.clear();
    return lost;
  }

  /** Another tree takes the place of the one for which bodies were read. */
  reset(): void {
    this.#asked.clear();
    this.#read.clear();
    this.#lost.clear();
  }

  #keep(candidate: Candidate): void {
    this.#read.set(hashHex(candidate.block.hash), candidate);
  }

  #ask(lacking: readonly TreeNode<TreeBlock>[]): void {
    const heights = lacking.filter(({ onMain }) => onMain).map(({ height }) => height);
    if (heights.length > 0) {
      const from = Math.min(...heights);
      const count = Math.max(...heights) - from + 1;
      this.#load(undefined, { kind: 'blocks', from, count, maxBytes: Number.MAX_SAFE_INTEGER });
    }
    for (const { id, hash, onMain } of lacking) if (!onMain) this.#load(id, { kind: 'sideBlock', hash });
  }

  #load(id: HashHex | undefined, query: Query): void {
    const request = this.#effects.nextRequest();
    this.#asked.set(request, id);
    this.#effects.put({ kind: 'load', request, query });
  }
}
