/**
 * Links that are not what they were: a reload whose old link is still open, two that dial each other, a neighbour that
 * is gone without a word, tabs that sleep, clocks that were set.
 */
import { describe, expect, it } from 'vitest';
import { keyHex } from '../../core/crypto/keys.ts';
import { isSettled, violations } from './checkers.ts';
import type { SimulatedPeer } from './host.ts';
import { internet, loopback } from './network.ts';
import { Simulator } from './simulator.ts';

const seeds = [1, 2, 3, 4, 5, 6];
/** A dial that fails is noticed only after longer than a test waits that is about something else. */
const reachable = { ...internet, dialFailure: 0 };

function linksBetween(a: SimulatedPeer, b: SimulatedPeer): number {
  return a.machine.links.filter(({ phase }) => phase.hex === keyHex(b.key)).length;
}

function addTwoListening(simulator: Simulator): [SimulatedPeer, SimulatedPeer] {
  return [simulator.add({ listen: '192.0.2.1:29092' }), simulator.add({ listen: '192.0.2.2:29092' })];
}

describe('a peer that reloads while its old link is still open', () => {
  it.each(seeds)('has one link, is known throughout, and its items reach blocks (seed %i)', (seed) => {
    const simulator = new Simulator({ seed, conditions: reachable });
    const [stays, reloads, third] = simulator.addMany(3) as [SimulatedPeer, SimulatedPeer, SimulatedPeer];
    reloads.connect(stays);
    third.connect(stays);
    simulator.run(3_000);
    simulator.share(stays);
    expect(simulator.runUntil(() => isSettled(simulator), 20_000)).toBe(true);
    for (let reload = 0; reload < 4; reload++) {
      simulator.crash(reloads, true);
      simulator.run(simulator.seeded.between(50, 700));
      reloads.start();
      simulator.run(3_500);
      expect(linksBetween(stays, reloads)).toBe(1);
      expect(linksBetween(reloads, stays)).toBe(1);
      expect(stays.machine.known.has(keyHex(reloads.key))).toBe(true);
      simulator.share(reloads);
    }
    expect(simulator.runUntil(() => isSettled(simulator), 20_000)).toBe(true);
    expect(violations(simulator)).toEqual([]);
  });
});

describe('two peers that dial each other', () => {
  it.each(seeds)('come to one link and stay with it (seed %i)', (seed) => {
    const simulator = new Simulator({ seed });
    const [a, b] = simulator.seeded.chance(0.5) ? simulator.addMany(2) : addTwoListening(simulator);
    if (a === undefined || b === undefined) throw new Error('two peers were added');
    a.connect(b);
    b.connect(a);
    simulator.run(6_000);
    expect([linksBetween(a, b), linksBetween(b, a)]).toEqual([1, 1]);
    const [link] = a.machine.links;
    simulator.run(10_000);
    expect(a.machine.links.map(({ id }) => id)).toEqual([link?.id]);
  });
});

describe('a neighbour that is gone without a word', () => {
  it('is not known two and a half seconds later, and its link ends when nothing was taken for 30 s', () => {
    const simulator = new Simulator({ seed: 1, conditions: loopback });
    const [stays, goes] = simulator.addMany(2) as [SimulatedPeer, SimulatedPeer];
    goes.connect(stays);
    simulator.run(2_000);
    expect(stays.machine.known.size).toBe(1);
    simulator.crash(goes, true);
    simulator.run(2_600);
    expect(stays.machine.known.size).toBe(0);
    expect(stays.machine.links).toHaveLength(1);
    simulator.run(31_000);
    expect(stays.machine.links).toHaveLength(0);
  });

  it.each(seeds)('keeps nobody from writing though it was to write next (seed %i)', (seed) => {
    const simulator = new Simulator({ seed });
    const peers = simulator.addMany(5);
    for (const peer of peers.slice(1)) peer.connect(peers[0] as SimulatedPeer);
    simulator.run(3_000);
    simulator.share(peers[0] as SimulatedPeer);
    expect(simulator.runUntil(() => isSettled(simulator), 20_000)).toBe(true);
    const named = new Set(peers[0]?.delivered.chain.at(-1)?.block.nextChoices.map(keyHex));
    for (const peer of peers) if (named.has(keyHex(peer.key)) && peer !== peers[0]) simulator.crash(peer, true);
    simulator.share(peers[0] as SimulatedPeer);
    expect(simulator.runUntil(() => isSettled(simulator), 15_000)).toBe(true);
    expect(violations(simulator)).toEqual([]);
  });
});

describe('a tab that sleeps', () => {
  it.each(seeds)('catches up when it wakes, and what it shared before is in a block (seed %i)', (seed) => {
    const simulator = new Simulator({ seed });
    const peers = simulator.addMany(5);
    simulator.connectInLine(peers);
    simulator.run(3_000);
    const sleeper = simulator.seeded.pick(peers);
    simulator.share(sleeper);
    sleeper.freeze(20_000);
    for (let i = 0; i < 10; i++)
      simulator.after(600 * i, () => simulator.share(simulator.seeded.pick(peers.filter((peer) => peer !== sleeper))));
    simulator.run(21_000);
    expect(simulator.runUntil(() => isSettled(simulator), 40_000)).toBe(true);
    expect(violations(simulator)).toEqual([]);
  });
});

describe('a peer whose clock was set back while it was away', () => {
  it.each(seeds)('is known to those it has no link with as soon as before (seed %i)', (seed) => {
    const simulator = new Simulator({ seed, conditions: loopback });
    const peers = simulator.addMany(4);
    simulator.connectInLine(peers);
    const far = peers[3] as SimulatedPeer;
    const first = peers[0] as SimulatedPeer;
    simulator.run(3_000);
    expect(first.machine.known.has(keyHex(far.key))).toBe(true);
    far.stop();
    simulator.run(simulator.seeded.between(500, 4_000));
    far.clockOffsetMs = -3_600_000;
    far.start();
    expect(simulator.runUntil(() => first.machine.known.has(keyHex(far.key)), 2_500)).toBe(true);
    simulator.share(far);
    expect(simulator.runUntil(() => isSettled(simulator), 20_000)).toBe(true);
    simulator.run(3_000);
    expect(first.machine.known.has(keyHex(far.key))).toBe(true);
    expect(violations(simulator)).toEqual([]);
  });
});
