/**
 * core/network/account.ts: the bounds by name, and what an honest neighbour may do.
 */
import { describe, expect, it } from 'vitest';
import { Account, allowance, mostViolations, refillEachSecond } from '../../../../core/network/account.ts';
import type { Message } from '../../../../core/wire/messages.ts';
import { Author } from '../../../model/author.ts';

const author = new Author(1);
const item = author.item();
const start = 1_000;
const keepAlive: Message = { kind: 'keepAlive', ...author.keepAlive(5) };
const shareData: Message = { kind: 'shareData', data: item };
const announce: Message = { kind: 'announce', pubkey: author.key };
const introduce: Message = { kind: 'introduceNeighbours', neighbours: [] };
const carried: Message = { kind: 'requestNeighbours', count: 0, exclude: [] };
const request: Message = { kind: 'requestBlocks', start: undefined };

function block(items: number): Message & { kind: 'shareBlock' } {
  const [first] = author.chain(1);
  if (first === undefined) throw new Error('the chain has a block');
  return { kind: 'shareBlock', block: { ...first, data: Array.from({ length: items }, () => item) } };
}

/** How many of them at once are looked at. */
function admitted(message: Message, bytes: number, most = 100_000, account = new Account(start), now = start): number {
  let count = 0;
  while (count < most && account.admits(message, bytes, false, now)) count++;
  return count;
}

describe('what one neighbour may send at once', () => {
  it.each([
    ['KeepAlives, each a check', keepAlive, 150, 20_000],
    ['items of 200 bytes, each a check', shareData, 300, 20_000],
    ['items of 512 KiB', shareData, 512 * 1024, 128],
    ['Announces', announce, 60, 20_000],
    ['requests for blocks', request, 60, 20_000],
    ['messages in the extension carrier, each a check', carried, 200, 20_000],
    ['introductions', introduce, 600, 8],
    ['blocks of 1,000 items that nobody asked for and that are of no use', block(1_000), 200_000, 60],
  ] as const)('%s: no more than a named bound', (_, message, bytes, most) => {
    expect(admitted(message, bytes)).toBe(most);
  });

  it.each([
    ['KeepAlives', keepAlive, 150, refillEachSecond.checks],
    ['Announces', announce, 60, refillEachSecond.messages],
    ['introductions', introduce, 600, 5],
  ] as const)('%s: then so many as come back with time', (_, message, bytes, most) => {
    const account = new Account(start);
    admitted(message, bytes, 100_000, account);
    const seconds = message.kind === 'introduceNeighbours' ? 10 : 1;
    const more = admitted(message, bytes, 100_000, account, start + seconds * 1_000);
    expect(Math.abs(more - most)).toBeLessThanOrEqual(1);
    expect(account.dropped).toBe(2);
  });

  it('never more than at first, however long it was silent', () => {
    const account = new Account(start);
    expect(admitted(keepAlive, 150, 100_000, account, start + 86_400_000)).toBe(allowance.checks);
    expect(account.admits(keepAlive, 150, false, start)).toBe(false);
  });

  it('past its allowance its items are dropped and its blocks are not', () => {
    const account = new Account(start);
    admitted(shareData, 300, 100_000, account);
    expect(account.admits(block(3), 2_000, false, start)).toBe(true);
    expect(account.admits(shareData, 300, false, start)).toBe(false);
  });
});

describe('an honest neighbour', () => {
  it('that sends a thousand asked blocks a second for an hour is never cut', () => {
    const account = new Account(start);
    const { block: asked } = block(100);
    for (let count = 0; count < 100_000; count++) {
      expect(account.admits({ kind: 'requestedBlock', block: asked }, 60_000, true, start)).toBe(true);
    }
    expect(account.admits(keepAlive, 150, false, start)).toBe(true);
    expect(account.dropped).toBe(0);
  });

  it('pays nothing for blocks that were of use', () => {
    const account = new Account(start);
    for (let count = 0; count < 10_000; count++) {
      expect(account.admits(block(100), 60_000, false, start)).toBe(true);
      account.useful(101, 60_000);
    }
    expect(account.admits(shareData, 300, false, start)).toBe(true);
  });

  it('may flood the KeepAlives of a thousand peers, two of three by one link', () => {
    const account = new Account(start);
    for (let second = 0; second < 30; second++) {
      for (let count = 0; count < 1_100; count++) account.admits(keepAlive, 150, false, start + second * 1_000);
    }
    expect(account.dropped).toBe(0);
  });
});

describe('what is false', () => {
  it('ends the link of one of ours at the eighth time within a short while', () => {
    const account = new Account(start);
    const ends = Array.from({ length: mostViolations }, () => account.falsehood(true, start));
    expect(ends).toEqual([...Array<boolean>(mostViolations - 1).fill(false), true]);
  });

  it('once every ten seconds ends nothing: a disk may be damaged', () => {
    const account = new Account(start);
    for (let count = 0; count < 1_000; count++) {
      expect(account.falsehood(true, start + count * 10_000)).toBe(false);
    }
  });

  it('is counted and no more where a reference peer may have passed it on', () => {
    const account = new Account(start);
    for (let count = 0; count < 1_000; count++) expect(account.falsehood(false, start)).toBe(false);
    expect(account.falsehoods).toBe(1_000);
  });
});
