/**
 * Reference peers never leave a branch. Ours beside them, after the two were apart: either ours came over to their branch,
 * or the split stays, and ours say so to whoever runs them.
 */
import { describe, expect, it } from 'vitest';
import { hashHex } from '../../core/crypto/keys.ts';
import type { SecondDialect } from '../model/second-decoder.ts';
import type { SimulatedPeer } from './host.ts';
import { loopback } from './network.ts';
import { isSettledWithReferences } from './reference-checkers.ts';
import { Simulator } from './simulator.ts';

const seeds = Array.from({ length: 8 }, (_, place) => place + 1);

function namesSplit({ problems }: SimulatedPeer): boolean {
  return problems.has('reference-split');
}

function apart(seed: number, era: SecondDialect) {
  const simulator = new Simulator({ seed, conditions: loopback });
  const ours = [simulator.add({ listen: '192.0.2.1:29092' }), simulator.add()] as const;
  const references = [simulator.addReference(era), simulator.addReference(era)] as const;
  ours[1].connect(ours[0]);
  references[1].connect(references[0]);
  // Ours dials, for a reference that has lost a link dials once again and then no more.
  ours[0].connect(references[0]);
  simulator.run(4_000);
  simulator.share(ours[0]);
  const wereOne = simulator.runUntil(() => isSettledWithReferences(simulator), 20_000);
  simulator.run(1_000);
  const spokeTooSoon = ours.some(namesSplit);

  simulator.partition(ours, references);
  for (let i = 0; i < 4; i++) {
    simulator.share(ours[i % 2] as SimulatedPeer);
    simulator.shareByReference(references[i % 2] as (typeof references)[number]);
    simulator.run(6_000);
  }
  const wereApart = ours[0].machine.tip !== references[0].tip;
  simulator.heal();
  simulator.run(60_000);
  // Only what goes on shows who is on which branch.
  simulator.share(ours[0]);
  simulator.run(15_000);

  const [own, theirs] = [ours[0].delivered.chain, references[0].chain];
  const isSplit = theirs.some(({ hash }, height) => {
    const block = own[height]?.block;
    return block !== undefined && hashHex(block.hash) !== hash;
  });
  const said = namesSplit(ours[0]);
  const link = ours[0].machine.links.find(({ phase }) => phase.hex === references[0].hex);
  for (const reference of references) reference.stop();
  simulator.run(1_000);
  const isOver = !namesSplit(ours[0]);
  return { seed, era, wereOne, spokeTooSoon, wereApart, isLinked: link !== undefined, isSplit, said, isOver };
}

/** Run once for all that is asked of them. */
const outcomes = (['cbc', 'gcm-siv'] as const).flatMap((era) => seeds.map((seed) => apart(seed, era)));

describe('two of ours and two references that were apart', () => {
  it('are one chain at first, and nobody speaks of a split; then each side goes its way, and they are linked again', () => {
    for (const { seed, era, wereOne, spokeTooSoon, wereApart, isLinked } of outcomes) {
      const seen = { wereOne, spokeTooSoon, wereApart, isLinked };
      expect(seen, `${era}, seed ${seed}`).toEqual({
        wereOne: true,
        spokeTooSoon: false,
        wereApart: true,
        isLinked: true,
      });
    }
  });

  it('are told of as split where they are, and only there', () => {
    for (const { seed, era, said, isSplit } of outcomes) expect(said, `${era}, seed ${seed}`).toBe(isSplit);
    expect(new Set(outcomes.map(({ isSplit }) => isSplit))).toEqual(new Set([true, false]));
  });

  it('are no longer told of when the references have gone', () => {
    expect(outcomes.filter(({ isOver }) => !isOver)).toEqual([]);
  });
});
