import { describe, expect, it } from 'vitest';
import { type Block, encodeBlock } from '../../../../core/chain/block.ts';
import { bytesToHex } from '../../../../core/codec/bytes.ts';
import type { Hash } from '../../../../core/crypto/keys.ts';
import { extensionSaying } from '../../../../core/wire/carrier.ts';
import { batchedBlockBytes, filledBytes, rangeEnds } from '../../../../core/wire/holdings.ts';
import { Author } from '../../../model/author.ts';
import { extensions } from '../../../model/extensions.ts';
import { SlowStore } from '../../../model/slow-store.ts';
import { type Remote, Stage, storedBlocks } from '../../../model/stage.ts';

const [a, b] = [new Author(2), new Author(3)];
const hex = (blocks: readonly Block[]) => blocks.map((block) => bytesToHex(encodeBlock(block)));

/** A neighbour of ours of a peer that holds this chain. */
function neighbourOf(chain: readonly Block[]): { readonly stage: Stage; readonly remote: Remote } {
  const store = new SlowStore();
  store.blocks = storedBlocks(chain);
  const stage = new Stage({ store });
  const remote = stage.join(b, { root: chain[0]?.hash, last: chain.at(-1)?.hash, count: BigInt(chain.length) });
  return { stage, remote };
}

function ask(remote: Remote, locator: readonly (Hash | undefined)[], request = 5): void {
  const named = locator.filter((hash) => hash !== undefined);
  remote.say(extensionSaying({ kind: 'blocksWanted', request, locator: named }));
}

const batches = (remote: Remote) => extensions(remote, 'blocks');
const got = (remote: Remote) => batches(remote).flatMap(({ blocks }) => blocks.map(bytesToHex));
const ends = (remote: Remote) => batches(remote).map(({ end }) => end);

describe('one of ours that asks by a locator', () => {
  const chain = a.chain(300);
  const other = b.chain(3);

  it.each([
    ['all, when it names nothing', [], 0],
    ['what follows one that only the store holds', [chain[137]?.hash], 138],
    ['what follows one that is held in memory', [chain[295]?.hash], 296],
    [
      'what follows the newest that is on our chain',
      [other[2]?.hash, other[1]?.hash, chain[200]?.hash, chain[100]?.hash],
      201,
    ],
  ])('is sent %s, in batches, and told which is the last', (_, locator, from) => {
    const { remote } = neighbourOf(chain);
    ask(remote, locator);
    expect(got(remote)).toEqual(hex(chain.slice(from)));
    const [last, ...before] = ends(remote).reverse();
    expect(last).toBe(rangeEnds.last);
    expect(new Set(before)).toEqual(new Set(before.length === 0 ? [] : [rangeEnds.more]));
    expect(batches(remote).every(({ request }) => request === 5)).toBe(true);
    const sizes = batches(remote).map(({ blocks }) => blocks.reduce((sum, { length }) => sum + length, 0));
    expect(Math.max(...sizes)).toBeLessThan(filledBytes + 1_000);
    expect(batches(remote).length).toBeLessThan((300 - from) / 10 + 2);
  });

  it('is told that there is nothing more, and that nothing is shared', () => {
    const { remote } = neighbourOf(chain);
    ask(remote, [chain[299]?.hash]);
    ask(
      remote,
      other.map(({ hash }) => hash),
      6,
    );
    expect(batches(remote)).toEqual([
      { kind: 'blocks', request: 5, end: rangeEnds.last, blocks: [] },
      { kind: 'blocks', request: 6, end: rangeEnds.nothingShared, blocks: [] },
    ]);
  });

  it('is sent a block that is too large for a batch alone, in its place', () => {
    const sizes = [0, batchedBlockBytes, 0, 1_000, 200_000];
    const large: Block[] = [];
    for (const size of sizes) large.push(a.block(large.at(-1), [a.key], [a.item('', size)]));
    const { remote } = neighbourOf(large);
    ask(remote, []);
    const order = remote.heard.flatMap((message) => {
      if (message.kind === 'requestedBlock') return ['alone'];
      return message.kind === 'requestNeighbours' && message.count === 0 ? ['batch'] : [];
    });
    expect(order.filter((kind) => kind === 'alone')).toHaveLength(1);
    expect(order.indexOf('alone')).toBeGreaterThan(0);
    expect(hex(remote.of('requestedBlock').map(({ block }) => block))).toEqual(hex(large.slice(1, 2)));
    expect(got(remote)).toEqual(hex([...large.slice(0, 1), ...large.slice(2)]));
    expect(ends(remote).at(-1)).toBe(rangeEnds.last);
  });

  it('is sent no more than its link takes', () => {
    const large = [a.block(undefined)];
    for (let count = 0; count < 40; count++) large.push(a.block(large.at(-1), [a.key], [a.item('', 100_000)]));
    const { stage, remote } = neighbourOf(large);
    remote.drains = false;
    ask(remote, []);
    stage.pass(1_000);
    expect(got(remote).length).toBeLessThan(10);
    remote.drains = true;
    remote.drain(10_000_000);
    expect(got(remote)).toEqual(hex(large));
  });

  it('is answered anew when it asks again, in either way', () => {
    const { remote } = neighbourOf(chain);
    remote.drains = false;
    ask(remote, [chain[10]?.hash]);
    ask(remote, [chain[297]?.hash], 6);
    remote.drains = true;
    remote.drain(10_000_000);
    expect(batches(remote).at(-1)).toMatchObject({ request: 6, end: rangeEnds.last });
    remote.say({ kind: 'requestBlocks', start: chain[298]?.hash });
    expect(hex(remote.of('requestedBlock').map(({ block }) => block))).toEqual(hex(chain.slice(299)));
  });
});
