/**
 * A few honest peers and attackers of one kind that stay to the end of the sharing: every item is in a block soon, no
 * bound is passed, and when the attackers have gone there is one chain.
 */
import { muteMs } from '../../core/authoring/riddle.ts';
import type { Milliseconds } from '../../core/config.ts';
import { attackers, type KindName } from './attackers/kinds.ts';
import { isSettled, overBounds, violations } from './checkers.ts';
import { Simulator } from './simulator.ts';

export interface SiegePlan {
  readonly seed: number;
  readonly kind: KindName;
  readonly attackers: number;
}

export interface SiegeResult {
  readonly violations: readonly string[];
  /** How long each item took to a block of its sharer's chain. */
  readonly tookMs: readonly Milliseconds[];
  readonly settledMs: Milliseconds;
}

const peerCount = 6;
const items = 10;
const pauseMs = 700;
/** Attackers may be all whom a block names, and write nothing: that is noticed after 15 s, and then is passed over. */
const slowestItemMs = muteMs + 15_000;
const settledWithinMs = 20_000;

export function siege({ seed, kind, attackers: count }: SiegePlan): SiegeResult {
  const simulator = new Simulator({ seed });
  const { seeded } = simulator;
  const peers = Array.from({ length: peerCount }, (_, place) =>
    simulator.add(place % 2 === 0 ? { listen: `192.0.2.${1 + place}:29092` } : {}),
  );
  simulator.connectInLine(peers);
  for (const peer of peers.slice(2)) peer.connect(seeded.pick(peers.slice(0, peers.indexOf(peer))));
  const hostile = Array.from({ length: count }, () => new attackers[kind](simulator));
  simulator.after(1_000, () => {
    for (const attacker of hostile) attacker.attack(peers);
  });
  const wrong: string[] = [];
  const tookMs: Milliseconds[] = [];
  for (let i = 0; i < items; i++) {
    simulator.run(pauseMs);
    const sharer = seeded.pick(peers);
    const sharedAt = simulator.elapsedMs;
    const id = simulator.share(sharer);
    const isWritten = simulator.runUntil(() => {
      wrong.push(...overBounds(simulator));
      return sharer.delivered.holds(id);
    }, slowestItemMs);
    tookMs.push(simulator.elapsedMs - sharedAt);
    if (!isWritten) wrong.push(`${sharer.name}: item ${id.slice(0, 8)} is in no block after ${slowestItemMs} ms`);
  }
  for (const attacker of hostile) attacker.leave(seeded.chance(0.5));
  const leftAt = simulator.elapsedMs;
  const settled = simulator.runUntil(() => isSettled(simulator), settledWithinMs);
  if (!settled) wrong.push('not settled');
  return { violations: [...wrong, ...violations(simulator)], tookMs, settledMs: simulator.elapsedMs - leftAt };
}
