/**
 * A core that goes back and forth between branches, whole or in parts, and a store that must never be without a block.
 */
import { describe, expect, it } from 'vitest';
import { hashHex } from '../../../../core/crypto/keys.ts';
import type { StoredBlock } from '../../../../core/storage/store.ts';
import { besideMain, ChainMaker } from '../../../contract/material.ts';
import { Bench } from '../../../model/recorder-bench.ts';
import { Seeded } from '../../../model/seeded.ts';

const noToken = () => undefined;
const hashes = (blocks: readonly StoredBlock[]) => blocks.map(({ hash }) => hashHex(hash));
/** What large blocks hold: only its length matters here. */
const bulk = new Uint8Array(3 << 20);

/** A core that keeps every branch, and goes back and forth between them. */
class Wanderer {
  readonly maker: ChainMaker;
  readonly #seeded: Seeded;
  readonly #parents = new Map<StoredBlock, StoredBlock | undefined>();
  main: StoredBlock[] = [];
  readonly side = new Map<string, StoredBlock>();
  readonly forgotten = new Set<string>();

  constructor(seed: number) {
    this.maker = new ChainMaker(seed);
    this.#seeded = new Seeded(seed);
  }

  /** @param large how many bytes a block may have: a long way goes into several changes */
  move(bench: Bench, large: number): void {
    const seeded = this.#seeded;
    const cutTo = this.main.length > 1 && seeded.chance(0.5) ? seeded.between(1, this.main.length) : undefined;
    const kept = this.main.slice(0, cutTo ?? this.main.length);
    const branch = this.#following(kept, large);
    for (const block of this.main.slice(kept.length)) {
      bench.recorder.sideAdded(besideMain(block, this.#parents.get(block) as StoredBlock));
      this.side.set(hashHex(block.hash), block);
    }
    const [first] = branch as [StoredBlock];
    const isOwn = branch.length === 1 && !this.forgotten.has(hashHex(first.hash)) && seeded.chance(0.5);
    const entry = { parent: kept.at(-1)?.hash, hash: first.hash, bytes: first.bytes };
    if (isOwn) bench.recorder.signed(entry, cutTo, branch, noToken);
    else bench.recorder.chainMoved(cutTo, branch);
    for (const { hash } of branch) if (this.side.delete(hashHex(hash))) bench.recorder.sideRemoved(hash);
    this.main = [...kept, ...branch];
    if (seeded.chance(0.1)) this.#forget(bench);
  }

  #forget(bench: Bench): void {
    const [block] = [...this.side.values()];
    if (block === undefined) return;
    bench.recorder.sideRemoved(block.hash);
    this.side.delete(hashHex(block.hash));
    this.forgotten.add(hashHex(block.hash));
  }

  #following(kept: readonly StoredBlock[], large: number): StoredBlock[] {
    const branch: StoredBlock[] = [];
    for (;;) {
      const tip = branch.at(-1) ?? kept.at(-1);
      const next = [...this.side.values()].find((block) => tip !== undefined && this.#parents.get(block) === tip);
      if (next === undefined || this.#seeded.chance(0.1)) break;
      branch.push(next);
    }
    if (branch.length > 0 && this.#seeded.chance(0.8)) return branch;
    return this.#made(kept.at(-1), 1 + this.#seeded.below(3), large);
  }

  #made(parent: StoredBlock | undefined, count: number, large: number): StoredBlock[] {
    const made: StoredBlock[] = [];
    for (let place = 0; place < count; place++) {
      const before = made.at(-1) ?? parent;
      const bytes = bulk.subarray(0, 1 + this.#seeded.below(large));
      const block = { ...this.maker.block(before), bytes };
      this.#parents.set(block, before);
      made.push(block);
    }
    return made;
  }
}

describe('whatever branches win and lose, at whatever speed they are stored', () => {
  it.each([
    { large: 30, rounds: 60 },
    { large: 3 << 20, rounds: 60 },
  ])('no block that was stored is ever gone in between, with blocks of $large bytes', ({ large, rounds }) => {
    const seeded = new Seeded(11);
    for (let round = 0; round < rounds; round++) {
      const bench = new Bench();
      const core = new Wanderer(2_000 + round);
      let there = new Set<string>();
      const stored = (): void => {
        bench.stored();
        const now = new Set([...bench.store.hashes, ...bench.store.side.map(({ hash }) => hashHex(hash))]);
        for (const hash of there)
          if (!now.has(hash as never) && !core.forgotten.has(hash)) throw new Error(`${round}: ${hash}`);
        there = now;
      };
      for (let step = 0; step < 40; step++) {
        core.move(bench, large);
        if (seeded.chance(0.7)) bench.flush();
        if (seeded.chance(0.4) && bench.underWay > 0) stored();
      }
      bench.flush();
      while (bench.underWay > 0) stored();
      expect(bench.store.hashes).toEqual(hashes(core.main));
      expect(bench.store.side.map(({ hash }) => hashHex(hash)).toSorted()).toEqual([...core.side.keys()].toSorted());
    }
  });
});
