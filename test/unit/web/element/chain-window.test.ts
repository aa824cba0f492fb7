import { describe, expect, it, vi } from 'vitest';
import type { BlockView } from '../../../../core/face.ts';
import { maxBlocks, pageBlocks } from '../../../../web/element/block-window.ts';
import { ChainWindow } from '../../../../web/element/chain-window.ts';
import { FakePeer, itemOf } from '../../../browser/element/stage/fake-peer.ts';

function peerWith(blocks: number): FakePeer {
  const peer = new FakePeer('main');
  peer.stand(Array.from({ length: blocks }, () => [itemOf('x', 1)]));
  return peer;
}

function watch(peer: FakePeer): { readonly window: ChainWindow; settled(): Promise<void> } {
  const window = new ChainWindow(peer, () => undefined);
  return { window, settled: () => vi.waitUntil(() => !window.reading).then(() => undefined) };
}

function hashes(blocks: readonly BlockView[]): string[] {
  return blocks.map(({ hash }) => hash);
}

describe('the window kept on a peer', () => {
  it('shows the newest page of a long chain after one bounded read', async () => {
    const peer = peerWith(1_000);
    const { window, settled } = watch(peer);
    await settled();
    expect(hashes(window.blocks)).toEqual(hashes(peer.chain.slice(-pageBlocks)));
    expect(peer.reads).toEqual([{ from: 1_000 - pageBlocks, to: 1_000 }]);
    expect(window.older).toEqual({ from: 1_000 - 2 * pageBlocks, to: 1_000 - pageBlocks });
  });

  it('follows what is written, also while it reads', async () => {
    const peer = peerWith(100);
    const { window, settled } = watch(peer);
    peer.write([]);
    peer.write([]);
    await settled();
    expect(hashes(window.blocks)).toEqual(hashes(peer.chain.slice(-window.blocks.length)));
    expect(window.blocks.length).toBeGreaterThanOrEqual(pageBlocks);
  });

  it('pages back to the first block, holding a bounded part, and returns to the newest', async () => {
    const peer = peerWith(300);
    const { window, settled } = watch(peer);
    await settled();
    while (window.older !== undefined) {
      await window.showOlder();
      expect(window.blocks.length).toBeLessThanOrEqual(maxBlocks);
    }
    expect(window.blocks[0]?.height).toBe(0);
    expect(window.newer).toBe(200);
    peer.write([]);
    expect(window.newer).toBe(201);
    window.showNewest();
    await settled();
    expect(hashes(window.blocks)).toEqual(hashes(peer.chain.slice(-pageBlocks)));
    expect(window.newer).toBe(0);
  });

  it('shows the chain that won when a reorganisation meets a read', async () => {
    const peer = peerWith(60);
    const { window, settled } = watch(peer);
    peer.revert(30);
    for (let block = 0; block < 31; block++) peer.write([]);
    await settled();
    expect(hashes(window.blocks)).toEqual(hashes(peer.chain.slice(-window.blocks.length)));
    expect(window.blocks.length).toBeGreaterThanOrEqual(pageBlocks);
  });

  it('shows the newest when they are asked for during a read', async () => {
    const peer = peerWith(300);
    const { window, settled } = watch(peer);
    await settled();
    for (let page = 0; page < 6; page++) await window.showOlder();
    const reading = window.showOlder();
    window.showNewest();
    await reading;
    await settled();
    expect(hashes(window.blocks)).toEqual(hashes(peer.chain.slice(-pageBlocks)));
  });

  it('lets blocks pass unseen while the peer catches up with many, and then shows the newest page', async () => {
    const peer = peerWith(30);
    const { window, settled } = watch(peer);
    await settled();
    const before = hashes(window.blocks);
    for (let held = 30; held < 200; held++) {
      peer.set({ syncing: { held, of: 230 } });
      peer.write([]);
    }
    expect(window.isBehind).toBe(true);
    expect(hashes(window.blocks)).toEqual(before);
    expect(peer.reads).toHaveLength(1);
    peer.set({ syncing: { held: 215, of: 230 } });
    await settled();
    expect(window.isBehind).toBe(false);
    expect(hashes(window.blocks)).toEqual(hashes(peer.chain.slice(-pageBlocks)));
    peer.write([]);
    expect(window.blocks.at(-1)?.hash).toBe(peer.chain.at(-1)?.hash);
  });

  it('shows the newest page when the peer gives up catching up', async () => {
    const peer = peerWith(30);
    const { window, settled } = watch(peer);
    await settled();
    peer.set({ syncing: { held: 30, of: 1_000 } });
    peer.write([]);
    expect(window.isBehind).toBe(true);
    peer.set({ syncing: undefined });
    await settled();
    expect(hashes(window.blocks)).toEqual(hashes(peer.chain.slice(-pageBlocks)));
  });

  it('says when a read failed, does not ask again unasked, and does when it is told to', async () => {
    const peer = peerWith(100);
    const read = vi.spyOn(peer, 'blocks');
    read.mockReturnValue({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('the disk is gone')) }),
    });
    const { window, settled } = watch(peer);
    await settled();
    expect(window.fault).toContain('the disk is gone');
    expect(read).toHaveBeenCalledTimes(1);
    read.mockRestore();
    await window.showOlder();
    expect(window.fault).toBeUndefined();
    expect(window.blocks).toHaveLength(pageBlocks);
  });

  it('asks no second time for blocks the peer does not give', async () => {
    const peer = peerWith(100);
    const read = vi.spyOn(peer, 'blocks').mockImplementation(async function* (): AsyncGenerator<BlockView> {});
    const { window, settled } = watch(peer);
    await settled();
    expect(window.blocks).toEqual([]);
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('leaves the peer alone once it is closed', async () => {
    const peer = peerWith(100);
    const { window, settled } = watch(peer);
    await settled();
    window.close();
    expect(peer.listening).toBe(0);
    await window.showOlder();
    expect(peer.reads).toHaveLength(1);
  });
});
