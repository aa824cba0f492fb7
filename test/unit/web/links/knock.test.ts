/**
 * Before a WebSocket is opened to an origin that failed, it is asked by fetch; to any other it is not.
 */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Knock } from '../../../../web/links/knock.ts';

const address = 'ws://127.0.0.1:8080/signal';
let asked: string[];
let up: boolean;
let knock: Knock;

beforeEach(() => {
  asked = [];
  up = false;
  knock = new Knock(async (url) => {
    asked.push(url);
    if (!up) throw new TypeError('Failed to fetch');
  });
});

describe('knocking', () => {
  it('is not done where no WebSocket has failed', async () => {
    expect(await knock.answers(address)).toBe(true);
    expect(asked).toEqual([]);
  });

  it('is done by http where one has, for every address of that origin and no other', async () => {
    knock.failed(address);
    expect(await knock.answers('ws://127.0.0.1:8080/peer/main')).toBe(false);
    up = true;
    expect(await knock.answers(address)).toBe(true);
    expect(await knock.answers('ws://127.0.0.1:8081/signal')).toBe(true);
    expect(asked).toEqual(['http://127.0.0.1:8080/peer/main', 'http://127.0.0.1:8080/signal']);
  });

  it('ends when a WebSocket opens', async () => {
    knock.failed(address);
    knock.opened(address);
    expect(await knock.answers(address)).toBe(true);
    expect(asked).toEqual([]);
  });

  it('is given up every eighth time, for the fetch itself may be what is forbidden', async () => {
    knock.failed(address);
    const answers: boolean[] = [];
    for (let i = 0; i < 16; i++) {
      answers.push(await knock.answers(address));
      knock.failed(address);
    }
    expect(answers.flatMap((answer, place) => (answer ? [place] : []))).toEqual([7, 15]);
    expect(asked).toHaveLength(14);
  });

  it('asks wss addresses by https', async () => {
    knock.failed('wss://relay.example/signal');
    await knock.answers('wss://relay.example/signal');
    expect(asked).toEqual(['https://relay.example/signal']);
  });

  it.each([
    ['ws://relay.example/signal', 3_000],
    ['ws://abcdefghijklmnop.onion/signal', 15_000],
  ])('waits at %s for %i ms', async (at, timeoutMs) => {
    const timeout = vi.spyOn(AbortSignal, 'timeout');
    const fetched = vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response());
    const real = new Knock();
    real.failed(at);
    expect(await real.answers(at)).toBe(true);
    expect(timeout).toHaveBeenCalledExactlyOnceWith(timeoutMs);
    expect(fetched.mock.calls[0]?.[1]?.signal).toBe(timeout.mock.results[0]?.value);
    vi.restoreAllMocks();
  });
});
