/**
 * What the checkers are there for is told when it is so: each is shown a network that broke its rule.
 */
import { describe, expect, it } from 'vitest';
import { itemIdHex } from '../../core/crypto/keys.ts';
import { isSettled, violations } from './checkers.ts';
import { loopback } from './network.ts';
import { Simulator } from './simulator.ts';

function settled() {
  const simulator = new Simulator({ seed: 1, conditions: loopback });
  const peers = simulator.addMany(3);
  const [first] = peers;
  if (first === undefined) throw new Error('there are peers');
  simulator.connectInLine(peers);
  simulator.run(2_000);
  for (const peer of [...peers, ...peers]) {
    simulator.share(peer);
    simulator.run(1_500);
  }
  expect(simulator.runUntil(() => isSettled(simulator), 20_000)).toBe(true);
  expect(violations(simulator)).toEqual([]);
  return { simulator, first };
}

describe('the checkers', () => {
  it('know which items were acknowledged, and miss one that is in no block, wherever its author is', () => {
    const { simulator, first } = settled();
    expect(simulator.shared.some(({ id }) => first.promised.acknowledged.has(id))).toBe(true);
    const id = itemIdHex(simulator.seeded.bytes(32) as Parameters<typeof itemIdHex>[0]);
    simulator.shared.push({ id, by: first, mayBeLost: true });
    first.promised.acknowledged.add(id);
    first.stop();
    expect(violations(simulator)).toEqual(
      simulator.running.map(({ name }) => {
        return `${name}: the acknowledged item ${id.slice(0, 8)} of ${first.name} is in no block`;
      }),
    );
  });

  it('tell of a final block that is left, and of two that are final at one height', () => {
    const { simulator, first } = settled();
    first.delivered.take({ kind: 'settled', height: 1 });
    const [newest] = first.delivered.chain.slice(-1);
    if (newest === undefined) throw new Error('there are blocks');
    for (const block of [...first.delivered.chain].reverse()) {
      first.delivered.take({ kind: 'reverted', blocks: [block] });
    }
    const { violations: seen } = simulator.world.witness;
    expect(seen).toEqual([`${first.name}: reverted the final block 1`, `${first.name}: reverted the final block 0`]);
    const [, second] = simulator.peers;
    second?.delivered.take({ kind: 'settled', height: 0 });
    second?.promised.final.splice(0, 1, first.promised.final[1] as (typeof first.promised.final)[0]);
    expect(violations(simulator)).toContain(`${second?.name}: block 0 is final and another one elsewhere`);
  });
});
