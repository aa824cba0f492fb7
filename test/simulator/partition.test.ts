/**
 * A network that falls into two halves and comes together again, not further apart than fork choice reaches.
 */
import { describe, expect, it } from 'vitest';
import { isSettled, violations } from './checkers.ts';
import { Simulator } from './simulator.ts';

const seeds = Array.from({ length: 12 }, (_, place) => place + 1);

describe('two halves that were apart', () => {
  it.each(seeds)('come to one chain with every item on it once (seed %i)', (seed) => {
    const simulator = new Simulator({ seed });
    const { seeded } = simulator;
    const peers = simulator.addMany(10);
    simulator.connectInLine(peers);
    for (const peer of peers.slice(2)) peer.connect(seeded.pick(peers.slice(0, peers.indexOf(peer))));
    simulator.run(3_000);
    for (let i = 0; i < 3; i++) simulator.share(seeded.pick(peers));
    expect(simulator.runUntil(() => isSettled(simulator), 20_000)).toBe(true);

    const before = peers[0]?.machine.count ?? 0;
    const order = seeded.shuffled(peers);
    const halves = [order.slice(0, 5), order.slice(5)] as const;
    simulator.partition(...halves);
    for (let i = 0; i < 12; i++) simulator.after(500 * i, () => simulator.share(seeded.pick(seeded.pick(halves))));
    simulator.run(seeded.between(4_000, 7_500));
    for (const half of halves) for (const { machine } of half) expect(machine.count - before).toBeLessThanOrEqual(8);

    simulator.heal();
    simulator.run(3_000);
    expect(simulator.runUntil(() => isSettled(simulator), 60_000)).toBe(true);
    expect(violations(simulator)).toEqual([]);
  });

  it('had different chains while they were apart, in the scenario above', () => {
    const simulator = new Simulator({ seed: 1 });
    const peers = simulator.addMany(4);
    simulator.connectInLine(peers);
    simulator.run(3_000);
    for (const peer of peers) simulator.share(peer);
    simulator.runUntil(() => isSettled(simulator), 20_000);
    simulator.partition(peers.slice(0, 2), peers.slice(2));
    for (const peer of peers) simulator.share(peer);
    simulator.run(9_000);
    expect(new Set(peers.map(({ machine }) => machine.tip)).size).toBe(2);
    simulator.heal();
    expect(simulator.runUntil(() => isSettled(simulator), 60_000)).toBe(true);
    expect(peers.some(({ delivered }) => delivered.reverted > 0)).toBe(true);
    expect(violations(simulator)).toEqual([]);
  });
});
