import { describe, expect, it } from 'vitest';
import { Outbox, stalledMs, windowBytes } from '../../../../core/network/outbox.ts';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
/** A message that is known by its first byte. */
const message = (name: number, bytes = 100) => new Uint8Array(bytes).fill(name);

/** All that leaves while the link takes everything at once, by name. */
function all(outbox: Outbox): (number | undefined)[] {
  const left: (number | undefined)[] = [];
  for (let payload = outbox.next(); payload !== undefined; payload = outbox.next()) {
    left.push(payload[0]);
    outbox.sent(payload.length, 0);
    outbox.drained(payload.length, 0);
  }
  return left;
}

describe('an outbox', () => {
  it('lets messages leave in the order in which they came, whatever their urgency', () => {
    const outbox = new Outbox(0);
    outbox.push(message(1), 'droppable');
    outbox.push(message(2), 'kept');
    outbox.push(message(3), 'block');
    outbox.push(message(4), 'droppable');
    expect(all(outbox)).toEqual([1, 2, 3, 4]);
    expect(outbox.next()).toBeUndefined();
  });

  it('hands over no more than the window before something has drained', () => {
    const outbox = new Outbox(0);
    for (let name = 1; name <= 5; name++) outbox.push(message(name, 100 * kibibyte), 'kept');
    const left: number[] = [];
    for (let payload = outbox.next(); payload !== undefined; payload = outbox.next()) {
      left.push(payload[0] ?? 0);
      outbox.sent(payload.length, 0);
    }
    expect(left).toEqual([1, 2, 3]);
    expect(outbox.idle).toBe(false);
    outbox.drained(45 * kibibyte, 1);
    expect(outbox.next()?.[0]).toBe(4);
  });

  it('is idle when nothing waits and there is credit', () => {
    const outbox = new Outbox(0);
    expect(outbox.idle).toBe(true);
    outbox.push(message(1), 'kept');
    expect(outbox.idle).toBe(false);
    outbox.next();
    outbox.sent(windowBytes, 0);
    expect(outbox.idle).toBe(false);
    outbox.drained(1, 0);
    expect(outbox.idle).toBe(true);
  });

  it('gives no credit for more than was sent', () => {
    const outbox = new Outbox(0);
    outbox.sent(10, 0);
    outbox.drained(99 * mebibyte, 0);
    outbox.sent(windowBytes, 0);
    outbox.push(message(1), 'kept');
    expect(outbox.next()).toBeUndefined();
  });
});

describe('what is too much', () => {
  it('is dropped from the oldest that may be dropped: over 256 messages', () => {
    const outbox = new Outbox(0);
    outbox.push(message(1), 'kept');
    outbox.push(message(2), 'droppable');
    outbox.push(message(3), 'droppable');
    outbox.push(message(4), 'block');
    for (let more = 0; more < 253; more++) outbox.push(message(9), 'droppable');
    const left = all(outbox);
    expect(left).toHaveLength(256);
    expect(left.slice(0, 3)).toEqual([1, 3, 4]);
  });

  it('is dropped from the oldest that may be dropped: over 1 MiB', () => {
    const outbox = new Outbox(0);
    for (let name = 1; name <= 5; name++) outbox.push(message(name, 300 * kibibyte), 'droppable');
    expect(all(outbox)).toEqual([3, 4, 5]);
  });

  it('is not dropped when it may not be, however much it is', () => {
    const outbox = new Outbox(0);
    for (let count = 0; count < 300; count++) outbox.push(message(7, 10 * kibibyte), 'kept');
    expect(all(outbox)).toHaveLength(300);
  });

  it('does not count blocks made just now by their bytes, and keeps the newest 64 of them', () => {
    const outbox = new Outbox(0);
    outbox.push(message(200, 300 * kibibyte), 'droppable');
    for (let name = 1; name <= 70; name++) outbox.push(message(name, 100 * kibibyte), 'block');
    expect(all(outbox)).toEqual([200, ...Array.from({ length: 64 }, (_, place) => place + 7)]);
  });

  it('is not one large item alone, which would else reach nobody', () => {
    const outbox = new Outbox(0);
    outbox.push(message(1, 3 * mebibyte), 'droppable');
    expect(all(outbox)).toEqual([1]);
  });

  it('is a large item behind which others wait', () => {
    const outbox = new Outbox(0);
    outbox.push(message(1, 3 * mebibyte), 'droppable');
    outbox.push(message(2), 'droppable');
    expect(all(outbox)).toEqual([2]);
  });

  it('counts what waits now, not what has left', () => {
    const outbox = new Outbox(0);
    for (let round = 0; round < 5; round++) {
      for (let name = 1; name <= 3; name++) outbox.push(message(name, 340 * kibibyte), 'droppable');
      expect(all(outbox)).toEqual([1, 2, 3]);
    }
  });
});

describe('a link that takes nothing', () => {
  it('has until 30 s after it last took something', () => {
    const outbox = new Outbox(1_000);
    expect(outbox.deadline).toBeUndefined();
    outbox.sent(100, 5_000);
    expect(outbox.deadline).toBe(5_000 + stalledMs);
    outbox.sent(100, 9_000);
    expect(outbox.deadline).toBe(5_000 + stalledMs);
    outbox.drained(10, 12_000);
    expect(outbox.deadline).toBe(12_000 + stalledMs);
    outbox.drained(190, 13_000);
    expect(outbox.deadline).toBeUndefined();
  });

  it('does not win time by saying that it took nothing', () => {
    const outbox = new Outbox(0);
    outbox.sent(100, 0);
    outbox.drained(0, 20_000);
    expect(outbox.deadline).toBe(stalledMs);
  });
});
