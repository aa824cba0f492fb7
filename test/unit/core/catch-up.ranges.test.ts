import { describe, expect, it } from 'vitest';
import { encodeBlock } from '../../../core/chain/block.ts';
import { hashHex } from '../../../core/crypto/keys.ts';
import { allowance } from '../../../core/network/account.ts';
import { extensionSaying } from '../../../core/wire/carrier.ts';
import { rangeEnds } from '../../../core/wire/holdings.ts';
import { type Author, authors } from '../../model/author.ts';
import { extensions } from '../../model/extensions.ts';
import { type Remote, Stage } from '../../model/stage.ts';

const [self, b] = authors(2) as [Author, Author];
const chain = b.chain(3);
const bytes = chain.map(encodeBlock);

function asking(): { readonly stage: Stage; readonly remote: Remote; readonly request: number } {
  const stage = new Stage({ self });
  const remote = stage.join(b, { root: chain[0]?.hash, last: chain[2]?.hash, count: 3n });
  remote.keepAlive();
  return { stage, remote, request: remote.asked[0]?.request ?? -1 };
}

function answer(remote: Remote, request: number, blocks: readonly Uint8Array[], end: number = rangeEnds.last): void {
  remote.say(extensionSaying({ kind: 'blocks', request, end, blocks }));
}

describe('blocks in answer to a locator', () => {
  it('are checked and taken like others', () => {
    const { stage, remote, request } = asking();
    answer(remote, request, bytes.slice(0, 2), rangeEnds.more);
    answer(remote, request, bytes.slice(2));
    expect([stage.machine.count, stage.machine.tip]).toEqual([
      3,
      hashHex(chain[2]?.hash ?? self.block(undefined).hash),
    ]);
  });

  it.each([
    ['to another question', 1],
    ['to none', undefined],
  ])('%s are passed over', (_, off) => {
    const { stage, remote, request } = asking();
    if (off === undefined) answer(remote, request, bytes);
    answer(remote, request + (off ?? 0), off === undefined ? b.chain(3).map(encodeBlock) : bytes);
    expect([stage.machine.count, stage.machine.links.length]).toEqual([off === undefined ? 3 : 0, 1]);
  });

  it('that are none end the link', () => {
    const { stage, remote, request } = asking();
    answer(remote, request, [bytes[0] ?? new Uint8Array(), new Uint8Array(50)]);
    expect([stage.machine.links, remote.closedBecause]).toEqual([[], expect.stringContaining('bad-extension')]);
  });

  it('are asked for as of a reference peer when none come', () => {
    const { stage, remote } = asking();
    expect(remote.of('requestBlocks')).toEqual([]);
    stage.pass(1_000);
    expect(remote.of('requestBlocks')).toHaveLength(1);
    for (const block of chain) remote.say({ kind: 'requestedBlock', block });
    expect(stage.machine.count).toBe(3);
  });

  it.each([
    ['cost their sender nothing', 0, 1],
    ['cost it when they were not asked for', 1, 0],
  ])('%s', (_, off, pongs) => {
    const { remote, request } = asking();
    for (let sent = 0; sent <= allowance.messages; sent++) answer(remote, request + off, [], rangeEnds.more);
    remote.say(extensionSaying({ kind: 'ping', nonce: 3n }));
    expect(extensions(remote, 'pong')).toHaveLength(pongs);
  });
});
