/**
 * Finds sockets whose other end is gone without a word: each is pinged, and one that has not answered by the next ping
 * is hung up on (field-notes: sockets that linger after the network went).
 */
import type { Milliseconds } from '../core/config.ts';

export const heartbeatMs = 30_000;

/** What is needed of a socket of `ws`. */
export interface PingedSocket {
  ping(): void;
  once(event: 'pong', listener: () => void): unknown;
  terminate(): void;
}

/** @returns what ends it */
export function keepHeartbeat(
  servers: readonly { readonly clients: Iterable<PingedSocket> }[],
  intervalMs: Milliseconds = heartbeatMs,
): () => void {
  const silent = new WeakSet<PingedSocket>();
  const timer = setInterval(() => {
    for (const server of servers) for (const socket of server.clients) beat(socket, silent);
  }, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}

function beat(socket: PingedSocket, silent: WeakSet<PingedSocket>): void {
  if (silent.has(socket)) {
    socket.terminate();
    return;
  }
  silent.add(socket);
  socket.once('pong', () => silent.delete(socket));
  socket.ping();
}
