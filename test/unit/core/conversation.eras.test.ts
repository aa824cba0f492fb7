import { describe, expect, it } from 'vitest';
import type { Block } from '../../../core/chain/block.ts';
import type { Data } from '../../../core/chain/data.ts';
import { itemIdOf } from '../../../core/chain/data.ts';
import { bytesToHex } from '../../../core/codec/bytes.ts';
import { hashHex } from '../../../core/crypto/keys.ts';
import type { DialectName } from '../../../core/wire/dialect.ts';
import { wireVersion } from '../../../core/wire/messages.ts';
import { type Author, authors } from '../../model/author.ts';
import { SlowStore } from '../../model/slow-store.ts';
import { type Remote, Stage, storedBlocks } from '../../model/stage.ts';

/** Ours is the largest key, so that it forces nothing while these tests look on. */
const [a, b, c, d, self] = authors(5) as [Author, Author, Author, Author, Author];
const reference = { version: { ...wireVersion, target: '', branch: '', commit: '' } };
/** An item may be held back for a moment by whoever passes it on; crossing takes 4 s. */
const momentMs = 200;
const crossingMs = 4_000;

function holding(...chain: readonly Block[]): Stage {
  const store = new SlowStore();
  store.blocks = storedBlocks(chain);
  return new Stage({ self, store });
}

/** A reference peer of the same chain whose first frame has come. */
function linked(stage: Stage, author: Author, dialect: DialectName): Remote {
  const held = stage.store.blocks;
  const greeting = { root: held[0]?.hash, last: held.at(-1)?.hash, count: BigInt(held.length) };
  const remote = stage.join(author, { ...reference, ...greeting }, { carrier: 'tcp', dialect });
  if (dialect === 'cbc') remote.keepAlive(5);
  else remote.say({ kind: 'requestNeighbours', count: 0, exclude: [] });
  return remote;
}

function share(stage: Stage, data: Data): void {
  stage.handle({ kind: 'commanded', command: { kind: 'share', data, id: itemIdOf(data) } });
}

const hears = (remote: Remote, { sign }: Data) =>
  remote.of('shareData').filter((message) => bytesToHex(message.data.sign) === bytesToHex(sign)).length;

describe('an item between the eras, while there is no block', () => {
  it.each<[DialectName, DialectName]>([
    ['cbc', 'gcm-siv'],
    ['gcm-siv', 'cbc'],
  ])('that came from %s is passed on there, and in %s only after 4 s', (from, into) => {
    const stage = holding();
    const [source, near, far] = [linked(stage, a, from), linked(stage, b, from), linked(stage, c, into)];
    const item = d.item();
    source.say({ kind: 'shareData', data: item });
    stage.pass(momentMs);
    const late = linked(stage, d, into);
    stage.pass(crossingMs - momentMs - 1);
    expect([source, near, far, late].map((remote) => hears(remote, item))).toEqual([0, 1, 0, 0]);
    stage.pass(1);
    expect([source, near, far, late].map((remote) => hears(remote, item))).toEqual([0, 1, 1, 1]);
    stage.pass(3 * crossingMs);
    expect([source, near, far, late].map((remote) => hears(remote, item))).toEqual([0, 1, 1, 1]);
  });

  it('that is our own begins where cbc is spoken', () => {
    const stage = holding();
    const [cbc, gcmSiv] = [linked(stage, a, 'cbc'), linked(stage, b, 'gcm-siv')];
    const item = self.item();
    share(stage, item);
    stage.pass(crossingMs - 1);
    expect([hears(cbc, item), hears(gcmSiv, item)]).toEqual([1, 0]);
    stage.pass(1);
    expect([hears(cbc, item), hears(gcmSiv, item)]).toEqual([1, 1]);
  });

  it('does not cross at all when a block has taken it meanwhile, for that crosses at once', () => {
    const stage = holding();
    const [near, far] = [linked(stage, a, 'gcm-siv'), linked(stage, b, 'cbc')];
    const item = d.item();
    near.say({ kind: 'shareData', data: item });
    stage.pass(1_000);
    const block = a.block(undefined, [a.key], [item]);
    near.say({ kind: 'shareBlock', block });
    expect(far.of('shareBlock').map((message) => hashHex(message.block.hash))).toEqual([hashHex(block.hash)]);
    stage.pass(2 * crossingMs);
    expect(hears(far, item)).toBe(0);
  });
});

describe('an item between the dialects, when no reference peer of the older era was heard', () => {
  it('is said to all at once', () => {
    const stage = holding();
    const near = linked(stage, a, 'gcm-siv');
    const ours = stage.join(b);
    ours.keepAlive();
    const item = d.item();
    near.say({ kind: 'shareData', data: item });
    stage.pass(momentMs);
    expect(hears(ours, item)).toBe(1);
  });
});

describe('an item between the eras, when there is a block', () => {
  const heardSoon = (named: Author) => {
    const stage = holding(d.block(undefined, [named.key]));
    const [cbc, gcmSiv] = [linked(stage, a, 'cbc'), linked(stage, b, 'gcm-siv')];
    const item = c.item();
    cbc.say({ kind: 'shareData', data: item });
    stage.pass(momentMs);
    return hears(gcmSiv, item);
  };

  it('crosses at once while all that may write can be seen by both', () => {
    expect(heardSoon(a)).toBe(1);
  });

  it('waits while one may write whom one era cannot see', () => {
    expect(heardSoon(b)).toBe(0);
  });
});
