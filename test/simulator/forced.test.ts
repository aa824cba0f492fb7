/**
 * A chain whose authors are gone goes on (spec/safety.md, Writing, `forcedRestart`): the next block comes within 30 s.
 */
import { describe, expect, it } from 'vitest';
import { defaultConfig, type ForcedRestart } from '../../core/config.ts';
import { holderOf } from '../../core/crypto/keys.ts';
import { isSettled, violations } from './checkers.ts';
import type { SimulatedPeer } from './host.ts';
import { Simulator } from './simulator.ts';

const seeds = Array.from({ length: 6 }, (_, place) => place + 1);
const mostMs = 30_000;

/** A chain of some blocks, by peers that are all linked with several others; everybody else comes later. */
function grown(seed: number, blocks: number, forcedRestart: ForcedRestart = 'majority') {
  const simulator = new Simulator({ seed });
  const riddle = { ...defaultConfig.riddle, forcedRestart };
  const early = simulator.addMany(8, { riddle });
  connect(simulator, early);
  simulator.run(3_000);
  for (let i = 0; i < blocks; i++) {
    simulator.share(simulator.seeded.pick(early));
    expect(simulator.runUntil(() => isSettled(simulator), 30_000)).toBe(true);
  }
  const late = simulator.addMany(6, { riddle });
  connect(simulator, [...early, ...late]);
  simulator.run(5_000);
  return { simulator, early, late };
}

/** Each with two of those before it, so that whoever stays can reach the others again by their contacts. */
function connect(simulator: Simulator, peers: readonly SimulatedPeer[]): void {
  peers.forEach((peer, place) => {
    for (const other of simulator.seeded.shuffled(peers.slice(0, place)).slice(0, 4)) {
      if (!peer.contacts.includes(other.address)) peer.connect(other);
    }
  });
}

/** Those that run are one network whoever is gone: a line besides what they were linked with. */
function rejoin(simulator: Simulator): void {
  simulator.connectInLine(simulator.running);
  simulator.run(1_000);
}

function authorsOf(simulator: Simulator): Set<string> {
  const [any] = simulator.running;
  return new Set(any?.delivered.chain.map(({ block }) => holderOf(block.author)));
}

function candidatesOf({ running }: Simulator): SimulatedPeer[] {
  const named = new Set(running[0]?.delivered.chain.at(-1)?.block.nextChoices.map(holderOf));
  return running.filter(({ key }) => named.has(holderOf(key)));
}

function nextBlockWithin(simulator: Simulator, withinMs: number): boolean {
  const before = Math.max(...simulator.running.map(({ machine }) => machine.count));
  simulator.share(simulator.seeded.pick(simulator.running));
  return simulator.runUntil(() => simulator.running.every(({ machine }) => machine.count > before), withinMs);
}

describe('a chain all of whose authors are gone for good but one', () => {
  it.each(seeds)('has its next block within 30 s (seed %i)', (seed) => {
    const { simulator, early } = grown(seed, 10);
    const authors = early.filter(({ key }) => authorsOf(simulator).has(holderOf(key)));
    expect(authors.length).toBeGreaterThan(3);
    for (const author of authors.slice(1)) simulator.crash(author);
    rejoin(simulator);
    expect(nextBlockWithin(simulator, mostMs)).toBe(true);
    expect(simulator.runUntil(() => isSettled(simulator), mostMs)).toBe(true);
    expect(violations(simulator)).toEqual([]);
  });
});

describe('candidates that are dead', () => {
  it.each(seeds)('keep the next block away for less than 30 s, though the majority is there (seed %i)', (seed) => {
    const { simulator } = grown(seed, 10);
    for (const peer of candidatesOf(simulator)) simulator.crash(peer);
    rejoin(simulator);
    expect(nextBlockWithin(simulator, mostMs)).toBe(true);
    expect(simulator.runUntil(() => isSettled(simulator), mostMs)).toBe(true);
    expect(violations(simulator)).toEqual([]);
  });
});

describe('a strict chain', () => {
  it('stands still without the majority and says so, and goes on when it is back', () => {
    const { simulator, early } = grown(1, 10, 'strict');
    const authors = early.filter(({ key }) => authorsOf(simulator).has(holderOf(key)));
    const gone = new Set([...authors, ...candidatesOf(simulator)]);
    for (const peer of gone) simulator.crash(peer);
    rejoin(simulator);
    expect(nextBlockWithin(simulator, 60_000)).toBe(false);
    for (const { reports } of simulator.running) expect([...reports]).toContain('stalled');
    for (const peer of authors) peer.start();
    expect(simulator.runUntil(() => isSettled(simulator), mostMs)).toBe(true);
    expect(violations(simulator)).toEqual([]);
  });
});
