/**
 * What the checkers of mixed networks, and the witness by the second decoder, notice when it is there.
 */
import { describe, expect, it } from 'vitest';
import type { SimulatedPeer } from './host.ts';
import { loopback } from './network.ts';
import { isSettledWithReferences, missingItems, severalChains, writtenTwice } from './reference-checkers.ts';
import { Simulator } from './simulator.ts';
import type { End } from './wires.ts';

/** Two references with one block, and one of ours that is not linked with them. */
function apart() {
  const simulator = new Simulator({ seed: 1, conditions: loopback });
  const [a, b] = [simulator.addReference('cbc'), simulator.addReference('cbc')];
  a.connect(b);
  const ours = simulator.add({ listen: '192.0.2.1:29092' });
  simulator.run(1_000);
  const id = simulator.shareByReference(a);
  expect(simulator.runUntil(() => a.chain.length === 1 && b.chain.length === 1, 4_000)).toBe(true);
  return { simulator, a, b, ours, id };
}

describe('the checkers of mixed networks', () => {
  it('notice chains that are not the same, and are content when they are', () => {
    const { simulator, a, ours } = apart();
    expect(severalChains(simulator)).toEqual([
      expect.stringMatching(/0 blocks .* \(peer 0\); 1 blocks .* \(reference 0, reference 1\)/),
    ]);
    expect(isSettledWithReferences(simulator)).toBe(false);
    ours.connect(a);
    expect(simulator.runUntil(() => isSettledWithReferences(simulator), 5_000)).toBe(true);
    expect(severalChains(simulator)).toEqual([]);
  });

  it('notice an item that a reference has in no block', () => {
    const { simulator, ours } = apart();
    expect(missingItems(simulator)).toEqual([]);
    simulator.share(ours);
    expect(missingItems(simulator)).toEqual([
      expect.stringMatching(/^reference 0: item \w{8} of peer 0 is in no block$/),
      expect.stringMatching(/^reference 1: item/),
    ]);
  });

  it('count items that stand in two blocks', () => {
    const { simulator, a, b } = apart();
    a.share(Buffer.from('again'));
    expect(simulator.runUntil(() => b.chain.length === 2, 4_000)).toBe(true);
    expect(writtenTwice(b)).toBe(0);
    a.share(Buffer.from('again'));
    expect(simulator.runUntil(() => b.chain.length === 3, 4_000)).toBe(true);
    expect(writtenTwice(b)).toBe(1);
  });
});

describe('the witness', () => {
  it('notices a frame that the second decoder does not read, and a first one that is no greeting', () => {
    const simulator = new Simulator({ seed: 1, conditions: loopback });
    const [peer, other] = simulator.addMany(2) as [SimulatedPeer, SimulatedPeer];
    peer.connect(other);
    expect(simulator.runUntil(() => peer.machine.links.length === 1, 10_000)).toBe(true);
    const { witness, wires } = simulator.world;
    expect(witness.violations).toEqual([]);
    const end = wires.open.find(({ owner }) => owner === peer) as End;
    witness.sent(peer, end, new Uint8Array(148));
    const fresh = { ...end, other: { ...end.other, begun: [] } };
    witness.sent(peer, fresh, Uint8Array.of(2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 3, 0));
    expect(witness.violations).toEqual([
      expect.stringContaining('does not read'),
      expect.stringContaining('begins with requestBlocks'),
    ]);
  });
});
