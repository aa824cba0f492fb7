/** Which root holds when some of ours have a reference peer beside them, or take somebody for one. */
import { describe, expect, it } from 'vitest';
import type { Block } from '../../../core/chain/block.ts';
import { hashHex } from '../../../core/crypto/keys.ts';
import type { Ballot, Checkpoint } from '../../../core/finality/votes.ts';
import { voteDigest } from '../../../core/finality/votes.ts';
import { extensionSaying } from '../../../core/wire/carrier.ts';
import { wireVersion } from '../../../core/wire/messages.ts';
import { type Author, authors } from '../../model/author.ts';
import { greetingOf, holding, linked, live } from '../../model/chains-on-stage.ts';
import { fakeCurve } from '../../model/fake-curve.ts';
import type { Remote } from '../../model/stage.ts';

const [self, b, c, d, e] = authors(5) as [Author, Author, Author, Author, Author];
const reference = { version: { ...wireVersion, target: '', branch: '', commit: '' } };
const rootOf = (chain: readonly Block[]) => hashHex((chain[0] as Block).hash);

/** Two chains of one author each; the second wins where nothing else tells. */
function twoChains(): readonly [readonly Block[], readonly Block[]] {
  const [one, other] = [b.chain(3), c.chain(3)];
  return rootOf(one) > rootOf(other) ? [one, other] : [other, one];
}

/** A peer that holds the weaker chain, as a reference peer beside it does, and one of ours that holds the other. */
function staged() {
  const [weak, strong] = twoChains();
  const stage = holding(self, weak);
  const fixed = stage.join(d, { ...reference, ...greetingOf(weak) }, { carrier: 'tcp' });
  fixed.keepAlive();
  const ours = linked(stage, e, strong);
  return { weak, strong, stage, fixed, ours };
}

describe('a root that a reference neighbour holds', () => {
  it('holds against that of one of ours at first', () => {
    const { weak, strong, stage, fixed, ours } = staged();
    live(stage, 8_000, [
      [fixed, weak],
      [ours, strong],
    ]);
    expect(stage.machine.root).toBe(rootOf(weak));
  });

  it('gives way when one of ours stays with its own all the same, for that one may have a reference neighbour too', () => {
    const { weak, strong, stage, fixed, ours } = staged();
    live(stage, 20_000, [
      [fixed, weak],
      [ours, strong],
    ]);
    expect(stage.machine.root).toBe(rootOf(strong));
  });
});

describe('a root for which a committee has voted', () => {
  const config = { committee: [b, c, d, e].map(({ hex }) => hex) };

  function vote(remote: Remote, block: Block, phase: 'prepare' | 'commit'): void {
    const target: Checkpoint = { height: 0, hash: block.hash };
    for (const { key, secret } of [b, c, d]) {
      const ballot: Ballot = phase === 'commit' ? { kind: phase, target } : { kind: phase, source: undefined, target };
      const sign = fakeCurve.sign(voteDigest('stage', ballot, key), secret, new Uint8Array(32));
      remote.say(extensionSaying({ kind: 'vote', vote: { ballot, voter: key, sign } }));
    }
  }

  it.each(['prepare', 'commit'] as const)('wins where it would have lost, though it was never held (%s)', (phase) => {
    const [weak, strong] = twoChains();
    const stage = holding(self, strong, { config });
    const ours = linked(stage, e, weak);
    live(stage, 2_000, [[ours, weak]]);
    expect(stage.machine.root).toBe(rootOf(strong));
    vote(ours, weak[0] as Block, phase);
    live(stage, 10_000, [[ours, weak]]);
    expect(stage.machine.root).toBe(rootOf(weak));
  });

  it.each(['prepare', 'commit'] as const)('is not left for one that would have won (%s)', (phase) => {
    const [weak, strong] = twoChains();
    const stage = holding(self, weak, { config });
    const ours = linked(stage, e, []);
    vote(ours, weak[0] as Block, phase);
    const other = linked(stage, d, strong);
    live(stage, 10_000, [[other, strong]]);
    expect(stage.machine.root).toBe(rootOf(weak));
  });
});
