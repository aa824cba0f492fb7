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
    const end = keepHeartbeat([serverOf(socket)], 1_000);
    vi.advanceTimersByTime(1_000);
    socket.answers = false;
    vi.advanceTimersByTime(1_000);
    expect(socket.terminate).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(socket.terminate).toHaveBeenCalledTimes(1);
    end();
  });

  it('keeps one whose answer is late but comes', () => {
    const socket = new Socket();
    socket.answers = false;
    const end = keepHeartbeat([serverOf(socket)], 1_000);
    for (let i = 0; i < 4; i++) {
      vi.advanceTimersByTime(1_000);
      socket.emit('pong');
    }
    expect(socket.terminate).not.toHaveBeenCalled();
    end();
  });

  it('stops when it is ended', () => {
    const socket = new Socket();
    keepHeartbeat([serverOf(socket)], 1_000)();
    vi.advanceTimersByTime(10_000);
    expect(socket.ping).not.toHaveBeenCalled();
  });
});
