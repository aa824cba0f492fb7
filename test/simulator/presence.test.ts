/**
 * A network too large for everybody's KeepAlive (spec/safety.md, Presence that does not grow): peers know of each other by
 * beacons, write their blocks, and go on without those who were to write.
 */
import { describe, expect, it } from 'vitest';
import { holderOf } from '../../core/crypto/keys.ts';
import { isSettled, violations } from './checkers.ts';
import { Simulator } from './simulator.ts';

const size = 44;
const seeds = [1];

function network(seed: number): Simulator {
  const simulator = new Simulator({ seed, leastWitnessedBytes: 250 });
  const { seeded } = simulator;
  const peers = simulator.addMany(size);
  peers.forEach((peer, place) => {
    for (const other of seeded.shuffled(peers.slice(0, place)).slice(0, 3)) peer.connect(other);
  });
  return simulator;
}

describe('forty-four peers', () => {
  it.each(seeds)('know each other, write blocks, and go on without the candidates (seed %i)', (seed) => {
    const simulator = network(seed);
    const { running, seeded } = simulator;
    const knowAll = () => running.every(({ machine }) => machine.known.size === size - 1);
    expect(simulator.runUntil(knowAll, 20_000)).toBe(true);
    for (let i = 0; i < 3; i++) simulator.share(seeded.pick(running));
    expect(simulator.runUntil(() => isSettled(simulator), 20_000)).toBe(true);
    simulator.run(20_000);
    expect(running.filter(({ machine }) => machine.known.size < size - 3)).toEqual([]);

    const named = running[0]?.delivered.chain.at(-1)?.block.nextChoices.map(holderOf);
    expect(named).toHaveLength(3);
    for (const peer of running.filter(({ key }) => named?.includes(holderOf(key)))) simulator.crash(peer);
    const before = Math.max(...simulator.running.map(({ machine }) => machine.count));
    simulator.share(seeded.pick(simulator.running));
    expect(simulator.runUntil(() => simulator.running.every(({ machine }) => machine.count > before), 30_000)).toBe(
      true,
    );
    expect(simulator.runUntil(() => isSettled(simulator), 20_000)).toBe(true);
    expect(violations(simulator)).toEqual([]);
  });
});
