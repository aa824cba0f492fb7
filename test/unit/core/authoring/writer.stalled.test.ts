import { expect, it } from 'vitest';
import type { Turn } from '../../../../core/authoring/authoring.ts';
import { RankDelay } from '../../../../core/authoring/rank-delay.ts';
import { Writer } from '../../../../core/authoring/writer.ts';
import { Members } from '../../../../core/network/members.ts';
import { type Author, authors, poolItem } from '../../../model/author.ts';
import { ChainBench } from '../../../model/chain-bench.ts';
import { fakeCurve } from '../../../model/fake-curve.ts';
import { Seeded } from '../../../model/seeded.ts';

const [self] = authors(1) as [Author];
const start = 10_000;

it('a writer that waits for more of the authors reports once that it is stalled, and that this is over', () => {
  let turn: Turn = { kind: 'wait', waitingFor: 'the author of the next block', until: undefined };
  const { random } = new Seeded(17);
  const bench = new ChainBench({ self });
  const { secret, key: publicKey } = self;
  const options = {
    curve: fakeCurve,
    random,
    secret,
    publicKey,
    thin: false,
    rankDelay: new RankDelay(),
    spokeAt: () => start,
  };
  const authoring = { turn: () => turn, nextChoices: () => [], accepts: () => true };
  const writer = new Writer(options, authoring, bench.chain, new Members(publicKey, random, start), bench.effects);
  bench.chain.share(poolItem(self.item(), start, true));
  const reportsOf = (next: Turn): unknown[] => {
    turn = next;
    writer.consider(start, false, () => undefined);
    bench.settle();
    return bench.asked
      .splice(0)
      .map((effect) => effect.kind === 'report' && [effect.code, effect.message !== undefined]);
  };
  const stalled: Turn = { kind: 'wait', waitingFor: 'more of the authors', until: undefined };
  expect(reportsOf(turn)).toEqual([]);
  expect(reportsOf(stalled)).toEqual([['stalled', true]]);
  expect(reportsOf(stalled)).toEqual([]);
  expect(reportsOf({ kind: 'write', at: start + 5 })).toEqual([['stalled', false]]);
});
