import { describe, expect, it } from 'vitest';
import type { BlockView } from '../../../../core/face.ts';
import { BlockWindow, maxBlocks, pageBlocks } from '../../../../web/element/block-window.ts';
import { FakePeer, itemOf } from '../../../browser/element/stage/fake-peer.ts';

function chainOf(blocks: number): FakePeer {
  const peer = new FakePeer('main');
  peer.stand(Array.from({ length: blocks }, () => [itemOf('x', 1)]));
  return peer;
}

function heights(window: BlockWindow): number[] {
  return window.blocks.map(({ height }) => height);
}

function span(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/** Reads the page the window asks for and puts it there. */
function pageBack(window: BlockWindow, chain: readonly BlockView[]): boolean {
  const range = window.older(chain.length);
  if (range === undefined) throw new Error('there is no older page');
  return window.prepend(chain.slice(range.from, range.to), chain.length);
}

describe('the window on the chain', () => {
  it('asks for nothing of an empty chain', () => {
    const window = new BlockWindow();
    expect(window.older(0)).toBeUndefined();
    expect(window.wantsOlder(0)).toBe(false);
  });

  it('begins with the newest page and ends at the first block', () => {
    const { chain } = chainOf(pageBlocks + 5);
    const window = new BlockWindow();
    expect(window.wantsOlder(chain.length)).toBe(true);
    expect(pageBack(window, chain)).toBe(true);
    expect(heights(window)).toEqual(span(5, pageBlocks + 5));
    expect(window.wantsOlder(chain.length)).toBe(false);
    expect(window.older(chain.length)).toEqual({ from: 0, to: 5 });
    pageBack(window, chain);
    expect(window.older(chain.length)).toBeUndefined();
  });

  it('follows new blocks and lets as many old ones go', () => {
    const { chain } = chainOf(pageBlocks + 3);
    const window = new BlockWindow();
    for (const block of chain) window.append(block);
    expect(heights(window)).toEqual(span(3, pageBlocks + 3));
    expect(window.following).toBe(true);
  });

  it('keeps what the reader has paged back to while new blocks come', () => {
    const peer = chainOf(3 * pageBlocks);
    const window = new BlockWindow();
    pageBack(window, peer.chain);
    pageBack(window, peer.chain);
    window.append(peer.write([]));
    expect(heights(window)).toEqual(span(pageBlocks + 1, 3 * pageBlocks + 1));
  });

  it('never holds more than its bound: paging on, it lets the newest go and stops following', () => {
    const peer = chainOf(1_000);
    const window = new BlockWindow();
    for (let page = 0; page < 7; page++) pageBack(window, peer.chain);
    const first = 1_000 - 7 * pageBlocks;
    expect(heights(window)).toEqual(span(first, first + maxBlocks));
    expect(window.following).toBe(false);
    window.append(peer.write([]));
    expect(window.blocks).toHaveLength(maxBlocks);
    window.clear();
    pageBack(window, peer.chain);
    expect(heights(window)).toEqual(span(1_001 - pageBlocks, 1_001));
    expect(window.following).toBe(true);
  });

  it('drops what left the chain and takes what replaced it', () => {
    const peer = chainOf(10);
    const window = new BlockWindow();
    pageBack(window, peer.chain);
    const gone = peer.chain.slice(-2);
    peer.revert(2);
    window.revert(gone);
    expect(heights(window)).toEqual(span(0, 8));
    window.append(peer.write([]));
    expect(window.blocks.map(({ hash }) => hash)).toEqual(peer.chain.map(({ hash }) => hash));
  });

  it('follows again when the chain fell back below what was shown', () => {
    const { chain } = chainOf(1_000);
    const window = new BlockWindow();
    for (let page = 0; page < 7; page++) pageBack(window, chain);
    window.revert(chain.slice(900));
    expect(window.following).toBe(true);
    expect(window.blocks.at(-1)?.height).toBe(899);
  });

  it('is left alone by a reorganisation of what it does not show', () => {
    const { chain } = chainOf(1_000);
    const window = new BlockWindow();
    for (let page = 0; page < 7; page++) pageBack(window, chain);
    const before = window.blocks;
    window.revert(chain.slice(999));
    expect(window.blocks).toBe(before);
    expect(window.following).toBe(false);
  });

  it('starts again from a block that does not join what it holds, and wants what is before it', () => {
    const { chain } = chainOf(40);
    const window = new BlockWindow();
    for (const block of chain.slice(0, 25)) window.append(block);
    for (const block of chain.slice(39)) window.append(block);
    expect(heights(window)).toEqual([39]);
    expect(window.wantsOlder(40)).toBe(true);
  });

  it('takes no page that does not join', () => {
    const peer = chainOf(40);
    const stale = peer.chain.slice(20, 39);
    const window = new BlockWindow();
    expect(window.prepend(stale, 40)).toBe(false);
    peer.revert(20);
    peer.stand(Array.from({ length: 20 }, () => []));
    window.append(peer.chain.at(-1) ?? peer.write([]));
    expect(window.prepend(stale, 40)).toBe(false);
    expect(heights(window)).toEqual([39]);
  });
});
