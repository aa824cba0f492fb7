import { describe, expect, it } from 'vitest';
import { itemIdOf } from '../../../core/chain/data.ts';
import type { BlockView, Item, Progress } from '../../../core/face.ts';
import { Receipts } from '../../../core/receipts.ts';
import { blockView, pendingItemView } from '../../../core/views.ts';
import { Author, candidateOf } from '../../model/author.ts';

const a = new Author(1);

function made() {
  const crashes: unknown[] = [];
  const receipts = new Receipts((error) => crashes.push(error));
  return { receipts, crashes };
}

function item(text = 'an item'): Item {
  const data = a.item(text);
  return pendingItemView({ id: itemIdOf(data), data });
}

let heights = 0;
/** A block that holds these items. */
function blockWith(items: readonly Item[], height = heights++): BlockView {
  const view = blockView({ height, ...candidateOf(a.block(undefined)) });
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
    receipts.reverted(left);
    expect(receipt.progress.level).toBe('pending');
    receipts.reverted(left);
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
    receipts.reverted(repeat);
    expect(receipt.progress).toMatchObject({ level: 'included', height: 3 });
  });

  it('is told to the newest 1,024 included ones', () => {
    const { receipts } = made();
    const shared = Array.from({ length: 1_025 }, (_, count) => item(`${count}`));
    const issued = shared.map((one) => receipts.issue(one));
    const block = blockWith(shared);
    receipts.applied(block);
    receipts.reverted(block);
    const levels = issued.map(({ progress }) => progress.level);
    expect(levels.indexOf('pending')).toBe(1);
    expect(levels.filter((level) => level === 'pending')).toHaveLength(1_024);
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
