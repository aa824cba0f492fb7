/**
 * The great scenario: many peers on the internet come, go, crash, freeze and come back while everybody shares.
 *
 * Four in five stay; they form a random graph of degree three to four that holds together without the others. It ends
 * when all that run have one tip and nothing is pending, or after a time in which they should have.
 */
import type { Milliseconds } from '../../core/config.ts';
import { isSettled, violations } from './checkers.ts';
import type { SimulatedPeer } from './host.ts';
import { Simulator } from './simulator.ts';

export interface ChurnResult {
  readonly violations: readonly string[];
  readonly isSettled: boolean;
  readonly virtualMs: Milliseconds;
  readonly blocks: number;
  readonly reverted: number;
  readonly actions: number;
}

const startingMs = 400;
const sharing = { from: 500, to: 7_000 };
const leaving = { from: 2_000, to: 6_000 };
const awayMs = { least: 200, most: 2_500 };
const settledWithinMs = 40_000;
const itemsEach = 0.8;
const stayingPart = 0.8;
/** Less than a block's frame, more than most others: the witness opens what can hurt, and half the work is saved. */
const leastWitnessedBytes = 200;

export function churn(seed: number, count: number): ChurnResult {
  const simulator = new Simulator({ seed, leastWitnessedBytes });
  const staying: SimulatedPeer[] = [];
  for (let i = 0; i < count; i++) joinSoon(simulator, staying, i < count * stayingPart);
  const items = Math.ceil(count * itemsEach);
  for (let i = 0; i < items; i++) {
    simulator.after(simulator.seeded.between(sharing.from, sharing.to), () => {
      const { running } = simulator;
      if (running.length > 0) simulator.share(simulator.seeded.pick(running));
    });
  }
  simulator.run(Math.max(sharing.to, leaving.to) + awayMs.most);
  const settled = simulator.runUntil(() => isSettled(simulator), settledWithinMs);
  const [first] = simulator.running;
  return {
    violations: settled ? violations(simulator) : [`not settled`, ...violations(simulator)],
    isSettled: settled,
    virtualMs: simulator.elapsedMs,
    blocks: first?.delivered.chain.length ?? 0,
    reverted: simulator.running.reduce((sum, { delivered }) => sum + delivered.reverted, 0),
    actions: simulator.world.agenda.done,
  };
}

/** Links with one or two of those that stay and were there before. */
function joinSoon(simulator: Simulator, staying: SimulatedPeer[], isStaying: boolean): void {
  const { seeded } = simulator;
  simulator.after(seeded.below(startingMs) + (isStaying ? 0 : startingMs), () => {
    const peer = simulator.add();
    const links = seeded.chance(0.25) ? 1 : 2;
    for (const other of seeded.shuffled(staying).slice(0, links)) peer.connect(other);
    if (isStaying) staying.push(peer);
    else simulator.after(seeded.between(leaving.from, leaving.to), () => misfortune(simulator, peer));
  });
}

function misfortune(simulator: Simulator, peer: SimulatedPeer): void {
  const { seeded } = simulator;
  const away = seeded.between(awayMs.least, awayMs.most);
  const restart = (): void => simulator.after(away, () => peer.start());
  switch (seeded.below(5)) {
    case 0:
      return peer.stop();
    case 1:
      peer.stop();
      return restart();
    case 2:
      simulator.crash(peer);
      return restart();
    case 3:
      return peer.freeze(away);
    default:
      simulator.crash(peer);
      // A clock that went wrong and was set right: KeepAlive counts must not fall behind for it.
      peer.clockOffsetMs = -seeded.below(10_000);
      return restart();
  }
}
