/**
 * The great scenario with everything at once: peers on the internet come, go, crash, freeze and have their clocks set,
 * the network falls in two, up to a fifth of all are attackers of any kind, and a few are models of the reference, while
 * everybody shares.
 *
 * Then it heals and the attackers are gone: all honest peers must have one tip within 20 s (issue 6), and soon nothing
 * pending and all items, those above all of which a receipt has promised more than that they are in a block. What the
 * references hold then is not asked, for they never leave a branch they have taken.
 */
import type { Milliseconds } from '../../core/config.ts';
import { keyHex, type PublicKeyHex } from '../../core/crypto/keys.ts';
import type { ReferencePeer } from '../model/reference/reference-peer.ts';
import type { Attacker } from './attackers/attacker.ts';
import { attackers, type KindName } from './attackers/kinds.ts';
import { hasOneTip, isSettled, overBounds, violations } from './checkers.ts';
import { forgeChain, give } from './forge.ts';
import type { SimulatedPeer } from './host.ts';
import { Simulator } from './simulator.ts';

export interface HostilePlan {
  readonly seed: number;
  /** In all: honest ones, attackers and references. */
  readonly peers: number;
  readonly kinds: readonly KindName[];
}

export interface HostileResult {
  readonly violations: readonly string[];
  /** Who attacked. */
  readonly kinds: readonly KindName[];
  readonly references: number;
  /** From the healing until all had one tip, and until nothing was pending any more. */
  readonly oneTipMs: Milliseconds;
  readonly settledMs: Milliseconds;
  readonly virtualMs: Milliseconds;
  readonly blocks: number;
  /** As many blocks as one of them holds for final. */
  readonly final: number;
  readonly reverted: number;
  readonly actions: number;
}

const startingMs = 500;
const attackingMs = { from: 300, to: 1_500 };
const sharing = { from: 500, to: 5_500 };
const mishaps = { from: 1_500, to: 5_000 };
const awayMs = { least: 200, most: 1_500 };
const partitionMs = { from: 1_500, to: 3_000, least: 500, most: 3_000 };
/** The partition and the last mishap are over. */
const healedMs = 6_500;
/** Issue 6: one tip within 20 s after healing. */
const oneTipWithinMs = 20_000;
/** When the newest block names attackers who are gone, it is forced 15 s later, by one of many who wait D for each other. */
const settledWithinMs = 40_000;
const itemsEach = 0.5;
const mostAttackers = 0.2;
const mostReferences = 3;
const mishapPart = 0.25;
const stayingPart = 0.85;
const listeningPart = 0.3;
/** Part of the networks that have written before. */
const oldPart = 0.75;
/** Part of the networks with a committee, of honest peers that stay. */
const committeePart = 0.4;
const committeeSize = 4;
const historyBlocks = { least: 2, most: 12 };
const boundsEveryMs = 500;
/** Less than a block's frame, more than most others: the witness opens what can hurt, and half the work is saved. */
const leastWitnessedBytes = 200;

/** Whoever takes part. */
interface Cast {
  readonly simulator: Simulator;
  readonly honest: readonly SimulatedPeer[];
  /** Those of them that others look for; the rest may go for good. */
  readonly staying: readonly SimulatedPeer[];
  readonly attackers: readonly Attacker[];
  readonly references: readonly ReferencePeer[];
}

export function hostile({ seed, peers, kinds }: HostilePlan): HostileResult {
  const simulator = new Simulator({ seed, leastWitnessedBytes });
  const { seeded } = simulator;
  const drawn = Array.from({ length: seeded.below(Math.floor(mostAttackers * peers) + 1) }, () => seeded.pick(kinds));
  const references = seeded.chance(0.5) ? 0 : seeded.between(1, mostReferences);
  const cast = gather(simulator, peers - drawn.length - references, drawn, references);
  const over: string[] = [];
  const watch = (): void => {
    over.push(...overBounds(simulator));
    simulator.after(boundsEveryMs, watch);
  };
  watch();
  shareAll(cast);
  for (const peer of cast.honest) if (seeded.chance(mishapPart)) meetMishap(cast, peer);
  cutInTwo(cast);
  simulator.run(healedMs);
  simulator.heal();
  for (const attacker of cast.attackers) attacker.leave(seeded.chance(0.5));
  const isOne = simulator.runUntil(() => hasOneTip(simulator), oneTipWithinMs);
  const oneTipMs = simulator.elapsedMs - healedMs;
  const settled = simulator.runUntil(() => isSettled(simulator), settledWithinMs);
  const late = [...(isOne ? [] : ['several tips 20 s after healing']), ...(settled ? [] : ['not settled'])];
  const [first] = simulator.running;
  return {
    violations: [...late, ...new Set(over), ...violations(simulator)],
    kinds: drawn,
    references,
    oneTipMs,
    settledMs: simulator.elapsedMs - healedMs,
    virtualMs: simulator.elapsedMs,
    blocks: first?.delivered.chain.length ?? 0,
    final: Math.max(...simulator.peers.map(({ promised }) => promised.final.length)),
    reverted: simulator.running.reduce((sum, { delivered }) => sum + delivered.reverted, 0),
    actions: simulator.world.agenda.done,
  };
}

