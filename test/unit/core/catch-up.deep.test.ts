import { describe, expect, it } from 'vitest';
import type { Block } from '../../../core/chain/block.ts';
import { itemIdOf } from '../../../core/chain/data.ts';
import { bytesToHex } from '../../../core/codec/bytes.ts';
import { hashHex } from '../../../core/crypto/keys.ts';
import { type Author, authors } from '../../model/author.ts';
import { holding, linked, live } from '../../model/chains-on-stage.ts';
import { Stage } from '../../model/stage.ts';

const [self, b, c, _d] = authors(4) as [Author, Author, Author, Author];
const hexOf = (block: Block | undefined) => (block === undefined ? undefined : hashHex(block.hash));
const hashes = (blocks: readonly Block[]) => blocks.map(({ hash }) => hashHex(hash));

describe('a fork far below the tip', { timeout: 60_000 }, () => {
  /** Two branches that part so many blocks below the end of ours. */
  function deepFork(deep: number, below = 60) {
    const trunk = b.chain(below);
    return {
      ours: [...trunk, ...b.chain(deep, trunk.at(-1))],
      theirs: [...trunk, ...c.chain(deep + 10, trunk.at(-1))],
    };
  }

  it.each([20, 100, 700])('of %i blocks is found and compared, and the branch with support stays', (deep) => {
    const { ours, theirs } = deepFork(deep);
    const stage = holding(self, ours);
    const remote = linked(stage, c, theirs);
    live(stage, 16_000, [[remote, theirs]]);
    expect(stage.store.hashes).toEqual(hashes(ours));
    expect(stage.store.side.map(({ hash }) => hashHex(hash)).sort()).toEqual(hashes(theirs.slice(60)).sort());
    expect(stage.of('report')).toEqual([]);
  });

  it.each([20, 100, 700])('of %i blocks is healed by who is on the other branch, batch by batch', (deep) => {
    const { ours, theirs } = deepFork(deep);
    const stage = holding(self, theirs);
    const remote = linked(stage, b, ours);
    live(stage, 16_000, [[remote, ours]]);
    expect(stage.store.hashes.slice(0, ours.length)).toEqual(hashes(ours));
    for (const { change } of stage.of('store')) expect(change.append.length).toBeLessThanOrEqual(64);
    const lost = theirs.slice(60).flatMap(({ data }) => data.map((item) => bytesToHex(itemIdOf(item))));
    const pending = [...stage.machine.pending()].map(({ id }) => bytesToHex(id));
    const written = stage.store.blocks.flatMap(({ items }) => items.map(bytesToHex));
    expect(lost.filter((id) => !pending.includes(id) && !written.includes(id))).toEqual([]);
    const audience = theirs.map(({ hash }) => hashHex(hash));
    for (const { delivery } of stage.of('deliver')) {
      if (delivery.kind === 'applied') audience.push(hashHex(delivery.block.block.hash));
      if (delivery.kind !== 'reverted') continue;
      for (const { block } of delivery.blocks) expect(audience.pop()).toBe(hashHex(block.hash));
    }
    expect(audience).toEqual(stage.store.hashes);
  });

  it('goes on after a restart in the midst of a reorganisation', () => {
    const { ours, theirs } = deepFork(300);
    const stage = holding(self, theirs);
    const remote = linked(stage, b, ours);
    const apply = stage.store.apply.bind(stage.store);
    let cuts = 0;
    stage.store.apply = (change) => {
      apply(change);
      if (change.cutTo !== undefined && ++cuts === 2) stage.answers.store = false;
    };
    live(stage, 16_000, [[remote, ours]]);
    expect(stage.store.blocks.length).toBe(theirs.length - 128);
    stage.store.apply = apply;
    const again = new Stage({ self, store: stage.store });
    again.handle({ kind: 'elapsed' });
    again.pass(1_000);
    // One block of the better branch was here when the main chain began to leave the other.
    expect(again.store.hashes).toEqual(hashes(ours.slice(0, 61)));
    expect(again.store.side.map(({ hash }) => hashHex(hash)).sort()).toEqual(hashes(theirs.slice(60)).sort());
    live(again, 16_000, [[linked(again, b, ours), ours]]);
    expect(again.store.hashes.slice(0, ours.length)).toEqual(hashes(ours));
  });

  it('too far below is told, changes nothing, and keeps nobody from writing', () => {
    const { ours, theirs } = deepFork(4_100, 4);
    const stage = holding(self, ours);
    const remote = linked(stage, c, theirs.slice(0, 20));
    live(stage, 20_000, [[remote, theirs.slice(0, 20)]]);
    expect(stage.store.blocks.length).toBe(ours.length);
    expect(stage.machine.tip).toBe(hexOf(ours.at(-1)));
    expect(stage.of('report').map(({ code }) => code)).toEqual(['too-deep-a-fork']);
    const data = self.item();
    stage.handle({ kind: 'commanded', command: { kind: 'share', data, id: itemIdOf(data) } });
    live(stage, 10_000, [[remote, theirs.slice(0, 20)]]);
    expect(stage.machine.count).toBe(ours.length + 1);
    stage.forget();
    remote.close();
    expect(stage.of('report')).toEqual([{ kind: 'report', code: 'too-deep-a-fork', message: undefined }]);
  });

  it('is not told of a neighbour that has left the branch of the block it named', () => {
    const trunk = b.chain(80);
    const stage = holding(self, trunk);
    const remote = linked(stage, c, [...trunk.slice(0, 79), c.block(trunk[78])]);
    live(stage, 10_000, [[remote, trunk]]);
    expect(stage.of('report')).toEqual([]);
  });
});
