/**
 * The send queue cuts, orders, holds back and never waits for a channel without end.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { concatBytes, equalBytes } from '../../../../core/codec/bytes.ts';
import { type Channel, lowWaterBytes, SendQueue } from '../../../../web/links/send-queue.ts';
import { pattern } from '../../../contract/link.ts';
import { FakeTimers } from '../fake-timers.ts';

/** Takes everything and empties when it is told to. */
class FakeChannel implements Channel {
  readonly chunks: Uint8Array[] = [];
  bufferedAmount = 0;
  mostBuffered = 0;
  refuses = false;

  send(bytes: Uint8Array): void {
    if (this.refuses) throw new DOMException('the channel is full', 'OperationError');
    this.chunks.push(bytes.slice());
    this.bufferedAmount += bytes.length;
    this.mostBuffered = Math.max(this.mostBuffered, this.bufferedAmount);
  }

  bytes(): Uint8Array {
    return concatBytes(...this.chunks);
  }
}

let channel: FakeChannel;
let timers: FakeTimers;
let queue: SendQueue;
let drained: number;
let failures: string[];

beforeEach(() => {
  channel = new FakeChannel();
  timers = new FakeTimers();
  drained = 0;
  failures = [];
  queue = new SendQueue(channel, timers, {
    drained: (bytes) => {
      drained += bytes;
    },
    failed: (reason) => failures.push(reason),
  });
});

/** The microtasks that are due. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Empties the channel as a network does, until everything is through. */
async function run(): Promise<void> {
  await settled();
  while (!queue.empty) {
    channel.bufferedAmount = lowWaterBytes;
    queue.low();
  }
}

describe('the send queue', () => {
  it('sends nothing from within the call, and what was pushed in one turn as one chunk', async () => {
    for (const byte of [1, 2, 3]) queue.push(Uint8Array.of(byte));
    expect(channel.chunks).toEqual([]);
    await settled();
    expect(channel.chunks).toEqual([Uint8Array.of(1, 2, 3)]);
    expect(drained).toBe(3);
  });

  it.each([1, 16_383, 16_384, 16_385, 100_000, 1_000_000])(
    'carries %i bytes in chunks of at most 16 KiB',
    async (length) => {
      queue.push(Uint8Array.of(9));
      queue.push(pattern(length));
      queue.push(new Uint8Array(0));
      queue.push(Uint8Array.of(8));
      await run();
      expect(equalBytes(channel.bytes(), concatBytes(Uint8Array.of(9), pattern(length), Uint8Array.of(8)))).toBe(true);
      expect(Math.max(...channel.chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(16 * 1024);
      expect(drained).toBe(length + 2);
    },
  );

  it('keeps the order of thousands of pieces of every size', async () => {
    const pieces = Array.from({ length: 3_000 }, (_, index) => pattern((index * 37) % 300));
    for (const piece of pieces) queue.push(piece);
    await run();
    expect(equalBytes(channel.bytes(), concatBytes(...pieces))).toBe(true);
  });

  it('never has more than 256 KiB and a chunk in the channel, and gives credit only for what went in', async () => {
    queue.push(pattern(2_000_000));
    await settled();
    expect(drained).toBe(channel.bytes().length);
    expect(drained).toBeLessThan(2_000_000);
    await run();
    expect(channel.mostBuffered).toBeLessThan(256 * 1024 + 16 * 1024);
    expect(drained).toBe(2_000_000);
  });

  it('goes on by itself when the channel empties without a word', async () => {
    queue.push(pattern(600_000));
    await settled();
    const before = drained;
    channel.bufferedAmount = 0;
    timers.pass(250);
    expect(drained).toBeGreaterThan(before);
  });

  it('waits while the channel is slow', async () => {
    queue.push(pattern(2_000_000));
    await settled();
    const before = drained;
    for (let i = 0; i < 40; i++) {
      channel.bufferedAmount -= 1_000;
      timers.pass(250);
    }
    expect(drained).toBe(before);
  });

  it('takes an amount that stands still for a second for stuck, and goes on by so much more', async () => {
    queue.push(pattern(2_000_000));
    await settled();
    const before = drained;
    timers.pass(999);
    expect(drained).toBe(before);
    timers.pass(1);
    expect(drained - before).toBe(256 * 1024);
    timers.pass(1_000);
    expect(drained - before).toBe(512 * 1024);
  });

  it('ends when the channel takes no more', async () => {
    channel.refuses = true;
    queue.push(pattern(10));
    await settled();
    expect(failures).toEqual(['the channel takes no more']);
    queue.push(pattern(10));
    await settled();
    expect([failures.length, drained, queue.empty]).toEqual([1, 0, true]);
  });

  it('ends before it keeps more than 80 MiB', async () => {
    const piece = new Uint8Array(10 * 1024 * 1024);
    for (let i = 0; i < 8; i++) queue.push(piece);
    expect(failures).toEqual([]);
    queue.push(Uint8Array.of(1));
    expect(failures).toEqual(['too much waits to be sent']);
    expect(queue.empty).toBe(true);
  });

  it('sends nothing after it was closed', async () => {
    queue.push(pattern(10));
    queue.close();
    queue.push(pattern(10));
    await settled();
    timers.pass(10_000);
    expect([channel.chunks.length, failures.length]).toEqual([0, 0]);
  });
});
