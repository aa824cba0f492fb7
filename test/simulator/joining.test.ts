/**
 * Peers that come late: to a long chain, by a neighbour that goes in the middle, from a disk that is behind.
 */

import { describe, expect, it } from 'vitest';
import type { Config } from '../../core/config.ts';
import { isSettled, violations } from './checkers.ts';
import { forgeChain, give } from './forge.ts';
import type { SimulatedPeer } from './host.ts';
import { Simulator } from './simulator.ts';

const blocks = 1_000;

interface Network {
  readonly simulator: Simulator;
  readonly old: readonly SimulatedPeer[];
}

function oldNetwork(seed: number, peers: number, itemsEach: number, config: Partial<Config> = {}): Network {
  const simulator = new Simulator({ seed, leastWitnessedBytes: 200 });
  const authors = Array.from({ length: 3 }, () => simulator.newSecret());
  const chain = forgeChain(simulator.world, { blocks, authors, itemsEach });
  const old = Array.from({ length: peers }, () => {
    const peer = simulator.prepare(config);
    give(peer, chain);
    peer.start();
    return peer;
  });
  simulator.connectInLine(old);
  return { simulator, old };
}

describe('a peer that comes late', () => {
  it.each([1, 2, 3])('holds 1,000 blocks of 10 items soon after it links, all in order (seed %i)', (seed) => {
    const { simulator, old } = oldNetwork(seed, 3, 10);
    simulator.run(2_000);
    const late = simulator.add();
    for (const peer of old) late.connect(peer);
    expect(simulator.runUntil(() => late.machine.count === blocks, 15_000)).toBe(true);
    expect(simulator.runUntil(() => isSettled(simulator), 5_000)).toBe(true);
    expect(late.delivered.reverted).toBe(0);
    expect(violations(simulator)).toEqual([]);
  });

  it.each([1, 2, 3, 4])('goes on with another when the one that sends goes in the middle (seed %i)', (seed) => {
    const { simulator, old } = oldNetwork(seed, 3, 1);
    simulator.run(2_000);
    const late = simulator.add();
    for (const peer of old) late.connect(peer);
    for (const peer of old.slice(0, 2)) {
      const held = late.machine.count;
      expect(simulator.runUntil(() => late.machine.count > held + 100, 30_000)).toBe(true);
      simulator.crash(peer);
    }
    expect(simulator.runUntil(() => isSettled(simulator), 60_000)).toBe(true);
    expect(late.machine.count).toBe(blocks);
    expect(violations(simulator)).toEqual([]);
  });

  it('writes on no old block and loses no item while it catches up with others that write', () => {
    // The authors of the old chain are gone: by majority nobody would write for 15 s.
    const riddle = { nextCandidates: 3, forcedRestart: 'reference' } as const;
    const { simulator, old } = oldNetwork(5, 3, 2, { riddle });
    simulator.run(2_000);
    const late = simulator.add();
    for (const peer of old) late.connect(peer);
    for (let i = 0; i < 20; i++)
      simulator.after(300 * i, () => simulator.share(i % 2 === 0 ? late : simulator.seeded.pick(old)));
    simulator.run(6_000);
    expect(simulator.runUntil(() => isSettled(simulator), 60_000)).toBe(true);
    expect(Math.min(...late.signedHeights)).toBeGreaterThanOrEqual(blocks);
    expect(late.machine.count).toBeGreaterThan(blocks + 3);
    expect(violations(simulator)).toEqual([]);
  });

  it.each([1, 2, 3])('that crashes again and again while it catches up ends with the whole chain (seed %i)', (seed) => {
    const { simulator, old } = oldNetwork(seed, 2, 1);
    simulator.run(2_000);
    const late = simulator.add();
    for (const peer of old) late.connect(peer);
    for (let crashes = 0; crashes < 5; crashes++) {
      simulator.run(simulator.seeded.between(300, 1_500));
      simulator.crash(late);
      simulator.run(300);
      late.start();
    }
    expect(simulator.runUntil(() => isSettled(simulator), 60_000)).toBe(true);
    expect(late.machine.count).toBe(blocks);
    expect(violations(simulator)).toEqual([]);
  });
});
