import { describe, expect, it } from 'vitest';
import { hashHex } from '../../../../core/crypto/keys.ts';
import { Seeded } from '../../../model/seeded.ts';
import { hash, SyncBench, start } from '../../../model/sync-bench.ts';

/** What is asked from when so many blocks back. */
const back = (...blocks: readonly number[]) => blocks.map((count) => (100 + count).toString(16));

describe('a neighbour that holds what we do not', () => {
  it('is asked at once for what follows our tip', () => {
    const bench = new SyncBench();
    bench.want(1, 7);
    expect(bench.requests).toEqual([{ at: 0, link: 1, start: back(0)[0] }]);
    expect([bench.sync.isOpen(1), bench.sync.isOpen(2), bench.sync.busy(start)]).toEqual([true, false, true]);
    expect([bench.sync.wanted(1), bench.sync.target]).toEqual([hashHex(hash(7)), 50]);
  });

  it('that answers nothing is asked a second later from 1, 2, 4, 8 blocks further back, and from the oldest', () => {
    const bench = new SyncBench();
    bench.want(1, 7);
    bench.until(start + 6_500);
    expect(bench.asked).toEqual(back(0, 1, 2, 4, 8, 9));
    expect(bench.requests.map(({ at }) => at)).toEqual([0, 1_000, 2_000, 3_000, 4_000, 5_000]);
    expect(bench.givenUp).toEqual([{ link: 1, hasMoved: false }]);
  });

  it('is asked again from where the store is still looking, as soon as it has found that', () => {
    const bench = new SyncBench();
    bench.unread.add(2);
    bench.want(1, 7);
    bench.until(start + 2_450);
    expect(bench.asked).toEqual(back(0, 1));
    bench.unread.clear();
    bench.until(start + 3_000);
    expect(bench.requests.map(({ at }) => at)).toEqual([0, 1_000, 2_500]);
    expect(bench.asked).toEqual(back(0, 1, 2));
  });

  it('is asked from none at last when our chain is short', () => {
    const bench = new SyncBench(10, true);
    bench.want(1, 7);
    bench.until(start + 5_500);
    expect(bench.asked).toEqual([...back(0, 1, 2, 4, 8), undefined]);
    expect(bench.givenUp).toEqual([]);
    bench.until(start + 6_000);
    expect(bench.givenUp).toEqual([{ link: 1, hasMoved: false }]);
  });

  it('is asked from no further back than our chain goes', () => {
    const bench = new SyncBench(3, true);
    bench.want(1, 7);
    bench.until(start + 4_500);
    expect(bench.asked.slice(0, 4)).toEqual([...back(0, 1, 2), undefined]);
  });

  it('is asked from none when we hold nothing', () => {
    const bench = new SyncBench(0, true);
    bench.want(1, 7);
    bench.until(start + 500);
    expect(bench.asked).toEqual([undefined]);
  });

  it('is asked from none only, when its chain has another root', () => {
    const bench = new SyncBench();
    bench.otherRoot.add(1);
    bench.want(1, 7);
    bench.until(start + 1_500);
    expect(bench.asked).toEqual([undefined]);
    expect(bench.givenUp).toEqual([{ link: 1, hasMoved: false }]);
  });

  it('has sent what was wanted when the block is held, whoever brought it', () => {
    const bench = new SyncBench();
    bench.want(1, 7);
    bench.want(2, 7);
    bench.sync.held(hashHex(hash(8)));
    expect(bench.sync.busy(start)).toBe(true);
    bench.sync.held(hashHex(hash(7)));
    bench.event();
    expect([bench.sync.busy(start), bench.sync.deadline, bench.sync.target]).toEqual([false, undefined, undefined]);
    expect(bench.sync.isOpen(1)).toBe(false);
  });

  it('is asked again only after a rest, longer each time', () => {
    const bench = new SyncBench();
    bench.want(1, 7);
    const rests: number[] = [];
    for (let round = 0; round < 6; round++) {
      const { length } = bench.requests;
      bench.until(start + 400_000 * (round + 1));
      expect(bench.requests.length).toBeGreaterThan(length);
    }
    bench.requests.forEach(({ at }, place) => {
      const waited = at - (bench.requests[place - 1]?.at ?? at);
      if (waited > 1_000) rests.push(waited);
    });
    expect(rests.slice(0, 5)).toEqual([5, 10, 20, 40, 60].map((seconds) => 1_000 + 1_000 * seconds));
  });

  it('that names another block is asked at once, though it is resting', () => {
    const bench = new SyncBench();
    bench.want(1, 7);
    bench.until(start + 6_000);
    const { length } = bench.requests;
    bench.want(1, 8);
    expect(bench.requests).toHaveLength(length + 1);
  });
});

