import { describe, expect, it } from 'vitest';
import { itemIdOf } from '../../../core/chain/data.ts';
import type { BlockView, Item, Progress, Receipt } from '../../../core/face.ts';
import { Receipts } from '../../../core/receipts.ts';
import { blockView, pendingItemView } from '../../../core/views.ts';
import { Author, candidateOf } from '../../model/author.ts';

const [a, b, c, d, stranger] = [1, 2, 3, 4, 5].map((seed) => new Author(seed)) as [
  Author,
  Author,
  Author,
  Author,
  Author,
];

/** Receipts of a peer at whose every block all but the stranger are established. */
function made() {
  const crashes: unknown[] = [];
  const established = new Set([a, b, c, d].map(({ holder }) => holder));
  const receipts = new Receipts(
    () => established,
    (error) => crashes.push(error),
  );
  return { receipts, crashes };
}

function item(text = 'an item'): Item {
  const data = a.item(text);
  return pendingItemView({ id: itemIdOf(data), data });
}

let heights = 0;
/** A block that holds these items. */
function blockWith(items: readonly Item[], height = heights++, author = a): BlockView {
  const view = blockView({ height, ...candidateOf(author.block(undefined)) });
  return { ...view, items };
}

describe('a receipt', () => {
  it('is pending at first, then included, and tells so', async () => {
    const { receipts } = made();
    const shared = item();
    const receipt = receipts.issue(shared);
    const steps: Progress[] = [];
    receipt.onProgress((progress) => steps.push(progress));
    expect(receipt.item).toBe(shared);
    expect(receipt.progress).toEqual({ level: 'pending', waitingFor: undefined });
    const block = blockWith([item(), shared], 7);
    receipts.applied(block);
    const included = { level: 'included', height: 7, block: block.hash };
    expect([receipt.progress, steps]).toEqual([included, [included]]);
    expect(await receipt.included).toEqual({ height: 7, block: block.hash });
  });

  it('tells what it waits for, when that changes', () => {
    const { receipts } = made();
    const receipt = receipts.issue(item());
    const steps: Progress[] = [];
    receipt.onProgress((progress) => steps.push(progress));
    receipts.waiting('a second peer');
    receipts.waiting('a second peer');
    receipts.waiting(undefined);
    expect(steps.map((step) => step.level === 'pending' && step.waitingFor)).toEqual(['a second peer', undefined]);
    receipts.waiting('a second peer');
    expect(receipts.issue(item()).progress).toEqual({ level: 'pending', waitingFor: 'a second peer' });
  });

  it('tells nobody who has asked to hear no more', () => {
    const { receipts } = made();
    const receipt = receipts.issue(item());
    const steps: Progress[] = [];
    const end = receipt.onProgress((progress) => steps.push(progress));
    end();
    receipts.waiting('a second peer');
    expect(steps).toEqual([]);
  });

  it('is told of by every listener although one of them throws', () => {
    const { receipts, crashes } = made();
    const shared = item();
    const receipt = receipts.issue(shared);
    const steps: Progress[] = [];
    receipt.onProgress(() => {
      throw new Error('the application failed');
    });
    receipt.onProgress((progress) => steps.push(progress));
    expect(() => receipts.applied(blockWith([shared]))).not.toThrow();
    expect([steps.length, crashes.length]).toEqual([1, 1]);
  });
});

describe('a reorganisation', () => {
  it('leads back to pending and on to another block, and the promise keeps its first answer', async () => {
    const { receipts } = made();
    const shared = item();
    const receipt = receipts.issue(shared);
    const levels: string[] = [];
    receipt.onProgress(({ level }) => levels.push(level));
    const [left, next] = [blockWith([shared], 3), blockWith([shared], 4)];
    receipts.applied(left);
    receipts.reverted([left]);
    expect(receipt.progress).toEqual({
      level: 'pending',
      waitingFor: undefined,
      gaveWay: { height: 3, block: left.hash },
    });
    receipts.reverted([left]);
    receipts.applied(next);
    expect(levels).toEqual(['included', 'pending', 'included']);
    expect(receipt.progress).toEqual({ level: 'included', height: 4, block: next.hash });
    expect(await receipt.included).toEqual({ height: 3, block: left.hash });
  });

  it('of a block that only repeats the item changes nothing', () => {
    const { receipts } = made();
    const shared = item();
    const receipt = receipts.issue(shared);
    const [first, repeat] = [blockWith([shared], 3), blockWith([shared], 4)];
    receipts.applied(first);
    receipts.applied(repeat);
    expect(receipt.progress).toMatchObject({ height: 3 });
    receipts.reverted([repeat]);
    expect(receipt.progress).toMatchObject({ level: 'included', height: 3 });
  });

  it('is told to the newest 1,024 included ones', () => {
    const { receipts } = made();
    const shared = Array.from({ length: 1_025 }, (_, count) => item(`${count}`));
    const issued = shared.map((one) => receipts.issue(one));
    const block = blockWith(shared);
    receipts.applied(block);
    receipts.reverted([block]);
    const levels = issued.map(({ progress }) => progress.level);
    expect(levels.indexOf('pending')).toBe(1);
    expect(levels.filter((level) => level === 'pending')).toHaveLength(1_024);
  });
});

