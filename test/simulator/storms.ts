/**
 * Networks that are poked and then left alone: does what was set going end, and does the next block come?
 *
 * A storm is measured by the frames that ours send in the last seconds of a long calm, held against what they send
 * without being asked: KeepAlives. Waves of Announce and Leave between both kinds of peers are many times more. What
 * references pass round among themselves alone, a KeepAlive with count 0 above all, nobody can end but they.
 */
import { encodeBlock } from '../../core/chain/block.ts';
import type { Milliseconds } from '../../core/config.ts';
import type { SecretKey } from '../../core/crypto/keys.ts';
import { Announcer } from './attackers/announcer.ts';
import { keysOfNobody, signedBlock } from './attackers/forging.ts';
import { ZeroCount } from './attackers/zero-count.ts';
import { forgeChain, give } from './forge.ts';
import type { SimulatedPeer } from './host.ts';
import { Simulator } from './simulator.ts';

export interface Calm {
  readonly seed: number;
  readonly isCalm: boolean;
  /** Frames a second that ours send for each of their links, before the poke and after the calm. */
  readonly before: number;
  readonly after: number;
}

const ours = 12;
/** A fifth of all. */
const mostReferences = 3;
const gatheringMs = 6_000;
const pokedMs = 4_000;
const calmMs = 25_000;
const measuredMs = 5_000;
/** A little more than before: the graph decides how often each KeepAlive is passed on. */
const growth = 1.5;
const nextBlockWithinMs = 60_000;

export function storm(seed: number): Calm {
  const simulator = new Simulator({ seed, leastWitnessedBytes: 200 });
  const { seeded } = simulator;
  const peers = Array.from({ length: ours }, (_, place) => simulator.add({ listen: `192.0.2.${1 + place}:29092` }));
  simulator.connectInLine(peers);
  for (const peer of peers.slice(2)) peer.connect(seeded.pick(peers.slice(0, peers.indexOf(peer))));
  const references = Array.from({ length: seeded.between(1, mostReferences) }, () =>
    simulator.addReference(seeded.pick(['cbc', 'gcm-siv'])),
  );
  for (const reference of references) for (const peer of seeded.shuffled(peers).slice(0, 2)) reference.connect(peer);
  simulator.run(gatheringMs);
  const before = framesASecondAndLink(simulator);
  const [zeroCount, announcer] = [new ZeroCount(simulator), new Announcer(simulator)];
  // References that are linked in a circle would double such a KeepAlive for ever, whatever ours do.
  zeroCount.attack(seeded.shuffled(peers).slice(0, 3));
  announcer.attack([...seeded.shuffled(peers).slice(0, 3), ...references]);
  const [first] = references;
  simulator.after(pokedMs / 2, () => first?.stop());
  simulator.after(pokedMs, () => {
    first?.start();
    first?.connect(seeded.pick(peers));
  });
  simulator.run(pokedMs);
  for (const attacker of [zeroCount, announcer]) attacker.leave(false);
  simulator.run(calmMs);
  const after = framesASecondAndLink(simulator);
  return { seed, isCalm: after <= growth * before, before, after };
}

/** The newest block names nobody who ever was. @returns how long the next one takes, 60 s at most */
export function deadCandidates(seed: number): Milliseconds {
  const simulator = new Simulator({ seed, leastWitnessedBytes: 200 });
  const author = simulator.newSecret();
  const chain = forgeChain(simulator.world, { blocks: 5, authors: [author] });
  const parent = chain.at(-1)?.hash;
  const block = signedBlock(simulator.world, author, {
    parent,
    data: [],
    nextChoices: keysOfNobody(simulator.world, 3),
  });
  const last = { height: 5, hash: block.hash, items: [], bytes: encodeBlock(block), unverified: [] };
  return nextBlock(simulator, peersWith(simulator, 6, [...chain, last]));
}

/** All who wrote the chain are gone for good but one, among peers that never wrote. */
export function lonelyAuthor(seed: number): Milliseconds {
  const simulator = new Simulator({ seed, leastWitnessedBytes: 200 });
  const authors = Array.from({ length: 8 }, (): SecretKey => simulator.newSecret());
  const peers = peersWith(simulator, 3, []);
  const [lonely] = peers;
  if (lonely === undefined) throw new Error('there are peers');
  const chain = forgeChain(simulator.world, { blocks: 80, authors: [lonely.secret, ...authors] });
  for (const peer of peers) peer.stop();
  for (const peer of peers) give(peer, chain);
  for (const peer of peers) peer.start();
  return nextBlock(simulator, peers);
}

function peersWith(simulator: Simulator, count: number, chain: Parameters<typeof give>[1]): SimulatedPeer[] {
  const peers = Array.from({ length: count }, () => simulator.prepare());
  for (const peer of peers) give(peer, chain);
  for (const peer of peers) peer.start();
  simulator.connectInLine(peers);
  return peers;
}

function nextBlock(simulator: Simulator, peers: readonly SimulatedPeer[]): Milliseconds {
  simulator.run(2_000);
  const sharedAt = simulator.elapsedMs;
  const id = simulator.share(simulator.seeded.pick(peers));
  simulator.runUntil(() => peers.every(({ delivered }) => delivered.holds(id)), nextBlockWithinMs);
  return simulator.elapsedMs - sharedAt;
}

function framesASecondAndLink(simulator: Simulator): number {
  const sent = (): number => simulator.peers.reduce((sum, { sentFrames }) => sum + sentFrames, 0);
  const before = sent();
  simulator.run(measuredMs);
  const links = simulator.peers.reduce((sum, { machine }) => sum + machine.links.length, 0);
  return ((sent() - before) * 1_000) / measuredMs / links;
}