describe('while blocks come', () => {
  it('nothing is asked again, for 10 s after the last one that was of use', () => {
    const bench = new SyncBench();
    bench.want(1, 7);
    for (let count = 0; count < 20; count++) {
      bench.until(bench.now + 900);
      expect(bench.block(1, 'moved')).toBe(true);
    }
    const last = bench.now;
    bench.until(last + 9_999);
    expect(bench.requests).toHaveLength(1);
    bench.until(last + 10_000);
    expect(bench.asked).toEqual(back(0, 0));
    expect(bench.givenUp).toEqual([]);
  });

  it('nobody else is asked, or a peer that joins would be sent the chain by everybody', () => {
    const bench = new SyncBench();
    for (const link of [1, 2, 3]) bench.want(link, 7);
    for (let count = 0; count < 10; count++) {
      bench.until(bench.now + 900);
      bench.block(1, 'moved');
    }
    expect(bench.requests.map(({ link }) => link)).toEqual([1]);
    bench.until(bench.now + 1_499);
    expect(bench.requests).toHaveLength(1);
    bench.until(bench.now + 1);
    expect(bench.requests.map(({ link }) => link)).toEqual([1, 2]);
  });

  it('three are asked at one time at most, and all in turn', () => {
    const bench = new SyncBench();
    for (let link = 1; link <= 6; link++) bench.want(link, 10 + link);
    bench.until(start + 4_600);
    expect(new Set(bench.requests.map(({ link }) => link))).toEqual(new Set([1, 2, 3]));
    bench.until(start + 15_000);
    expect(new Set(bench.requests.map(({ link }) => link))).toEqual(new Set([1, 2, 3, 4, 5, 6]));
  });

  it('that were not asked for count for nothing', () => {
    const bench = new SyncBench();
    expect(bench.block(1, 'new')).toBe(false);
    bench.want(1, 7);
    expect(bench.block(2, 'new')).toBe(false);
    bench.sync.ended(1);
    expect(bench.block(1, 'new')).toBe(false);
  });

  it('whose checks are under way, the request is not over', () => {
    const bench = new SyncBench();
    bench.want(1, 7);
    bench.block(1, 'new');
    bench.checking.add(1);
    bench.until(start + 5_000);
    expect(bench.requests).toHaveLength(1);
    bench.checking.delete(1);
    bench.block(1, 'moved');
    bench.until(bench.now + 9_000);
    expect(bench.requests).toHaveLength(1);
  });

  it('that we hold already, the neighbour has left the branch of the block that it named', () => {
    const bench = new SyncBench();
    bench.want(1, 7);
    bench.until(start + 1_000);
    bench.block(1, 'held');
    bench.until(start + 3_000);
    expect(bench.givenUp).toEqual([{ link: 1, hasMoved: true }]);
    expect([bench.sync.deadline, bench.sync.busy(bench.now)]).toEqual([undefined, false]);
  });

  it('and the neighbour names a newer one, the rest of the old is not waited for', () => {
    const bench = new SyncBench();
    bench.want(1, 7);
    bench.block(1, 'moved');
    bench.want(1, 8);
    expect(bench.requests).toHaveLength(1);
    bench.until(start + 1_000);
    expect(bench.asked).toEqual(back(0, 0));
  });
});

describe('a request that becomes slow', () => {
  it('wakes us then, for others may be asked, and blocks written', () => {
    const bench = new SyncBench();
    bench.want(1, 7);
    bench.until(start + 500);
    bench.block(1, 'moved');
    expect(bench.sync.deadline).toBe(start + 2_000);
    bench.until(start + 1_999);
    expect(bench.sync.busy(bench.now)).toBe(true);
    bench.until(start + 2_000);
    expect(bench.sync.busy(bench.now)).toBe(false);
    expect(bench.sync.deadline).toBe(start + 10_500);
  });
});

