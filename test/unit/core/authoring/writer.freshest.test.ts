import { describe, expect, it } from 'vitest';
import type { AuthoringView } from '../../../../core/authoring/authoring.ts';
import { RankDelay } from '../../../../core/authoring/rank-delay.ts';
import { freshestKeys } from '../../../../core/authoring/riddle.ts';
import { Writer } from '../../../../core/authoring/writer.ts';
import { Members } from '../../../../core/network/members.ts';
import { type Author, authors, poolItem } from '../../../model/author.ts';
import { ChainBench } from '../../../model/chain-bench.ts';
import { fakeCurve } from '../../../model/fake-curve.ts';
import { Seeded } from '../../../model/seeded.ts';

const [self, ...others] = authors(80) as [Author, ...Author[]];
const start = 10_000;

/** What a writer shows its authoring that last spoke then, when so many others have, each 10 ms after the one before. */
function shown(known: number, spokeAt: number): AuthoringView | undefined {
  const { random } = new Seeded(17);
  const bench = new ChainBench({ self });
  const members = new Members(self.key, random, start);
  others.slice(0, known).forEach((author, place) => {
    members.heard(author.keepAlive(1), start + 10 * place);
  });
  let view: AuthoringView | undefined;
  const authoring = {
    turn: (_: number, seen: AuthoringView) => {
      view = seen;
      return { kind: 'wait', waitingFor: 'a second peer', until: undefined } as const;
    },
    nextChoices: () => [],
    accepts: () => true,
  };
  const identity = { curve: fakeCurve, random, secret: self.secret, publicKey: self.key, thin: false };
  const options = { ...identity, rankDelay: new RankDelay(), spokeAt: () => spokeAt };
  const writer = new Writer(options, authoring, bench.chain, members, bench.effects);
  bench.chain.share(poolItem(self.item(), start, true));
  writer.consider(start + 1_000, false, () => undefined);
  return view;
}

describe('a peer', () => {
  it('is among the freshest where there are fewer than 64 others, whenever it spoke', () => {
    expect(shown(freshestKeys - 1, 0)?.isAmongFreshest).toBe(true);
  });

  it('is among them as long as no 64 others have spoken since', () => {
    // Of 70 the seventh and all after it are the 64 freshest.
    expect(shown(70, start + 60)?.isAmongFreshest).toBe(true);
    expect(shown(70, start + 59)?.isAmongFreshest).toBe(false);
  });
});
