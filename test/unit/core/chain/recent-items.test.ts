import { describe, expect, it } from 'vitest';
import { RecentItems } from '../../../../core/chain/recent-items.ts';
import { itemIdFrom, itemIdHex } from '../../../../core/crypto/keys.ts';
import { Seeded } from '../../../model/seeded.ts';

const seeded = new Seeded(1);
const ids = Array.from({ length: 65_540 }, () => itemIdFrom(seeded.bytes(32)));
const [one, two] = ids.slice(0, 2) as [(typeof ids)[0], (typeof ids)[0]];

describe('the items of the newest blocks', () => {
  it('are known until their last block has left', () => {
    const recent = new RecentItems(true);
    recent.add([one, two, one]);
    recent.remove([one]);
    expect([recent.has(itemIdHex(one)), recent.has(itemIdHex(two))]).toEqual([true, true]);
    recent.remove([one, two]);
    expect([recent.has(itemIdHex(one)), recent.has(itemIdHex(two))]).toEqual([false, false]);
  });

  it('are all there are, until there are more than are remembered', () => {
    const recent = new RecentItems(true);
    recent.add(ids.slice(0, 65_536));
    expect([recent.isAll, recent.has(itemIdHex(one))]).toEqual([true, true]);
    recent.add(ids.slice(65_536));
    expect([recent.isAll, recent.has(itemIdHex(one))]).toEqual([false, false]);
    expect(new RecentItems(false).isAll).toBe(false);
  });
});
