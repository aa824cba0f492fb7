import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GivenWay } from '../../../../web/element/given-way.ts';
import { FakePeer } from '../../../browser/element/stage/fake-peer.ts';

let drawings: number;
let givenWay: GivenWay;

beforeEach(() => {
  vi.useFakeTimers();
  drawings = 0;
  givenWay = new GivenWay(() => drawings++);
});

afterEach(() => {
  vi.useRealTimers();
});

/** Newest first. */
function blocks(count: number) {
  const peer = new FakePeer('main');
  return Array.from({ length: count }, () => peer.write([])).reverse();
}

describe('blocks that gave way', () => {
  it('are there for 12 s, and are drawn when they come and when they go', () => {
    const [block] = blocks(1);
    if (block === undefined) throw new Error('there is one');
    givenWay.reverted([block]);
    expect([givenWay.count, givenWay.blocks, drawings]).toEqual([1, [block], 1]);
    vi.advanceTimersByTime(11_999);
    expect(givenWay.count).toBe(1);
    vi.advanceTimersByTime(1);
    expect([givenWay.count, givenWay.blocks, drawings]).toEqual([0, [], 2]);
  });

  it('that go in several steps are one, of which three blocks are shown, and the last step counts the time', () => {
    const all = blocks(7);
    givenWay.reverted(all.slice(0, 2));
    vi.advanceTimersByTime(10_000);
    givenWay.reverted(all.slice(2));
    expect([givenWay.count, givenWay.blocks]).toEqual([7, all.slice(0, 3)]);
    vi.advanceTimersByTime(10_000);
    expect(givenWay.count).toBe(7);
    vi.advanceTimersByTime(2_000);
    expect(givenWay.count).toBe(0);
  });

  it('that go after others are shown where they stood', () => {
    const all = blocks(4);
    givenWay.reverted(all.slice(2));
    givenWay.reverted(all.slice(0, 2));
    expect(givenWay.blocks).toEqual(all.slice(0, 3));
  });

  it('and come back are no loss', () => {
    const [newest, oldest] = blocks(2) as [ReturnType<FakePeer['write']>, ReturnType<FakePeer['write']>];
    givenWay.reverted([newest, oldest]);
    givenWay.applied(oldest);
    expect([givenWay.count, givenWay.blocks]).toEqual([1, [newest]]);
  });

  it('ask for no drawing after the end', () => {
    givenWay.reverted(blocks(1));
    givenWay.stop();
    vi.advanceTimersByTime(60_000);
    expect(drawings).toBe(1);
  });
});