/** Honest peers form a random graph that holds together without those that leave for good; attackers and references link with a few of them. */
function gather(simulator: Simulator, honestCount: number, kinds: readonly KindName[], referenceCount: number): Cast {
  const { seeded } = simulator;
  // Of peers that have their keys only when they are prepared, and read it when they start.
  const committee: PublicKeyHex[] = [];
  const honest = Array.from({ length: honestCount }, (_, place) => {
    const listens = place === 0 || seeded.chance(listeningPart);
    return simulator.prepare({ committee, ...(listens ? { listen: `192.0.2.${1 + place}:29092` } : {}) });
  });
  const listening = honest.filter(({ address }) => address.startsWith('192.'));
  const staying = honest.slice(0, Math.ceil(honestCount * stayingPart));
  if (seeded.chance(committeePart)) {
    committee.push(
      ...seeded
        .shuffled(staying)
        .slice(0, committeeSize)
        .map(({ key }) => keyHex(key)),
    );
  }
  if (seeded.chance(oldPart)) giveHistory(simulator, honest);
  honest.forEach((peer, place) => {
    const before = seeded.shuffled(staying.slice(0, place)).slice(0, seeded.chance(0.25) ? 1 : 2);
    peer.contacts.push(...before.map(({ address }) => address));
    simulator.after(seeded.below(startingMs), () => peer.start());
  });
  const hostileOnes = kinds.map((kind) => new attackers[kind](simulator));
  for (const attacker of hostileOnes) {
    const victims = [...seeded.shuffled(listening).slice(0, 2), ...seeded.shuffled(honest).slice(0, 3)];
    simulator.after(seeded.between(attackingMs.from, attackingMs.to), () => attacker.attack(victims));
  }
  const references = Array.from({ length: referenceCount }, () => {
    const reference = simulator.addReference(seeded.pick(['cbc', 'gcm-siv']));
    const ours = seeded.pick(listening);
    simulator.after(startingMs, () => reference.connect(ours));
    return reference;
  });
  return { simulator, honest, staying, attackers: hostileOnes, references };
}

/** A chain from before, that most hold whole and some only the beginning of; none of those who wrote it, who would sign again. */
function giveHistory({ world, seeded }: Simulator, honest: readonly SimulatedPeer[]): void {
  const authors = seeded.shuffled(honest).slice(0, 5);
  const chain = forgeChain(world, {
    blocks: seeded.between(historyBlocks.least, historyBlocks.most),
    authors: authors.map(({ secret }) => secret),
  });
  for (const peer of honest) {
    const holdsAll = authors.includes(peer) || seeded.chance(0.8);
    give(peer, holdsAll ? chain : chain.slice(0, seeded.below(chain.length)));
  }
}

function shareAll({ simulator, honest, references }: Cast): void {
  const { seeded } = simulator;
  const sharers = [...honest, ...references];
  for (let i = 0; i < Math.ceil(sharers.length * itemsEach); i++) {
    simulator.after(seeded.between(sharing.from, sharing.to), () => {
      const sharer = seeded.pick(sharers);
      if (!sharer.isRunning) return;
      if ('era' in sharer) simulator.shareByReference(sharer, true);
      else simulator.share(sharer);
    });
  }
}

function cutInTwo({ simulator, honest, attackers: hostileOnes, references }: Cast): void {
  const { seeded } = simulator;
  const all = seeded.shuffled([...honest, ...hostileOnes, ...references]);
  const cut = seeded.between(1, all.length - 1);
  simulator.after(seeded.between(partitionMs.from, partitionMs.to), () => {
    simulator.partition(all.slice(0, cut), all.slice(cut));
    simulator.after(seeded.between(partitionMs.least, partitionMs.most), () => simulator.heal());
  });
}

function meetMishap({ simulator, staying }: Cast, peer: SimulatedPeer): void {
  const { seeded } = simulator;
  const away = seeded.between(awayMs.least, awayMs.most);
  const what = seeded.below(6);
  simulator.after(seeded.between(mishaps.from, mishaps.to), () => {
    if (what === 0) return peer.freeze(away);
    if (what === 1) return peer.advanceClock(seeded.pick([200, 2_000, 30_000, 3_600_000]));
    if (what === 2 && !staying.includes(peer)) return peer.stop();
    if (what <= 3) peer.stop();
    else simulator.crash(peer);
    if (what === 5) peer.clockOffsetMs = -seeded.below(10_000);
    simulator.after(away, () => peer.start());
  });
}
