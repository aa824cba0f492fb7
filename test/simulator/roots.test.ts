/**
 * Networks that began apart and meet: which of two first blocks holds (spec/safety.md, Roots).
 */
import { describe, expect, it } from 'vitest';
import type { SecretKey } from '../../core/crypto/keys.ts';
import type { StoredBlock } from '../../core/storage/store.ts';
import { isSettled, violations } from './checkers.ts';
import { forgeChain, give } from './forge.ts';
import type { SimulatedPeer } from './host.ts';
import { Simulator } from './simulator.ts';

interface Meeting {
  readonly simulator: Simulator;
  readonly left: readonly SimulatedPeer[];
  readonly right: readonly SimulatedPeer[];
  readonly chains: { readonly left: readonly StoredBlock[]; readonly right: readonly StoredBlock[] };
}

/** Two pairs, each with a chain of so many blocks by so many authors, linked with each other from the start. */
function meeting(seed: number, left: [blocks: number, authors: number], right: typeof left): Meeting {
  const simulator = new Simulator({ seed });
  const chainOf = ([blocks, authors]: typeof left): StoredBlock[] =>
    forgeChain(simulator.world, {
      blocks,
      authors: Array.from({ length: authors }, (): SecretKey => simulator.newSecret()),
    });
  const chains = { left: chainOf(left), right: chainOf(right) };
  const pairOf = (chain: readonly StoredBlock[]): SimulatedPeer[] =>
    [0, 1].map(() => {
      const peer = simulator.prepare();
      give(peer, chain);
      peer.start();
      return peer;
    });
  const pairs = { left: pairOf(chains.left), right: pairOf(chains.right) };
  simulator.connectInLine([...pairs.left, ...pairs.right]);
  return { simulator, ...pairs, chains };
}

function root(chain: readonly StoredBlock[]): string {
  return Buffer.from(chain[0]?.hash ?? []).toString('hex');
}

describe('two chains with different roots', () => {
  it.each([
    ['the one with more authors', [5, 4], [9, 2], 'left'],
    ['the one with more authors', [12, 3], [3, 1], 'left'],
    ['the one of more than 64 blocks', [65, 1], [20, 9], 'left'],
    ['the one of more than 64 blocks', [64, 9], [200, 2], 'right'],
  ] as const)('end as %s (%j meets %j)', (_, left, right, winner) => {
    const { simulator, chains } = meeting(1, [...left], [...right]);
    expect(simulator.runUntil(() => isSettled(simulator), 60_000)).toBe(true);
    expect(new Set(simulator.running.map(({ machine }) => machine.root))).toEqual(new Set([root(chains[winner])]));
    expect(violations(simulator)).toEqual([]);
  });

  it.each([1, 2, 3, 4])('end as the one with the smaller hash when their authors are as many (seed %i)', (seed) => {
    const { simulator, chains } = meeting(seed, [4, 2], [6, 2]);
    expect(simulator.runUntil(() => isSettled(simulator), 60_000)).toBe(true);
    const [smaller] = [root(chains.left), root(chains.right)].sort();
    expect(new Set(simulator.running.map(({ machine }) => machine.root))).toEqual(new Set([smaller]));
    expect(violations(simulator)).toEqual([]);
  });

  it.each([1, 2, 3, 4, 5, 6])('end as one while both go on writing, and nothing is lost (seed %i)', (seed) => {
    const simulator = new Simulator({ seed });
    const { seeded } = simulator;
    const [left, right] = [simulator.addMany(3), simulator.addMany(3)];
    for (const half of [left, right]) simulator.connectInLine(half);
    simulator.partition(left, right);
    for (const half of [left, right]) for (const peer of half) simulator.share(peer);
    const all = (half: readonly SimulatedPeer[]) =>
      half.every(({ machine }) => machine.root !== undefined && machine.root === half[0]?.machine.root);
    expect(simulator.runUntil(() => all(left) && all(right), 30_000)).toBe(true);
    for (let i = 0; i < 20; i++) simulator.after(400 * i, () => simulator.share(seeded.pick(simulator.peers)));
    simulator.heal();
    seeded.pick(left).connect(seeded.pick(right));
    simulator.run(8_000);
    expect(simulator.runUntil(() => isSettled(simulator), 60_000)).toBe(true);
    expect(violations(simulator)).toEqual([]);
  });

  it('stay two when both are of more than 64 blocks, are reported, and lose nothing', () => {
    const { simulator, left, right, chains } = meeting(1, [66, 3], [80, 9]);
    simulator.run(10_000);
    for (const peer of simulator.peers) simulator.share(peer);
    simulator.run(30_000);
    for (const [pair, chain] of [
      [left, chains.left],
      [right, chains.right],
    ] as const) {
      for (const peer of pair) {
        expect(peer.machine.root).toBe(root(chain));
        expect(peer.machine.count).toBeGreaterThan(chain.length);
        expect(peer.delivered.reverted).toBe(0);
      }
    }
    expect([left[1], right[0]].map((peer) => peer?.reports.has('other-root'))).toEqual([true, true]);
    expect(simulator.world.witness.violations).toEqual([]);
  });
});
