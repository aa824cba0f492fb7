/**
 * Two halves that wrote many blocks apart, from the moment on at which they are joined: their chains are on their disks.
 */
import { describe, expect, it } from 'vitest';
import { holderOf, itemIdHex, type SecretKey } from '../../core/crypto/keys.ts';
import type { StoredBlock } from '../../core/storage/store.ts';
import { isSettled, violations } from './checkers.ts';
import { forgeChain, give } from './forge.ts';
import type { SimulatedPeer } from './host.ts';
import { Simulator } from './simulator.ts';

const trunkBlocks = 70;

/** Six peers, three on each branch, linked within their halves and by one link between them. */
function halvesApart(seed: number, apart: number) {
  const simulator = new Simulator({ seed, leastWitnessedBytes: 200 });
  const peers = Array.from({ length: 6 }, () => simulator.prepare());
  const halves = [peers.slice(0, 3), peers.slice(3)] as const;
  const secrets = (of: readonly SimulatedPeer[]): SecretKey[] => of.map(({ secret }) => secret);
  const trunk = forgeChain(simulator.world, { blocks: trunkBlocks, authors: secrets(peers) });
  for (const half of halves) {
    const branch = forgeChain(simulator.world, { blocks: apart, authors: secrets(half), after: trunk });
    for (const peer of half) give(peer, [...trunk, ...branch]);
    expectAll(simulator, half, branch);
  }
  expectAll(simulator, peers, trunk);
  for (const peer of peers) peer.start();
  simulator.connectInLine(peers);
  return { simulator, peers };
}

/** Every item of these blocks must stand on the chain in the end. */
function expectAll(simulator: Simulator, peers: readonly SimulatedPeer[], blocks: readonly StoredBlock[]): void {
  for (const { bytes, items } of blocks) {
    const { author } = simulator.world.witness.sighted(bytes).block;
    const by = peers.find(({ key }) => holderOf(key) === holderOf(author));
    if (by !== undefined) simulator.shared.push({ id: itemIdHex(items[0] as (typeof items)[0]), by, mayBeLost: false });
  }
}

describe('two halves that wrote apart', () => {
  it.each([
    [30, 1],
    [30, 2],
    [200, 3],
    [1_000, 4],
  ])('%i blocks end on one chain with every item of both (seed %i)', { timeout: 120_000 }, (apart, seed) => {
    const { simulator, peers } = halvesApart(seed, apart);
    simulator.run(3_000);
    expect(simulator.runUntil(() => isSettled(simulator), 120_000)).toBe(true);
    expect(violations(simulator)).toEqual([]);
    expect(peers.filter(({ delivered }) => delivered.reverted > 0).length).toBeGreaterThanOrEqual(3);
  });

  it.each([5, 6, 7])('and crash on the way to the other branch go on when they start again (seed %i)', (seed) => {
    const { simulator, peers } = halvesApart(seed, 200);
    let crashes = 0;
    for (let round = 0; round < 600 && crashes < 6; round++) {
      simulator.run(25);
      for (const peer of peers) {
        const isOnTheWay = peer.isRunning && peer.delivered.reverted > 0 && peer.machine.count < trunkBlocks + 180;
        if (!isOnTheWay || crashes >= 6) continue;
        peer.crash(true);
        peer.start();
        crashes++;
      }
    }
    expect(crashes).toBeGreaterThan(2);
    expect(simulator.runUntil(() => isSettled(simulator), 120_000)).toBe(true);
    expect(violations(simulator)).toEqual([]);
  });
});