describe('a neighbour that lies', () => {
  it('keeps nobody from writing for longer than 1.5 s at a time, and in the end not at all', () => {
    const bench = new SyncBench();
    const busy: number[] = [];
    for (let name = 0; name < 30; name++) {
      bench.want(1, 200 + name);
      for (let step = 0; step < 20; step++) {
        bench.until(bench.now + 100);
        if (bench.sync.busy(bench.now)) busy.push(bench.now - start);
      }
    }
    expect(Math.max(...busy)).toBeLessThan(20_000);
    bench.want(1, 250);
    expect(bench.sync.busy(bench.now)).toBe(false);
  });

  it('does not do so by many links that come and go either', () => {
    const bench = new SyncBench();
    let busyMs = 0;
    for (let link = 1; link <= 50; link++) {
      bench.want(link, 200);
      for (let step = 0; step < 10; step++) {
        bench.until(bench.now + 100);
        if (bench.sync.busy(bench.now)) busyMs += 100;
      }
      bench.sync.ended(link);
      bench.event();
    }
    expect(busyMs).toBeLessThan(10_000);
  });

  it('is trusted again once blocks come that move the chain', () => {
    const bench = new SyncBench();
    for (let link = 1; link <= 10; link++) {
      bench.want(link, 200);
      bench.until(bench.now + 500);
      bench.sync.ended(link);
    }
    bench.want(20, 7);
    expect(bench.sync.busy(bench.now)).toBe(false);
    bench.block(20, 'moved');
    expect(bench.sync.busy(bench.now)).toBe(true);
    bench.sync.held(hashHex(hash(7)));
    bench.want(21, 8);
    expect(bench.sync.busy(bench.now)).toBe(true);
  });

  it('does not hold its request open by blocks that are of no use', () => {
    const bench = new SyncBench();
    bench.want(1, 7);
    const opened = bench.now;
    while (bench.requests.length === 1 && bench.now < opened + 60_000) {
      bench.until(bench.now + 100);
      bench.block(1, 'new');
    }
    expect(bench.now - opened).toBeLessThanOrEqual(10_100);
  });

  it('cannot do so while they are under check either, and does not wake us without end', () => {
    const bench = new SyncBench();
    bench.want(1, 7);
    bench.checking.add(1);
    bench.until(start + 120_000);
    expect(bench.requests[1]?.at).toBe(10_000);
  });

  it('and sent a block that is none is left alone for a minute, whatever it names', () => {
    const bench = new SyncBench();
    bench.want(1, 7);
    bench.sync.useless(1, bench.now);
    bench.event();
    bench.want(1, 8);
    expect([bench.sync.isOpen(1), bench.requests.length]).toEqual([false, 1]);
    bench.until(start + 59_999);
    expect(bench.requests).toHaveLength(1);
    bench.until(start + 60_000);
    expect(bench.requests).toHaveLength(2);
  });
});

describe('what is refused', () => {
  it('is looked at again only then, even if another block is named', () => {
    const bench = new SyncBench();
    bench.want(1, 7);
    bench.sync.refuse(1, start + 5_000);
    bench.sync.refuse(2, start + 5_000);
    bench.event();
    bench.want(1, 8);
    expect([bench.requests.length, bench.sync.busy(start), bench.sync.target]).toEqual([1, false, undefined]);
    bench.until(start + 5_000);
    expect(bench.requests).toHaveLength(2);
  });

  it('is asked for anew when our root is another', () => {
    const bench = new SyncBench();
    bench.want(1, 7);
    bench.sync.refuse(1, start + 5_000);
    bench.sync.rootChanged();
    bench.event();
    expect(bench.requests).toHaveLength(2);
  });
});

describe('whatever happens', () => {
  it('it wakes later than it was woken, and ends with nothing wanted when all is held', () => {
    const seeded = new Seeded(6);
    for (let round = 0; round < 200; round++) {
      const bench = seeded.chance(0.5) ? new SyncBench() : new SyncBench(seeded.below(12), true);
      for (let step = 0; step < 60; step++) {
        const link = 1 + seeded.below(4);
        const action = seeded.below(9);
        if (action < 2) bench.want(link, 1 + seeded.below(6), seeded.below(100));
        else if (action < 5) bench.block(link, seeded.pick(['held', 'new', 'side', 'moved'] as const));
        else if (action === 5) bench.sync.held(hashHex(hash(1 + seeded.below(6))));
        else if (action === 6) bench.sync.ended(link);
        else if (action === 7) bench.sync.refuse(link, bench.now + seeded.below(9_000));
        else if (seeded.chance(0.5)) bench.checking.add(link);
        else bench.checking.delete(link);
        bench.event();
        bench.until(bench.now + seeded.below(3_000));
      }
      for (let target = 1; target <= 6; target++) bench.sync.held(hashHex(hash(target)));
      bench.event();
      expect([bench.sync.deadline, bench.sync.target, bench.sync.busy(bench.now)]).toEqual([
        undefined,
        undefined,
        false,
      ]);
    }
  });
});
