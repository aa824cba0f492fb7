/**
 * A link's inbox tells in order, in later turns, and nothing after the end; the contract of links runs on top of it.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { Inbox } from '../../../core/inbox.ts';
import type { LinkEvents } from '../../../core/link.ts';

const laterTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let inbox: Inbox;
let told: string[];
let events: LinkEvents;

beforeEach(() => {
  inbox = new Inbox(setImmediate);
  told = [];
  events = {
    received: (bytes) => told.push(`received ${bytes.join()}`),
    drained: (bytes) => told.push(`drained ${bytes}`),
    closed: (reason) => told.push(`closed ${reason}`),
  };
});

describe('the inbox of a link', () => {
  it('tells what came before in order, in a later turn', async () => {
    inbox.received(Uint8Array.of(1));
    inbox.drained(5);
    inbox.received(Uint8Array.of(2));
    inbox.attach(events);
    expect(told).toEqual([]);
    inbox.received(Uint8Array.of(3));
    await laterTurn();
    expect(told).toEqual(['drained 5', 'received 1', 'received 2', 'received 3']);
    inbox.received(Uint8Array.of(4));
    expect(told.at(-1)).toBe('received 4');
  });

  it('tells the end after what came before it', async () => {
    inbox.received(Uint8Array.of(1));
    inbox.end('gone');
    inbox.received(Uint8Array.of(2));
    inbox.attach(events);
    await laterTurn();
    expect(told).toEqual(['received 1', 'closed gone']);
  });

  it('drops what came before when this side closes, and tells the end in a later turn', async () => {
    inbox.received(Uint8Array.of(1));
    inbox.close('enough');
    inbox.attach(events);
    await laterTurn();
    expect(told).toEqual(['closed enough']);
  });

  it('tells the end in a later turn to who closes from inside a call', async () => {
    inbox.attach({
      ...events,
      received: (bytes) => {
        events.received(bytes);
        inbox.close('enough');
        expect(told).toEqual(['received 1']);
      },
    });
    inbox.received(Uint8Array.of(1));
    inbox.received(Uint8Array.of(2));
    await laterTurn();
    await laterTurn();
    expect(told).toEqual(['received 1', 'closed enough']);
  });

  it('tells one end, the first', async () => {
    inbox.attach(events);
    await laterTurn();
    inbox.end('gone');
    inbox.end('gone again');
    inbox.close('enough');
    inbox.received(Uint8Array.of(1));
    inbox.drained(1);
    await laterTurn();
    expect(told).toEqual(['closed gone']);
    expect(inbox.ended).toBe(true);
  });

  it('keeps 2 MiB for who is not attached yet, and says when it is more', () => {
    expect(inbox.received(new Uint8Array(2 * 1024 * 1024))).toBe(true);
    expect(inbox.received(new Uint8Array(1))).toBe(false);
  });

  it('keeps nothing of what it has told', async () => {
    inbox.attach(events);
    await laterTurn();
    for (let i = 0; i < 5; i++) expect(inbox.received(new Uint8Array(1024 * 1024))).toBe(true);
  });

  it('is attached to once', () => {
    inbox.attach(events);
    expect(() => inbox.attach(events)).toThrow('invariant');
  });
});
