/**
 * Models of the reference and two of our peers in one network, all of which share for a while: do they end as one chain?
 *
 * The references of an era stand in a line; one of ours is linked with its first, by a dial of either side, the other
 * with its last, and perhaps ours with each other. Eras are linked through ours alone.
 */
import { bytesToHex } from '../../core/codec/bytes.ts';
import type { Milliseconds } from '../../core/config.ts';
import { hashHex } from '../../core/crypto/keys.ts';
import type { ReferencePeer } from '../model/reference/reference-peer.ts';
import type { SecondDialect } from '../model/second-decoder.ts';
import { violations } from './checkers.ts';
import type { SimulatedPeer } from './host.ts';
import type { Conditions } from './network.ts';
import { isSettledWithReferences, missingItems, severalChains, writtenTwice } from './reference-checkers.ts';
import { Simulator } from './simulator.ts';

export interface MixedPlan {
  readonly seed: number;
  readonly eras: readonly SecondDialect[];
  /** Of each era. */
  readonly references: number;
  /** Whether a thin peer of ours shares too. */
  readonly thin: boolean;
  readonly conditions: Conditions;
}

export interface MixedResult {
  /** All have one chain with all items in it. */
  readonly isOne: boolean;
  /** What ours have done wrong among themselves, whatever the references did. */
  readonly violations: readonly string[];
  /** What is wrong between ours and the references. */
  readonly apart: readonly string[];
  /** How the chain of the first reference that parted from ours did so. */
  readonly split: string | undefined;
  /** References that will never write again, and whom the newest block of ours names. */
  readonly mute: readonly string[];
  readonly named: readonly string[];
  readonly blocks: number;
  readonly writtenTwice: number;
  readonly tookMs: Milliseconds;
}

const joiningMs = 600;
const linkedMs = 4_000;
const items = 20;
const mostPauseMs = 1_500;
const settledWithinMs = 60_000;

export function mixed({ seed, eras, references: count, thin, conditions }: MixedPlan): MixedResult {
  const simulator = new Simulator({ seed, conditions });
  const { seeded } = simulator;
  const lines = eras.map((era) =>
    Array.from({ length: count }, () => {
      simulator.run(seeded.below(joiningMs));
      return simulator.addReference(era);
    }),
  );
  const listening = simulator.add({ listen: '192.0.2.1:29092' });
  simulator.run(seeded.below(joiningMs));
  const tab = simulator.add();
  for (const line of lines) join(simulator, line, listening, tab);
  // Where eras are linked through ours alone, ours must be linked with each other, or a circle of them is cut.
  if (eras.length > 1 || seeded.chance(0.5)) tab.connect(listening);
  const ours = [listening, tab];
  if (thin) {
    const guest = simulator.add({ thin: true });
    guest.connect(listening);
    ours.push(guest);
  }
  simulator.run(linkedMs);
  const startedMs = simulator.elapsedMs;
  const references = lines.flat();
  const [first] = references;
  if (first === undefined) throw new Error('there are references');
  for (let i = 0; i < items; i++) {
    const place = seeded.below(references.length + ours.length);
    const reference = references[place];
    if (reference !== undefined) simulator.shareByReference(reference);
    else simulator.share(ours[place - references.length] ?? tab);
    simulator.run(seeded.below(mostPauseMs));
  }
  const isOne = simulator.runUntil(() => isSettledWithReferences(simulator), settledWithinMs);
  return {
    isOne,
    violations: violations(simulator),
    apart: [...severalChains(simulator), ...missingItems(simulator)],
    split: splitOf(simulator, listening),
    mute: references.filter(({ isMute }) => isMute).map(({ name }) => name),
    named: namedIn(simulator, listening),
    blocks: first.chain.length,
    writtenTwice: writtenTwice(first),
    tookMs: simulator.elapsedMs - startedMs,
  };
}

/** A line of references, one of ours at each end of it. */
function join(
  simulator: Simulator,
  line: readonly ReferencePeer[],
  listening: SimulatedPeer,
  tab: SimulatedPeer,
): void {
  const [first, last] = [line[0], line.at(-1)];
  if (first === undefined || last === undefined) return;
  simulator.connectInLine(line);
  if (simulator.seeded.chance(0.5)) listening.connect(first);
  else first.connect(listening);
  tab.connect(last);
}

function namesOf({ references, peers }: Simulator): ReadonlyMap<string, string> {
  const names = references.map(({ hex, name }) => [hex, name] as const);
  return new Map([...names, ...peers.map(({ key, name }) => [bytesToHex(key), name] as const)]);
}

function namedIn(simulator: Simulator, { delivered }: SimulatedPeer): string[] {
  const names = namesOf(simulator);
  const choices = delivered.chain.at(-1)?.block.nextChoices ?? [];
  return choices.map((key) => names.get(bytesToHex(key)) ?? 'nobody');
}

/** Who wrote the two blocks at which a reference's chain parts from ours, and whom the block before names. */
function splitOf(simulator: Simulator, { delivered }: SimulatedPeer): string | undefined {
  const names = namesOf(simulator);
  const ours = delivered.chain.map(({ block }) => block);
  for (const { chain, name } of simulator.references) {
    const place = chain.findIndex(({ hash }, at) => ours[at] !== undefined && hash !== hashHex(ours[at].hash));
    const [theirs, own] = [chain[place], ours[place]];
    if (theirs === undefined || own === undefined) continue;
    const named =
      place === 0 ? 'nobody' : (chain[place - 1]?.nextChoices.map((key) => names.get(key)).join(', ') ?? '');
    const authors = `${names.get(theirs.author)} for ${name}, ${names.get(bytesToHex(own.author))} for ours`;
    return `height ${place} by ${authors}; named: ${named}`;
  }
  return undefined;
}