describe('blocks on top', () => {
  it('confirm by as many keys as have written them, not by the block’s own author, nor by keys nobody knew before', () => {
    const { receipts } = made();
    const shared = item();
    const receipt = receipts.issue(shared);
    const place = blockWith([shared], 3, a);
    receipts.applied(place);
    const at = { height: 3, block: place.hash };
    const authors = [a, stranger, b, b, a, c, stranger, d];
    const steps = authors.map((author, onTop) => {
      receipts.applied(blockWith([], 4 + onTop, author));
      return receipt.progress;
    });
    expect(steps).toEqual([
      { level: 'included', ...at },
      { level: 'included', ...at },
      { level: 'confirmed', ...at, depth: 3, authors: 1 },
      { level: 'confirmed', ...at, depth: 4, authors: 1 },
      { level: 'confirmed', ...at, depth: 5, authors: 1 },
      { level: 'confirmed', ...at, depth: 6, authors: 2 },
      { level: 'confirmed', ...at, depth: 7, authors: 2 },
      { level: 'confirmed', ...at, depth: 8, authors: 3 },
    ]);
  });

  it('that leave take back what they confirmed, and say so once', () => {
    const { receipts } = made();
    const shared = item();
    const receipt = receipts.issue(shared);
    const [place, ...onTop] = [a, b, c, d].map((author, above) =>
      blockWith(above === 0 ? [shared] : [], 3 + above, author),
    ) as [BlockView, BlockView, BlockView, BlockView];
    for (const block of [place, ...onTop]) receipts.applied(block);
    const steps: Progress[] = [];
    receipt.onProgress((progress) => steps.push(progress));
    receipts.reverted(onTop.slice(1).reverse());
    receipts.reverted(onTop.slice(0, 1));
    const at = { height: 3, block: place.hash };
    expect(steps).toEqual([
      { level: 'confirmed', ...at, depth: 1, authors: 1 },
      { level: 'included', ...at },
    ]);
  });

  it('are counted up to 64, and those past them change nothing, neither coming nor leaving', () => {
    const { receipts } = made();
    const shared = item();
    const receipt = receipts.issue(shared);
    receipts.applied(blockWith([shared], 0, a));
    const onTop = Array.from({ length: 70 }, (_, place) => blockWith([], place + 1, b));
    for (const block of onTop) receipts.applied(block);
    expect(receipt.progress).toMatchObject({ level: 'confirmed', depth: 64 });
    const steps: Progress[] = [];
    receipt.onProgress((progress) => steps.push(progress));
    receipts.reverted(onTop.slice(64).reverse());
    expect(steps).toEqual([]);
    receipts.reverted(onTop.slice(63, 64));
    expect(steps).toMatchObject([{ depth: 63 }]);
  });

  it('count as one when both parities of one key have written them', () => {
    const { receipts } = made();
    const shared = item();
    const receipt = receipts.issue(shared);
    receipts.applied(blockWith([shared], 3, a));
    const block = blockWith([], 4, b);
    receipts.applied(block);
    const other = `0${block.author[1] === '2' ? 3 : 2}${block.author.slice(2)}` as BlockView['author'];
    receipts.applied({ ...blockWith([], 5, b), author: other });
    expect(receipt.progress).toMatchObject({ depth: 2, authors: 1 });
  });
});

