import { describe, expect, it } from 'vitest';
import type { Block } from '../../../../core/chain/block.ts';
import { hashHex } from '../../../../core/crypto/keys.ts';
import { headRestMs } from '../../../../core/network/heads.ts';
import { extensionSaying } from '../../../../core/wire/carrier.ts';
import { wireVersion } from '../../../../core/wire/messages.ts';
import { type Author, authors } from '../../../model/author.ts';
import { greetingOf, holding } from '../../../model/chains-on-stage.ts';
import { extensions } from '../../../model/extensions.ts';
import { type Remote, type Stage, storedBlocks } from '../../../model/stage.ts';

const [self, b, c] = authors(3) as [Author, Author, Author];
const reference = { version: { ...wireVersion, target: '', branch: '', commit: '' } };

/** The store reads these blocks out of a file: our tip moves, and nobody is sent a block. */
function take(stage: Stage, chain: readonly Block[], from: number): void {
  const blocks = storedBlocks(chain)
    .slice(from)
    .map(({ bytes, height, items }, place) => {
      const block = chain[from + place] as Block;
      return { block, bytes, height, ids: items, verified: block.data.map(() => true), forced: false };
    });
  stage.handle({ kind: 'commanded', command: { kind: 'take', blocks, more: false } });
}

const told = (remote: Remote) => extensions(remote, 'head').map(({ height, tip }) => [height, hashHex(tip)]);
const named = (chain: readonly Block[], height: number) => [height, hashHex((chain[height] as Block).hash)];

function headOf(chain: readonly Block[]) {
  const [root, tip] = [chain[0], chain.at(-1)] as [Block, Block];
  return extensionSaying({ kind: 'head', height: chain.length - 1, tip: tip.hash, root: root.hash });
}

describe('a neighbour of ours', () => {
  const chain = b.chain(20);

  it('hears what our chain ends in when it moved by blocks that the link did not carry', () => {
    const stage = holding(self, chain.slice(0, 5));
    const remote = stage.join(b, greetingOf(chain.slice(0, 5)));
    remote.keepAlive();
    take(stage, chain.slice(0, 12), 5);
    expect(told(remote)).toEqual([named(chain, 11)]);
    expect(extensions(remote, 'head')[0]?.root).toEqual(chain[0]?.hash);
    expect(remote.of('shareBlock')).toEqual([]);
  });

  it('hears only the newest when it moves faster than four times a second', () => {
    const stage = holding(self, chain.slice(0, 5));
    const remote = stage.join(b, greetingOf(chain.slice(0, 5)));
    for (const count of [6, 7, 8]) take(stage, chain.slice(0, count), count - 1);
    expect(told(remote)).toEqual([named(chain, 5)]);
    stage.pass(headRestMs - 1);
    expect(told(remote)).toEqual([named(chain, 5)]);
    stage.pass(1);
    expect(told(remote)).toEqual([named(chain, 5), named(chain, 7)]);
    stage.pass(10 * headRestMs);
    expect(told(remote)).toHaveLength(2);
  });

  it('hears nothing that a greeting or a block has told it, or that it has named itself', () => {
    const stage = holding(self, chain.slice(0, 5));
    const remote = stage.join(b, greetingOf(chain.slice(0, 5)));
    const other = stage.join(c, greetingOf(chain.slice(0, 6)));
    remote.say({ kind: 'shareBlock', block: chain[5] as Block });
    stage.pass(10 * headRestMs);
    expect(stage.machine.count).toBe(6);
    expect([remote, other].map(told)).toEqual([[], []]);
  });

  it('whose greeting came after a block was written that ours did not name yet hears of it', () => {
    const stage = holding(self, chain.slice(0, 5));
    const remote = stage.open(b);
    take(stage, chain.slice(0, 6), 5);
    remote.greet(greetingOf(chain.slice(0, 5)));
    expect(told(remote)).toEqual([named(chain, 5)]);
  });

  it('that is a reference peer is sent the block', () => {
    const stage = holding(self, chain.slice(0, 5));
    const remote = stage.join(c, { ...greetingOf(chain.slice(0, 5)), ...reference });
    take(stage, chain.slice(0, 12), 5);
    expect(remote.of('shareBlock').map(({ block }) => hashHex(block.hash))).toEqual([named(chain, 11)[1]]);
    expect(told(remote)).toEqual([]);
  });
});

describe('a head that a neighbour names', () => {
  it('is asked for when it is not held, though both chains are as long', () => {
    const root = b.block(undefined, [b.key, c.key]);
    const [mine, theirs] = [b, c].map((author) => [root, author.block(root, [b.key, c.key])]) as [Block[], Block[]];
    const stage = holding(self, mine);
    const remote = stage.join(c, greetingOf([root]));
    remote.keepAlive();
    expect(remote.of('requestBlocks')).toEqual([]);
    remote.say(headOf(theirs));
    expect(remote.of('requestBlocks')).toHaveLength(1);
  });

  it('tells how far we are behind', () => {
    const chain = b.chain(20);
    const stage = holding(self, chain.slice(0, 5));
    const remote = stage.join(b, greetingOf(chain.slice(0, 5)));
    remote.say(headOf(chain));
    expect(stage.machine.syncing).toEqual({ held: 5, of: 20 });
  });

  it('that is held already is asked for by nobody', () => {
    const chain = b.chain(20);
    const stage = holding(self, chain);
    const remote = stage.join(b, greetingOf(chain));
    remote.say(headOf(chain.slice(0, 15)));
    remote.say(headOf(chain));
    expect([remote.of('requestBlocks'), stage.machine.syncing]).toEqual([[], undefined]);
  });

  it('is looked at no more than four times a second, the newest then', () => {
    const chain = b.chain(20);
    const stage = holding(self, chain);
    const remote = stage.join(b, greetingOf(chain));
    for (const length of [30, 31, 32, 33]) remote.say(headOf([chain[0] as Block, ...c.chain(length)]));
    expect(stage.machine.syncing).toEqual({ held: 20, of: 31 });
    stage.pass(headRestMs);
    expect(stage.machine.syncing).toEqual({ held: 20, of: 34 });
  });

  it('of another root is asked for from the first block on', () => {
    const stage = holding(self, b.chain(3));
    const remote = stage.join(c);
    remote.keepAlive();
    remote.say(headOf(c.chain(4)));
    expect(remote.of('requestBlocks').map(({ start }) => start)).toEqual([undefined]);
  });
});
