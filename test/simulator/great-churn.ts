/**
 * A large network from which a part comes and goes while it writes: after each block, how many of those that are there
 * have it within 30 s (issue 6: of 1,000 peers of which 30 % change in 10 minutes, 99.9 % at least).
 *
 * Peers leave for good as tabs do, some with a goodbye and some without; as many new ones come, each knowing two that
 * are there. Who came less than 30 s before a block is not asked for it: it has a chain to read first.
 */
import type { Milliseconds } from '../../core/config.ts';
import { type HashHex, hashHex } from '../../core/crypto/keys.ts';
import type { SimulatedPeer } from './host.ts';
import { Simulator } from './simulator.ts';

export interface GreatChurnPlan {
  readonly seed: number;
  readonly peers: number;
  readonly forMs: Milliseconds;
  /** Part of the peers that leaves, and comes anew, in ten minutes. */
  readonly changed: number;
}

export interface BlockSpread {
  readonly height: number;
  /** Of the peers that were asked, after 30 s. */
  readonly part: number;
  /** When 99.9 % had it; undefined when that took more than 30 s. */
  readonly tookMs: Milliseconds | undefined;
}

const joiningMs = 20_000;
const withinMs = 30_000;
const lookEveryMs = 250;
const shareEveryMs = 5_000;
const tenMinutesMs = 600_000;
const enough = 0.999;
const contacts = 2;

interface Followed {
  readonly height: number;
  readonly id: HashHex;
  readonly at: Milliseconds;
  tookMs: Milliseconds | undefined;
}

export class GreatChurn {
  readonly simulator: Simulator;
  readonly #plan: GreatChurnPlan;
  readonly #startedAt = new Map<SimulatedPeer, Milliseconds>();
  readonly #open: Followed[] = [];
  readonly #spreads: BlockSpread[] = [];
  #height = -1;

  constructor(plan: GreatChurnPlan) {
    this.#plan = plan;
    this.simulator = new Simulator({ seed: plan.seed, leastWitnessedBytes: Number.POSITIVE_INFINITY });
  }

  /** @param told after every virtual minute */
  run(told: (minutes: number) => void = () => undefined): readonly BlockSpread[] {
    const { simulator } = this;
    const { seeded } = simulator;
    const { peers, forMs, changed } = this.#plan;
    for (let i = 0; i < peers; i++) simulator.after(seeded.below(joiningMs), () => this.#join());
    simulator.run(2 * joiningMs);
    const end = simulator.elapsedMs + forMs;
    const leaveEveryMs = tenMinutesMs / (peers * changed);
    this.#every(leaveEveryMs, () => this.#replaceOne());
    this.#every(shareEveryMs, () => simulator.share(seeded.pick(simulator.running)));
    for (let minutes = 1; simulator.elapsedMs < end; minutes++) {
      for (const until = Math.min(end, simulator.elapsedMs + 60_000); simulator.elapsedMs < until; ) {
        simulator.run(lookEveryMs);
        this.#look();
      }
      told(minutes);
    }
    return this.#spreads;
  }

  #every(intervalMs: Milliseconds, action: () => void): void {
    this.simulator.after(intervalMs, () => {
      action();
      this.#every(intervalMs, action);
    });
  }

  #join(): void {
    const { running, seeded } = this.simulator;
    const known = Array.from({ length: contacts }, () => running[seeded.below(running.length)]);
    const peer = this.simulator.add();
    this.#startedAt.set(peer, this.simulator.elapsedMs);
    for (const other of new Set(known)) if (other !== undefined) peer.connect(other);
  }

  #replaceOne(): void {
    const { simulator } = this;
    const leaving = simulator.seeded.pick(simulator.running);
    if (simulator.seeded.chance(0.5)) leaving.stop();
    else simulator.crash(leaving);
    this.#startedAt.delete(leaving);
    simulator.peers.splice(simulator.peers.indexOf(leaving), 1);
    this.#join();
  }

  #look(): void {
    const { running, elapsedMs } = this.simulator;
    for (const { delivered } of running) {
      for (const { height, block } of delivered.chain.slice(this.#height + 1)) {
        this.#height = height;
        this.#open.push({ height, id: hashHex(block.hash), at: elapsedMs, tookMs: undefined });
      }
    }
    for (const followed of [...this.#open]) this.#follow(followed, running, elapsedMs);
  }

  /** That of several blocks of one height counts which most of them have. */
  #follow(followed: Followed, running: readonly SimulatedPeer[], now: Milliseconds): void {
    const asked = running.filter((peer) => (this.#startedAt.get(peer) ?? 0) <= followed.at - withinMs);
    const held = new Map<HashHex, number>();
    for (const { delivered } of asked) {
      const block = delivered.chain[followed.height]?.block;
      if (block !== undefined) held.set(hashHex(block.hash), (held.get(hashHex(block.hash)) ?? 0) + 1);
    }
    const part = Math.max(0, ...held.values()) / Math.max(1, asked.length);
    if (part >= enough) followed.tookMs ??= now - followed.at;
    if (now < followed.at + withinMs) return;
    this.#open.splice(this.#open.indexOf(followed), 1);
    this.#spreads.push({ height: followed.height, part, tookMs: followed.tookMs });
  }
}