describe('promises of the next candidates', () => {
  it('are a level of their own, with what confirms besides, and are gone with the block', () => {
    const { receipts } = made();
    const shared = item();
    const receipt = receipts.issue(shared);
    const block = blockWith([shared], 3);
    receipts.applied(block);
    receipts.acknowledged(block.hash, 1, 3);
    receipts.acknowledged(block.hash, 2, 3);
    const at = { height: 3, block: block.hash };
    expect(receipt.progress).toEqual({ level: 'acknowledged', ...at, depth: 0, authors: 0, by: 2, of: 3 });
    receipts.applied(blockWith([], 4, b));
    expect(receipt.progress).toMatchObject({ level: 'acknowledged', depth: 1, authors: 1, by: 2 });
    receipts.reverted([block]);
    expect(receipt.progress.level).toBe('pending');
    receipts.applied(block);
    expect(receipt.progress).toEqual({ level: 'included', ...at });
  });

  it('that are taken back leave what is below', () => {
    const { receipts } = made();
    const shared = item();
    const receipt = receipts.issue(shared);
    const block = blockWith([shared], 3);
    receipts.applied(block);
    receipts.acknowledged(block.hash, 2, 3);
    receipts.acknowledged(block.hash, 0, 3);
    expect(receipt.progress.level).toBe('included');
  });

  it('for a block that holds nothing of ours are passed over', () => {
    const { receipts } = made();
    const receipt = receipts.issue(item());
    receipts.acknowledged(blockWith([]).hash, 2, 3);
    expect(receipt.progress.level).toBe('pending');
  });
});

describe('what a committee has settled', () => {
  it('is final up to its height, and only so', () => {
    const { receipts } = made();
    const shared = [item('low'), item('high')] as const;
    const [low, high] = shared.map((one) => receipts.issue(one)) as [Receipt, Receipt];
    const block = blockWith([shared[0]], 3);
    receipts.applied(block);
    receipts.applied(blockWith([shared[1]], 4));
    receipts.settled(3);
    expect(low.progress).toEqual({ level: 'final', height: 3, block: block.hash });
    expect(high.progress.level).toBe('included');
  });
});

describe('what is followed', () => {
  it('is found by the item’s id until it is followed no more', () => {
    const { receipts } = made();
    const shared = Array.from({ length: 1_025 }, (_, count) => item(`${count}`));
    for (const one of shared) receipts.issue(one);
    const [first, second] = shared as [Item, Item];
    expect(receipts.progressOf(first.id)?.level).toBe('pending');
    receipts.applied(blockWith(shared));
    expect([first, second].map(({ id }) => receipts.progressOf(id)?.level)).toEqual([undefined, 'included']);
    expect(receipts.progressOf(item('never shared').id)).toBeUndefined();
  });

  it('are own items in the blocks that are there when the peer opens, and not those of others or what is not verified', () => {
    const { receipts } = made();
    const [mine, forged] = [item('mine'), { ...item('forged'), verified: false }];
    const other = { ...item('another’s'), author: b.hex };
    receipts.found([blockWith([forged, mine, other], 3), blockWith([], 4, b)], a.hex);
    const levels = [mine, forged, other].map(({ id }) => receipts.progressOf(id)?.level);
    expect(levels).toEqual(['confirmed', undefined, undefined]);
  });

  it('is one thing for two receipts of one item', async () => {
    const { receipts } = made();
    const shared = item();
    const both = [receipts.issue(shared), receipts.issue(shared)];
    receipts.applied(blockWith([shared], 3));
    for (const receipt of both) await expect(receipt.included).resolves.toMatchObject({ height: 3 });
  });

  it('are at most 65,536 that wait, and the oldest is told that it is not', async () => {
    const { receipts } = made();
    const kind = item();
    const first = receipts.issue({ ...kind, id: 'first' as Item['id'] });
    for (let count = 0; count < 65_535; count++) receipts.issue({ ...kind, id: `${count}` as Item['id'] });
    expect(receipts.progressOf(first.item.id)).toBeDefined();
    receipts.issue({ ...kind, id: 'one more' as Item['id'] });
    expect(receipts.progressOf(first.item.id)).toBeUndefined();
    await expect(first.included).rejects.toMatchObject({ name: 'PeerError', code: 'not-followed' });
  });
});

describe('when the peer closes', () => {
  it('what is pending is refused, what is included stays so', async () => {
    const { receipts } = made();
    const [done, open] = [item('done'), item('open')];
    const [first, second] = [receipts.issue(done), receipts.issue(open)];
    receipts.applied(blockWith([done]));
    receipts.close();
    await expect(second.included).rejects.toMatchObject({ name: 'PeerError', code: 'closed' });
    await expect(first.included).resolves.toBeDefined();
    receipts.applied(blockWith([open]));
    expect(second.progress.level).toBe('pending');
  });
});
