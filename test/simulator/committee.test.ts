/**
 * A committee of four, and what is final by it (docs/protocol.md, Finality): under partitions, crashes that lose what was
 * not synced, with a member that is gone and one that lies.
 */
import { describe, expect, it } from 'vitest';
import { keyHex } from '../../core/crypto/keys.ts';
import { isSettled, violations } from './checkers.ts';
import { FinalWatch, Liar } from './committee.ts';
import type { SimulatedPeer } from './host.ts';
import { Simulator } from './simulator.ts';

const seeds = Array.from({ length: 6 }, (_, place) => place + 1);

interface Network {
  readonly simulator: Simulator;
  readonly watch: FinalWatch;
  /** Members that run as honest peers, then peers that are no members. */
  readonly peers: readonly SimulatedPeer[];
  readonly liar: Liar;
}

/** `honest` members of four are peers, and one is a liar, whether it takes part or not; the rest are gone. */
function network(seed: number, honest: number): Network {
  const simulator = new Simulator({ seed, leastWitnessedBytes: 200 });
  const liar = new Liar('198.51.100.7:29092', simulator.newSecret(), simulator.world);
  const gone = Array.from({ length: 3 - honest }, () => simulator.world.crypto.curve.publicKey(simulator.newSecret()));
  const members = Array.from({ length: honest }, () => simulator.newSecret());
  const committee = [liar.key, ...gone, ...members.map((secret) => simulator.world.crypto.curve.publicKey(secret))];
  const config = { committee: committee.map(keyHex) };
  const peers = [...members.map((secret) => simulator.addAs(secret, config)), ...simulator.addMany(3, config)];
  simulator.connectInLine(peers);
  for (const peer of peers.slice(2)) peer.connect(peers[0] as SimulatedPeer);
  return { simulator, peers, liar, watch: new FinalWatch(simulator) };
}

/** Items of anybody, one every `everyMs` on average. */
function shareFor({ simulator }: Network, forMs: number, everyMs = 600): void {
  for (let at = 0; at < forMs; at += everyMs) {
    simulator.after(at + simulator.seeded.below(everyMs), () => {
      const { running, seeded } = simulator;
      if (running.length > 0) simulator.share(seeded.pick(running));
    });
  }
}

/** Whether all blocks become final for everybody. A fork at the last one may have split the votes; then it is the next. */
function settles({ simulator, watch, peers }: Network): boolean {
  const isFinal = () => simulator.running.every(({ delivered }) => delivered.final === delivered.chain.length - 1);
  for (let next = 0; next < 6; next++) {
    if (simulator.runUntil(() => isSettled(simulator) && isFinal(), 20_000)) return true;
    simulator.share(peers[next % peers.length] as SimulatedPeer);
    watch.run(2_000);
  }
  return false;
}

describe('a committee of four', () => {
  it.each(seeds)(
    'settles what three agree on, through partitions and crashes, and nothing is reverted (seed %i)',
    (seed) => {
      const run = network(seed, 3);
      const { simulator, peers, watch } = run;
      const { seeded } = simulator;
      watch.run(3_000);
      shareFor(run, 30_000);
      for (let round = 0; round < 5; round++) {
        const order = seeded.shuffled(peers);
        const cut = seeded.between(1, 4);
        simulator.partition(order.slice(0, cut), order.slice(cut));
        watch.run(seeded.between(1_000, 5_000));
        const victim = seeded.pick(simulator.running);
        simulator.crash(victim);
        watch.run(seeded.between(200, 2_000));
        victim.start();
        simulator.heal();
        watch.run(seeded.between(500, 3_000));
      }
      watch.run(5_000);
      expect(simulator.runUntil(() => isSettled(simulator), 60_000)).toBe(true);
      expect(settles(run)).toBe(true);
      watch.look();
      expect([...watch.violations, ...violations(simulator)]).toEqual([]);
      expect(watch.highest).toBeGreaterThan(5);
    },
  );

  it.each(seeds)('settles with one member gone and one that votes for two of every height (seed %i)', (seed) => {
    const run = network(seed, 2);
    const { simulator, peers, watch, liar } = run;
    watch.run(3_000);
    for (const peer of peers) liar.dial(peer);
    shareFor(run, 15_000);
    watch.run(6_000);
    const victim = simulator.seeded.pick(peers);
    simulator.crash(victim);
    watch.run(1_000);
    victim.start();
    liar.dial(victim);
    watch.run(12_000);
    expect(settles(run)).toBe(true);
    watch.look();
    expect([...watch.violations, ...violations(simulator)]).toEqual([]);
    expect([watch.highest > 5, liar.lies > 5]).toEqual([true, true]);
    expect(peers.flatMap(({ reports }) => [...reports])).not.toContain('committee-broken');
  });

  it.each(seeds.slice(0, 3))('of whom two are gone settles nothing, and the chain goes on (seed %i)', (seed) => {
    const run = network(seed, 2);
    const { simulator, watch } = run;
    watch.run(3_000);
    shareFor(run, 15_000);
    watch.run(20_000);
    expect(simulator.runUntil(() => isSettled(simulator), 30_000)).toBe(true);
    watch.look();
    expect([...watch.violations, ...violations(simulator)]).toEqual([]);
    expect([watch.highest, (simulator.peers[0]?.machine.count ?? 0) > 5]).toEqual([-1, true]);
  });
});
