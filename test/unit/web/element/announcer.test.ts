import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Announcer } from '../../../../web/element/announcer.ts';
import { FakePeer, itemOf } from '../../../browser/element/stage/fake-peer.ts';

const peer = new FakePeer('main');
let said: string[];
let announcer: Announcer;

beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  announcer = new Announcer((sentence) => said.push(sentence));
});

afterEach(() => {
  vi.useRealTimers();
});

it('a first block is announced at once', () => {
  const { height } = announce(2);
  expect(said).toEqual([`Block ${height}, 2 items.`]);
});

it('blocks that follow closely are summed up after a pause', () => {
  announce(1);
  announce(1);
  const { height } = announce(3);
  expect(said).toHaveLength(1);
  vi.advanceTimersByTime(5_000);
  expect(said.slice(1)).toEqual([`2 new blocks. The newest, ${height}, 3 items.`]);
});

it('a pause in which nothing came ends in silence, and the next block is announced at once', () => {
  announce(1);
  vi.advanceTimersByTime(5_000);
  expect(said).toHaveLength(1);
  announce(1);
  expect(said).toHaveLength(2);
});

it('blocks that gave way are announced at once, and those of the better branch after a pause', () => {
  announce(1);
  vi.advanceTimersByTime(5_000);
  announcer.blocksGone(2);
  announce(1);
  const { height } = announce(1);
  expect(said.slice(1)).toEqual(['2 blocks gave way to a better branch.']);
  vi.advanceTimersByTime(5_000);
  expect(said.slice(2)).toEqual([`2 new blocks. The newest, ${height}, 1 item.`]);
});

it('blocks that gave way while something was said are summed up, and what they had to say is not', () => {
  announce(1);
  announce(1);
  announcer.blocksGone(1);
  announcer.blocksGone(2);
  const { height } = announce(1);
  vi.advanceTimersByTime(5_000);
  expect(said.slice(1)).toEqual([`3 blocks gave way to a better branch. Block ${height}, 1 item.`]);
});

it('nothing is said after the end', () => {
  announce(1);
  announce(1);
  announcer.blocksGone(1);
  announcer.stop();
  vi.advanceTimersByTime(60_000);
  expect(said).toHaveLength(1);
});

function announce(items: number) {
  const block = peer.write(Array.from({ length: items }, () => itemOf('x', 1)));
  announcer.blockAdded(block);
  return block;
}
