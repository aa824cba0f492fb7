/** Bodies with bytes moved between `next_choices` and the first item (spec/safety.md, Blocks 2). */
import { describe, expect, it } from 'vitest';
import { RankDelay } from '../../../core/authoring/rank-delay.ts';
import { type Block, blockHash, encodeBlock } from '../../../core/chain/block.ts';
import { graceMs as graceOf } from '../../../core/chain/newcomers.ts';
import { bytesToHex } from '../../../core/codec/bytes.ts';
import { hashHex } from '../../../core/crypto/keys.ts';
import { type Author, authors } from '../../model/author.ts';
import { holding, linked } from '../../model/chains-on-stage.ts';
import { extensions } from '../../model/extensions.ts';
import { recut } from '../../model/recut.ts';
import type { Remote, Stage } from '../../model/stage.ts';

const graceMs = graceOf(new RankDelay());

const [self, b, c, d] = authors(4) as [Author, Author, Author, Author];
const hexOf = (block: Block | undefined) => (block === undefined ? undefined : hashHex(block.hash));
const shared = (remote: Remote) => remote.of('shareBlock').map(({ block }) => block);
const bodies = (stage: Stage) => stage.store.blocks.map(({ bytes }) => bytes);
const chain = b.chain(30);

/** The newest blocks it was told of, by their hashes. */
const named = (remote: Remote) => extensions(remote, 'head').map(({ tip }) => bytesToHex(tip));

/** Answers every new question as one who holds these. */
function answer(remote: Remote, blocks: readonly Block[], before: number): number {
  const asked = remote.of('requestBlocks').length;
  if (asked > before) remote.serve(blocks);
  return asked;
}

describe('a re-cut body', () => {
  const news = chain[29] as Block;
  const held = chain.slice(0, 29);

  it('has the same hash', () => {
    expect(blockHash(recut(news))).toEqual(news.hash);
    expect(encodeBlock(recut(news))).not.toEqual(encodeBlock(news));
  });

  it('that comes as news is held back, asked for elsewhere, and has no effect when the good one is there', () => {
    const stage = holding(self, held);
    const [liar, honest, other] = [linked(stage, c, held), linked(stage, b, held), linked(stage, d, held)];
    liar.say({ kind: 'shareBlock', block: recut(news) });
    expect([stage.machine.count, shared(other)]).toEqual([29, []]);
    expect(honest.of('requestBlocks').map(({ start }) => start)).toEqual([chain[28]?.hash]);
    honest.serve(chain);
    expect(bodies(stage).at(-1)).toEqual(encodeBlock(news));
    stage.pass(graceMs);
    expect(stage.delivered('reverted')).toEqual([]);
    expect(stage.delivered('applied').map(({ block }) => block.verified)).toEqual([[true]]);
    for (const block of shared(other)) expect(encodeBlock(block)).toEqual(encodeBlock(news));
  });

  it('that nobody has a better one of is taken after its grace time, its item marked', () => {
    const stage = holding(self, held);
    const [liar, other] = [linked(stage, c, held), linked(stage, d, held)];
    liar.say({ kind: 'shareBlock', block: recut(news) });
    for (let passed = 0; passed < graceMs; passed += 500) {
      stage.pass(500);
      for (const remote of [liar, other]) remote.keepAlive();
    }
    expect([stage.machine.count, stage.store.blocks.at(-1)?.unverified]).toEqual([30, [0]]);
    expect(shared(other).map(hexOf)).toEqual([hexOf(news)]);
  });

  it.each([29, 24, 5])('at height %i that comes with a whole chain gives way to the good one', (height) => {
    const stage = holding(self, chain.slice(0, 3));
    const false_ = chain.map((block, place) => (place === height ? recut(block) : block));
    const liar = linked(stage, c, false_);
    liar.serve(false_);
    expect(stage.store.blocks[height]?.unverified).toEqual([0]);
    stage.pass(graceMs + 500);
    const honest = linked(stage, b, chain);
    let asked = answer(honest, chain, 0);
    for (let passed = 0; passed < 2_000; passed += 100) {
      stage.pass(100);
      asked = answer(honest, chain, asked);
    }
    expect(bodies(stage)).toEqual(chain.map(encodeBlock));
    expect(stage.store.blocks[height]?.unverified).toEqual([]);
    const delivered = chain.slice(0, 3).map(({ hash }) => hashHex(hash));
    for (const { delivery } of stage.of('deliver')) {
      if (delivery.kind === 'applied') delivered.push(hashHex(delivery.block.block.hash));
      if (delivery.kind === 'reverted')
        for (const { block } of delivery.blocks) expect(delivered.pop()).toBe(hexOf(block));
    }
    expect(delivered).toEqual(chain.map(({ hash }) => hashHex(hash)));
  });

  it('is neither shared nor served before its grace time is over when it came with a chain', () => {
    const stage = holding(self, chain.slice(0, 3));
    const other = linked(stage, d, chain.slice(0, 3));
    const false_ = chain.map((block, place) => (place === 27 ? recut(block) : block));
    const liar = linked(stage, c, false_);
    liar.serve(false_);
    stage.pass(500);
    expect(named(other)).toEqual([hexOf(chain[26])]);
    other.say({ kind: 'requestBlocks', start: chain[25]?.hash });
    expect(other.of('requestedBlock').map(({ block }) => hexOf(block))).toEqual([hexOf(chain[26])]);
    for (let passed = 0; passed < graceMs; passed += 500) {
      stage.pass(500);
      for (const remote of [liar, other]) remote.keepAlive();
    }
    expect(named(other).at(-1)).toBe(hexOf(chain[29]));
  });

  it('does not keep the good one away that waits for the same parent', () => {
    const stage = holding(self, chain.slice(0, 3));
    const [liar, honest] = [linked(stage, c, chain.slice(0, 3)), linked(stage, b, chain.slice(0, 3))];
    liar.say({ kind: 'shareBlock', block: recut(chain[6] as Block) });
    honest.say({ kind: 'shareBlock', block: chain[6] as Block });
    honest.serve(chain.slice(0, 6));
    liar.serve(chain.slice(0, 6));
    stage.pass(100);
    expect(bodies(stage)).toEqual(chain.slice(0, 7).map(encodeBlock));
  });
});
