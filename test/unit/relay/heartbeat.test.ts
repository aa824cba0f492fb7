import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { heartbeatMs, keepHeartbeat } from '../../../relay/heartbeat.ts';

class Socket extends EventEmitter {
  readonly terminate = vi.fn();
  readonly ping = vi.fn(() => {
    if (this.answers) this.emit('pong');
  });
  answers = true;
}

const serverOf = (...sockets: readonly Socket[]) => ({ clients: new Set(sockets) });
const many = (count: number) => Array.from({ length: count }, () => new Socket());
const pings = (sockets: readonly Socket[]) => sockets.map(({ ping }) => ping.mock.calls.length);
const ended = (sockets: readonly Socket[]) => sockets.filter(({ terminate }) => terminate.mock.calls.length > 0);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('keepHeartbeat', () => {
  it('pings every socket of every server, and keeps those that answer', () => {
    const [one, two] = [new Socket(), new Socket()];
    const end = keepHeartbeat([serverOf(one), serverOf(two)]);
    vi.advanceTimersByTime(5 * heartbeatMs);
    for (const socket of [one, two]) {
      expect(socket.ping).toHaveBeenCalledTimes(5);
      expect(socket.terminate).not.toHaveBeenCalled();
      expect(socket.listenerCount('pong')).toBe(0);
    }
    end();
  });

  it('hangs up on one that has not answered by the next ping', () => {
    const socket = new Socket();
    const end = keepHeartbeat([serverOf(socket)], 12_000);
    vi.advanceTimersByTime(12_000);
    socket.answers = false;
    vi.advanceTimersByTime(12_000);
    expect(socket.terminate).not.toHaveBeenCalled();
    vi.advanceTimersByTime(12_000);
    expect(socket.terminate).toHaveBeenCalledTimes(1);
    end();
  });

  it('keeps one whose answer is late but comes', () => {
    const socket = new Socket();
    socket.answers = false;
    const end = keepHeartbeat([serverOf(socket)], 12_000);
    for (let i = 0; i < 4; i++) {
      vi.advanceTimersByTime(12_000);
      expect(socket.ping).toHaveBeenCalledTimes(i + 1);
      socket.emit('pong');
    }
    expect(socket.terminate).not.toHaveBeenCalled();
    end();
  });

  it('pings ten thousand a few at a time, each once in an interval', () => {
    const [signaling, peers] = [many(10_000), many(300)];
    const all = [...signaling, ...peers];
    const end = keepHeartbeat([serverOf(...signaling), serverOf(...peers)], 12_000);
    let before = 0;
    for (let part = 1; part <= 120; part++) {
      vi.advanceTimersByTime(100);
      const sum = pings(all).reduce((one, other) => one + other);
      expect(sum - before).toBeLessThanOrEqual(86);
      expect(sum - before).toBeGreaterThanOrEqual(85);
      before = sum;
    }
    expect(new Set(pings(all))).toEqual(new Set([1]));
    end();
  });

  it('leaves those that come meanwhile for the next interval', () => {
    const server = serverOf(...many(240));
    const end = keepHeartbeat([server], 12_000);
    vi.advanceTimersByTime(6_000);
    const late = many(5_000);
    for (const socket of late) server.clients.add(socket);
    vi.advanceTimersByTime(6_000);
    expect(pings([...server.clients])).toEqual([...Array(240).fill(1), ...Array(5_000).fill(0)]);
    vi.advanceTimersByTime(12_000);
    expect(pings(late)).toEqual(Array(5_000).fill(1));
    end();
  });

  it('blames nobody whose turn comes soon again because those before it have gone', () => {
    const sockets = many(1_000);
    const last = sockets.at(-1) as Socket;
    last.answers = false;
    const server = serverOf(...sockets);
    const end = keepHeartbeat([server], 12_000);
    vi.advanceTimersByTime(12_000);
    for (const socket of sockets.slice(0, -1)) server.clients.delete(socket);
    vi.advanceTimersByTime(200);
    expect(last.ping).toHaveBeenCalledTimes(1);
    expect(last.terminate).not.toHaveBeenCalled();
    vi.advanceTimersByTime(12_000);
    expect(last.terminate).toHaveBeenCalledTimes(1);
    end();
  });

  it('goes on with the others when some go in the middle of an interval', () => {
    const sockets = many(600);
    const server = serverOf(...sockets);
    const end = keepHeartbeat([server], 12_000);
    vi.advanceTimersByTime(6_000);
    const gone = sockets.filter((_, place) => place % 3 === 0);
    for (const socket of gone) server.clients.delete(socket);
    vi.advanceTimersByTime(6_000);
    expect(pings([...server.clients])).toEqual(Array(400).fill(1));
    expect(ended(sockets)).toEqual([]);
    end();
  });

  it('stops when it is ended', () => {
    const socket = new Socket();
    keepHeartbeat([serverOf(socket)], 1_000)();
    vi.advanceTimersByTime(10_000);
    expect(socket.ping).not.toHaveBeenCalled();
  });
});
