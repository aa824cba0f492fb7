/**
 * Peers that crash in the very moment in which they have signed a block (spec/safety.md, Writing: the signing journal).
 */
import { describe, expect, it } from 'vitest';
import { isSettled, violations } from './checkers.ts';
import { Simulator } from './simulator.ts';

const seeds = Array.from({ length: 20 }, (_, place) => place + 1);

describe('a peer that crashes while its block is on the way to its disk', () => {
  it.each(seeds)('never shows two children of one block to anybody (seed %i)', (seed) => {
    const simulator = new Simulator({ seed });
    const { seeded } = simulator;
    const peers = simulator.addMany(5);
    simulator.connectInLine(peers);
    for (let i = 0; i < 25; i++)
      simulator.after(1_000 + 400 * i, () => simulator.share(seeded.pick(simulator.running)));
    let crashes = 0;
    for (let i = 0; i < 1_200; i++) {
      simulator.run(10);
      const signing = simulator.running.find(({ isSigning }) => isSigning);
      if (signing === undefined || crashes >= 8) continue;
      // A link that opens meanwhile asks for all it has.
      const guest = seeded.pick(peers.filter((peer) => peer !== signing && peer.isRunning));
      guest.connect(signing);
      simulator.run(seeded.below(150));
      if (!signing.isRunning) continue;
      crashes++;
      simulator.crash(signing);
      simulator.after(seeded.between(100, 2_000), () => signing.start());
    }
    simulator.run(2_500);
    simulator.share(peers[0] ?? simulator.add());
    expect(simulator.runUntil(() => isSettled(simulator), 60_000)).toBe(true);
    expect(violations(simulator)).toEqual([]);
    expect(crashes).toBeGreaterThan(0);
  });
});
